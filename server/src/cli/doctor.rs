//! `jackdaw doctor`: the few things that go wrong, each with what to do.

use std::process::ExitCode;

use services::tips;

use crate::{config::Config, http::assets::Manifest, networks::Networks};

/// Looks at everything, prints a line for each, and fails if one is wrong.
#[expect(clippy::print_stdout, reason = "this is a command's output")]
pub async fn examine(config: &Config) -> ExitCode {
    let mut healthy = true;
    let mut say = |good: bool, what: &str| {
        healthy &= good;
        println!("{} {what}", if good { "ok  " } else { "BAD " });
    };
    match Manifest::read(&config.site) {
        Ok(_) => say(true, &format!("the built page is in {}", config.site.display())),
        Err(error) => say(false, &error.to_string()),
    }
    let local = matches!(config.url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if config.secure() || local {
        say(true, &format!("people reach this server at {}", config.origin()));
    } else {
        say(
            false,
            &format!(
                "{} is plain http away from localhost: browsers refuse encryption there. Put a proxy with https in front and set JACKDAW_URL",
                config.origin()
            ),
        );
    }
    if config.lacks_proxy() {
        say(
            false,
            "people come by https, so through a proxy, and no proxy is named: everybody counts as that proxy, and all of them share one \
             limit. Set JACKDAW_PROXIES to the address it comes from (127.0.0.1 if it runs on this machine), and let it write X-Forwarded-For",
        );
    }
    match tokio::net::TcpListener::bind(config.listen).await {
        Ok(_) => say(true, &format!("{} is free to listen on", config.listen)),
        Err(error) => say(
            false,
            &format!(
                "{}: {error} (is Jackdaw running already? set JACKDAW_LISTEN)",
                config.listen
            ),
        ),
    }
    match Networks::of(config) {
        Ok(networks) => ask(&networks, &mut say).await,
        Err(error) => say(false, &error.to_string()),
    }
    if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Is each network what it is said to be?
async fn ask(networks: &Networks, say: &mut impl FnMut(bool, &str)) {
    for network in &networks.shown {
        let (name, chain_id) = (&network.name, network.chain_id);
        let Some(reach) = networks.reach.get(&chain_id) else {
            say(
                true,
                &format!("{name} (chain {chain_id}) is for signing in only: no rpc"),
            );
            continue;
        };
        match tips::examine(reach).await {
            Err(error) => say(false, &format!("{name} (chain {chain_id}): {error}")),
            Ok(there) if there.chain_id != chain_id => say(
                false,
                &format!("{name}: its rpc serves chain {}, not {chain_id}", there.chain_id),
            ),
            Ok(there) if network.tips.is_some() && !there.tips => say(
                false,
                &format!(
                    "{name} (chain {chain_id}): no contract for tips at {}: deploy it, or set tips = false",
                    tips::CONTRACT
                ),
            ),
            Ok(there) => say(
                true,
                &format!(
                    "{name} (chain {chain_id}) answers at block {}{}",
                    there.head,
                    if network.tips.is_some() {
                        ", with tips"
                    } else {
                        ", without tips"
                    }
                ),
            ),
        }
    }
}
