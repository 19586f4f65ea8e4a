//! `jackdaw doctor`: the few things that go wrong, each with what to do.

mod keeping;
mod networks;

use std::process::ExitCode;

use crate::{config::Config, http::assets::Manifest};

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
    reach(config, &mut say);
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
    keeping::folder(config, &mut say);
    keeping::database(config, &mut say).await;
    networks::ask(config, &mut say).await;
    if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Checks the public address.
fn reach(config: &Config, say: &mut impl FnMut(bool, &str)) {
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
    } else if !config.proxies.is_empty() {
        let named: Vec<String> = config.proxies.iter().map(ToString::to_string).collect();
        say(
            true,
            &format!("who asks is taken from X-Forwarded-For of {}", named.join(" and ")),
        );
    }
}
