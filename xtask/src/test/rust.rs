//! What `cargo test` runs.

use super::postgres::Postgres;
use crate::{build, exec, place::Places, say, tally::Tally, tools::Tools};
use anyhow::{Context as _, Result, bail};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};

/// Crates whose tests run in a browser alone ([`build::vault_test`]).
const BROWSER: [&str; 1] = ["engine"];

/// Crates with a cargo call of their own, because one call has one set of features: `frontend` draws (`csr`) where the server renders
/// (`ssr`), and `drill` builds `client` and `e2ee` with deliberate faults.
const APART: [&str; 2] = [DRAWS, "drill"];
/// The crate whose features contradict those of the server.
pub const DRAWS: &str = "frontend";

/// The native tests of the product's crates, over one Postgres.
pub fn product(places: &Places, tools: &Tools, filter: &[String]) -> Result<Tally> {
    let postgres = say::step("Starting a Postgres for the tests", || Postgres::start(&tools.pg_bin))?;
    let mut tally = Tally::default();
    for group in groups(places, &APART)? {
        tally += say::step(&format!("Testing {}", group.title), || {
            let mut command = build::cargo(places);
            command.args(["test", "--no-fail-fast"]).args(group.arguments());
            // The macros check queries against the committed files; the tests themselves use this database.
            command
                .env("DATABASE_URL", postgres.url())
                .env("PG_BIN", &tools.pg_bin)
                .env("ANVIL_BIN", &tools.anvil);
            command.arg("--").args(filter);
            tests(&mut command)
        })?;
    }
    drop(postgres);
    Ok(tally)
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

/// Crates that one cargo call compiles natively.
pub struct Group {
    /// How a step names them.
    pub title: String,
    packages: Vec<String>,
}

impl Group {
    /// `-p NAME` for each.
    pub fn arguments(&self) -> impl Iterator<Item = &str> {
        self.packages.iter().flat_map(|name| ["-p", name.as_str()])
    }
}

/// All our crates but those of the browser: most in one call, each of `apart` in its own.
pub fn groups(places: &Places, apart: &[&str]) -> Result<Vec<Group>> {
    let metadata = exec::output(build::cargo(places).args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata names no packages")?;
    let names = packages
        .iter()
        .filter_map(|package| package["name"].as_str())
        .filter(|name| is_native(name))
        .map(str::to_owned);
    let (alone, together): (Vec<_>, Vec<_>) = names.partition(|name| apart.contains(&name.as_str()));
    let alone = alone.into_iter().map(|name| Group {
        title: name.clone(),
        packages: vec![name],
    });
    let together = Group {
        title: "the crates".to_owned(),
        packages: together,
    };
    Ok(std::iter::once(together).chain(alone).collect())
}

/// Whether `cargo xtask test` runs the tests of this member of the workspace.
pub fn is_native(name: &str) -> bool {
    !BROWSER.contains(&name)
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
            if let Some((name, outcome)) = line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... ")) {
                // Behind the name of a test that must panic.
                let name = name.trim_end_matches(" - should panic");
                tally.ran.push(name.to_owned());
                tally.names.extend((outcome == "FAILED").then(|| name.to_owned()));
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
        ..Tally::default()
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
                ..Tally::default()
            })
        );
        assert_eq!(count("test somebody_says_test_result ... ok"), None);
    }
}
