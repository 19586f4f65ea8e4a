//! The server as a child.

use crate::{build::Profile, exec::Daemon, http, place::Places, signals, tools::Tools};
use anyhow::{Result, bail};
use nix::sys::signal::Signal;
use std::{
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

/// The server, running or not.
pub struct Server {
    command: Command,
    port: u16,
    running: Option<Daemon>,
}

impl Server {
    /// One that listens there; not started yet.
    pub fn new(places: &Places, tools: &Tools, profile: Profile, port: u16, data: &Path) -> Self {
        let mut command = Command::new(places.server(profile.is_release()));
        command
            .current_dir(&places.root)
            .env("JACKDAW_LISTEN", format!("127.0.0.1:{port}"))
            .env("JACKDAW_URL", url(port))
            .env("JACKDAW_SITE", places.site(profile.is_release()))
            .env("JACKDAW_DATA", data)
            .env("PG_BIN", &tools.pg_bin);
        if profile.is_release() {
            command.env_remove("JACKDAW_DEV");
        } else {
            command.env("JACKDAW_DEV", "1");
        }
        Self {
            command,
            port,
            running: None,
        }
    }

    /// Tells it of the chain: where its RPC is, and where the contract for tips.
    pub fn knows(&mut self, chain: &str, tips: &str) {
        self.command.env("JACKDAW_CHAIN_RPC", chain).env("JACKDAW_TIPS", tips);
    }

    /// The address for people.
    pub fn url(&self) -> String {
        url(self.port)
    }

    /// Starts it and waits until it is ready.
    pub fn start(&mut self) -> Result<()> {
        let mut daemon = Daemon::start("the server", &self.command, Signal::SIGTERM, None)?;
        let deadline = Instant::now() + Duration::from_secs(60);
        while !ready(self.port) {
            if signals::stopping() {
                bail!("stopped");
            }
            if let Some(status) = daemon.ended() {
                bail!("the server ended while it started ({status}): its words stand above");
            }
            if Instant::now() > deadline {
                bail!("the server is not ready after a minute: its words stand above");
            }
            thread::sleep(Duration::from_millis(20));
        }
        self.running = Some(daemon);
        Ok(())
    }

    /// Has it ended by itself?
    pub fn ended(&mut self) -> bool {
        self.running.as_mut().is_none_or(|daemon| daemon.ended().is_some())
    }

    /// Ends it; it drains its sockets and stops its Postgres.
    pub fn stop(&mut self) {
        drop(self.running.take());
    }
}

fn url(port: u16) -> String {
    format!("http://localhost:{port}")
}

/// `/readyz` does not say "not yet".
fn ready(port: u16) -> bool {
    http::get(port, "/readyz", &[]).is_ok_and(|answer| answer.status != 503)
}
