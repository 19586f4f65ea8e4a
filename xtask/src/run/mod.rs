//! `cargo xtask run`: everything a person needs to try Jackdaw on this machine, and what a developer needs to change it.

mod one;
mod parts;
mod server;
mod tips;
mod watch;

use crate::{
    build::{self, Parts, Profile},
    chain::{CHAIN_ID, Chain},
    http,
    place::Places,
    say, signals,
    tools::{self, Tools},
};
use anyhow::{Context as _, Result, bail};
use server::Server;
use std::{fs, thread, time::Duration};
use watch::Watch;

/// How to run.
#[derive(clap::Args)]
pub struct Options {
    /// Serve what would ship, without watching
    #[arg(long)]
    release: bool,
    /// The port of the page; without it 3000 or the next free one
    #[arg(long, env = "JACKDAW_PORT")]
    port: Option<u16>,
    /// The port of the development chain; without it 8545 or the next free one
    #[arg(long, env = "JACKDAW_CHAIN_PORT")]
    chain_port: Option<u16>,
}

/// Runs until Ctrl-C.
pub fn run(places: &Places, options: &Options) -> Result<()> {
    let profile = Profile::of(options.release);
    let data = places.data();
    fs::create_dir_all(&data).with_context(|| format!("cannot make the folder {}", data.display()))?;
    let mut only = one::Only::take(&data.join("run.lock"))?;
    let tools = tools::ensure(places)?;
    build::everything(places, &tools, profile)?;
    let mut chain = say::step("Starting the development chain", || {
        Chain::start(&tools, &data.join("chain"), port(options.chain_port, 8545)?)
    })?;
    let tips = tips::ensure(places, chain.port, &data)?;
    let port = port(options.port, 3000)?;
    let mut server = Server::new(places, &tools, profile, port, &data);
    server.knows(&chain.rpc(), &tips);
    let watch = if profile.is_release() {
        None
    } else {
        Some(Watch::start(places)?)
    };
    let started = say::step("Starting the server", || server.start());
    match (started, &watch) {
        (Err(trouble), None) => return Err(trouble),
        (Err(trouble), Some(_)) if !signals::stopping() => say::trouble(&trouble),
        _ => {}
    }
    only.tell(&server.url())?;
    welcome(&server.url(), &chain.rpc(), watch.is_some());
    let ended = stay(places, &tools, &mut server, &mut chain, watch.as_ref());
    eprintln!("\n▸ Stopping the server, then the chain");
    server.stop();
    chain.stop();
    ended
}

fn port(wanted: Option<u16>, usual: u16) -> Result<u16> {
    match wanted {
        Some(port) if http::free(port) => Ok(port),
        Some(port) => bail!("port {port} is taken: choose another one (`cargo xtask run --help`)"),
        None => http::free_port(usual),
    }
}

fn welcome(url: &str, rpc: &str, watching: bool) {
    eprintln!(
        "\n  Jackdaw is here:  {url}\n\n  \
         To put your wallet onto the development chain, add a network:\n    \
         Network name     Jackdaw development chain\n    \
         RPC URL          {rpc}\n    \
         Chain ID         {CHAIN_ID}\n    \
         Currency symbol  ETH\n  \
         Then sign in, and press \"Get test ETH\" in Jackdaw.\n"
    );
    if watching {
        eprintln!("  Changes in the sources are built and shown at once. Ctrl-C stops everything.\n");
    } else {
        eprintln!("  Ctrl-C stops everything.\n");
    }
}

/// Waits for changes and for the end.
fn stay(places: &Places, tools: &Tools, server: &mut Server, chain: &mut Chain, watch: Option<&Watch>) -> Result<()> {
    let mut reported = false;
    while !signals::stopping() {
        if chain.ended() {
            bail!("the development chain has ended by itself: see anvil.log in the data folder");
        }
        if server.ended() {
            let Some(_) = watch else {
                bail!("the server has ended by itself")
            };
            if !reported {
                eprintln!("✗ the server has ended by itself; it starts again after the next change");
            }
            reported = true;
        }
        let parts = watch.map_or_else(Parts::default, Watch::changed);
        if parts == Parts::default() {
            thread::sleep(Duration::from_millis(20));
            continue;
        }
        if let Err(trouble) = rebuild(places, tools, server, parts)
            && !signals::stopping()
        {
            say::trouble(&trouble);
            eprintln!("  What was running goes on. Waiting for the next change.");
        }
        reported = false;
    }
    Ok(())
}

/// Builds what changed. The server always starts anew: the page reloads when it sees another process.
fn rebuild(places: &Places, tools: &Tools, server: &mut Server, parts: Parts) -> Result<()> {
    if parts.browser() {
        build::browser(places, tools, Profile::Development, parts)?;
    }
    if parts.server {
        build::server(places, Profile::Development)?;
    }
    say::step("Restarting the server", || {
        server.stop();
        server.start()
    })
}
