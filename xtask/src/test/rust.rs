//! What `cargo test` runs.

use super::{Tally, postgres::Postgres};
use crate::{build, exec, place::Places, say, tools::Tools};
use anyhow::{Context as _, Result, bail};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};

/// Crates that only mean something in a browser: compiled and tested there.
const BROWSER: [&str; 2] = ["frontend", "engine"];

/// The product's crates, natively, in one cargo call: one build, one Postgres.
pub fn product(places: &Places, tools: &Tools, filter: &[String]) -> Result<Tally> {
    let postgres = say::step("Starting a Postgres for the tests", || Postgres::start(&tools.pg_bin))?;
    let tally = say::step("Testing the crates", || {
        let mut command = build::cargo(places);
        command.args(["test", "--no-fail-fast"]);
        for name in packages(places)? {
            command.args(["-p", &name]);
        }
        // The macros check queries against the committed files; the tests themselves use this database.
        command
            .env("DATABASE_URL", postgres.url())
            .env("PG_BIN", &tools.pg_bin)
            .env("ANVIL_BIN", &tools.anvil);
        command.arg("--").args(filter);
        tests(&mut command)
    });
    drop(postgres);
    tally
}

/// xtask's own tests: above all that each check of tidy can fail.
pub fn xtask(places: &Places) -> Result<Tally> {
    say::step("Testing xtask", || {
        let mut command = Command::new("cargo");
        tests(
            command
                .args(["test", "--manifest-path"])
                .arg(places.root.join("xtask/Cargo.toml")),
        )
    })
}

/// Our crates that can be tested natively.
pub fn packages(places: &Places) -> Result<Vec<String>> {
    let metadata = exec::output(build::cargo(places).args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata names no packages")?;
    let names = packages
        .iter()
        .filter_map(|package| package["name"].as_str())
        .map(str::to_owned);
    Ok(names.filter(|name| !BROWSER.contains(&name.as_str())).collect())
}

/// Runs cargo's tests, shows what they say, and counts.
fn tests(command: &mut Command) -> Result<Tally> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start cargo")?;
    let lines = BufReader::new(child.stdout.take().context("cargo has no output")?);
    // Copied by a thread, so that we still hear Ctrl-C.
    let counting = std::thread::spawn(move || {
        let mut tally = Tally::default();
        for line in lines.lines().map_while(Result::ok) {
            let _ = writeln!(std::io::stdout(), "{line}");
            if let Some(more) = count(&line) {
                tally += more;
            }
            if let Some(name) = line
                .strip_prefix("test ")
                .and_then(|rest| rest.strip_suffix(" ... FAILED"))
            {
                tally.names.push(name.to_owned());
            }
        }
        tally
    });
    let status = exec::await_child(&mut child)?;
    let tally = counting.join().ok().context("counting the tests failed")?;
    if !status.success() && tally.failed == 0 {
        bail!("the tests do not compile, or one of them ended its process: see above");
    }
    Ok(tally)
}

/// Reads `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
fn count(line: &str) -> Option<Tally> {
    let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let number = |word: &str| {
        let part = counts.split("; ").find(|part| part.ends_with(word))?;
        part.split(' ').next()?.parse().ok()
    };
    Some(Tally {
        passed: number(" passed")?,
        failed: number(" failed")?,
        skipped: number(" ignored")?,
        names: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_counts_are_read() {
        let line = "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s";
        assert_eq!(
            count(line),
            Some(Tally {
                passed: 12,
                failed: 2,
                skipped: 1,
                names: Vec::new()
            })
        );
        assert_eq!(count("test somebody_says_test_result ... ok"), None);
    }
}
