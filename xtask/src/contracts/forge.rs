//! forge, with npm's compiler behind it.

use crate::{exec, place::Places, tally::Tally, tools::Tools};
use anyhow::{Context as _, Result, bail};
use std::{
    ffi::OsString,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What the gas snapshot is made of: tests that do one thing each.
pub const GAS: [&str; 2] = ["--match-contract", "^GasTest$"];

/// How to call it.
pub struct Forge {
    binary: PathBuf,
    contracts: PathBuf,
    modules: PathBuf,
    path: OsString,
    /// Where everything goes that it makes.
    pub target: PathBuf,
}

impl Forge {
    /// Finds it.
    pub fn new(places: &Places, tools: &Tools) -> Result<Self> {
        let binary = tools.forge()?;
        // The compiler is a script of Node; Slither asks forge for its settings.
        let mut path = OsString::new();
        for folder in [tools.node.parent(), binary.parent()].into_iter().flatten() {
            path.push(folder);
            path.push(":");
        }
        path.push(std::env::var_os("PATH").unwrap_or_default());
        Ok(Self {
            contracts: places.root.join("contracts"),
            target: places.target.join("contracts"),
            modules: tools.modules.clone(),
            binary,
            path,
        })
    }

    /// One of its commands, among the contracts.
    pub fn command(&self, name: &str) -> Command {
        let mut command = self.among(&self.binary, "main");
        command.arg(name).args(["--color", "never"]);
        command
    }

    /// Any program among the contracts, with forge at hand. `apart` names a folder for what is compiled on the way: forge takes what was
    /// compiled for one purpose for good enough for another, and then finds no tests.
    pub fn among(&self, program: &Path, apart: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.contracts)
            .env("PATH", &self.path)
            .env("JACKDAW_NODE_MODULES", &self.modules)
            .env("FOUNDRY_OUT", self.out(apart))
            .env("FOUNDRY_CACHE_PATH", self.target.join(apart).join("cache"));
        command
    }

    /// The same command of forge, compiling into a folder of its own.
    pub fn apart(&self, name: &str, apart: &str) -> Command {
        let mut command = self.among(&self.binary, apart);
        command.arg(name).args(["--color", "never"]);
        command
    }

    /// Where compiled contracts are.
    pub fn out(&self, apart: &str) -> PathBuf {
        self.target.join(apart).join("out")
    }
}

/// Runs forge's tests, shows what they say, and counts.
pub fn tests(command: &mut Command) -> Result<Tally> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start forge")?;
    let lines = BufReader::new(child.stdout.take().context("forge has no output")?);
    // Copied by a thread, so that we still hear Ctrl-C.
    let counting = std::thread::spawn(move || {
        let mut counted = None;
        let mut names = Vec::new();
        for line in lines.lines().map_while(Result::ok) {
            let _ = writeln!(std::io::stdout(), "{line}");
            counted = count(&line).or(counted);
            names.extend(line.starts_with("[FAIL").then_some(line));
        }
        names.sort();
        names.dedup();
        counted.map(|tally| Tally { names, ..tally })
    });
    let status = exec::await_child(&mut child)?;
    let tally = counting.join().ok().context("counting the tests failed")?;
    let tally = tally.context("the contracts do not compile, or there are no tests: see above")?;
    if !status.success() && tally.failed == 0 {
        bail!("forge failed outside of the tests: its words stand above");
    }
    Ok(tally)
}

/// Reads `Ran 6 test suites in 12.55s (16.84s CPU time): 61 tests passed, 0 failed, 0 skipped (61 total tests)`.
fn count(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("Ran ")?.split_once(" CPU time): ")?;
    let number = |word: &str| {
        let part = counts.split(", ").find(|part| part.contains(word))?;
        part.split(' ').next()?.parse().ok()
    };
    Some(Tally {
        passed: number(" passed")?,
        failed: number(" failed")?,
        skipped: number(" skipped")?,
        ..Tally::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forges_counts_are_read() {
        let line =
            "Ran 6 test suites in 12.55s (16.84s CPU time): 58 tests passed, 2 failed, 1 skipped (61 total tests)";
        let (passed, failed, skipped) = (58, 2, 1);
        let want = Tally {
            passed,
            failed,
            skipped,
            ..Tally::default()
        };
        assert_eq!(count(line), Some(want));
        assert_eq!(count("Ran 24 tests for test/unit/Tips.t.sol:TipsTest"), None);
    }
}
