//! The development chain: anvil, whose state outlives it.

use crate::{exec::Daemon, http, signals, tools::Tools};
use anyhow::{Context as _, Result, bail};
use nix::sys::signal::Signal;
use serde_json::json;
use std::{
    fs,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

/// The chain id that wallets know for chains on one's own machine.
pub const CHAIN_ID: u32 = 31_337;

/// A chain that runs until it is dropped.
pub struct Chain {
    /// The port of its RPC on 127.0.0.1.
    pub port: u16,
    daemon: Daemon,
}

impl Chain {
    /// Starts it with the state in `folder` and waits for its first answer.
    pub fn start(tools: &Tools, folder: &Path, port: u16) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let (state, log) = (folder.join("state.json"), folder.join("anvil.log"));
        let _ = fs::remove_file(&log);
        let continues = state.is_file();
        let mut command = Command::new(&tools.anvil);
        command.args(["--host", "127.0.0.1", "--block-time", "2", "--state-interval", "5"]);
        command
            .arg("--port")
            .arg(port.to_string())
            .arg("--chain-id")
            .arg(CHAIN_ID.to_string())
            .arg("--state")
            .arg(&state);
        let daemon = Daemon::start("the development chain", &command, Signal::SIGINT, Some(&log))?;
        let mut chain = Self { port, daemon };
        chain.wait(&log)?;
        if continues {
            chain.set_clock()?;
        }
        Ok(chain)
    }

    /// The URL of its RPC.
    pub fn rpc(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Did it end by itself?
    pub fn ended(&mut self) -> bool {
        self.daemon.ended().is_some()
    }

    /// Ends it; it writes its state first.
    pub fn stop(&mut self) {
        self.daemon.stop();
    }

    fn wait(&mut self, log: &Path) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(30);
        while http::rpc(self.port, "eth_chainId", &json!([])).is_err() {
            if signals::stopping() {
                bail!("stopped");
            }
            if self.ended() || Instant::now() > deadline {
                bail!(
                    "the development chain does not start; its words are in {}. If its state is damaged, delete {}",
                    log.display(),
                    log.with_file_name("state.json").display()
                );
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// anvil 1.7.1 does not restore its clock with its state: without this, new blocks could be older than the last one.
    fn set_clock(&self) -> Result<()> {
        let latest = http::rpc(self.port, "eth_getBlockByNumber", &json!(["latest", false]))?;
        let time = latest["timestamp"]
            .as_str()
            .and_then(|hex| u64::from_str_radix(hex.trim_start_matches("0x"), 16).ok());
        let next = time.context("the chain's latest block has no time")? + 1;
        http::rpc(self.port, "evm_setNextBlockTimestamp", &json!([next])).map(drop)
    }
}
