//! What Playwright runs, over what a release sends to browsers.

use crate::{
    build::{self, Parts, Profile},
    exec,
    place::Places,
    say, sizes,
    tally::Tally,
    tools::{self, Tools},
};
use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use std::{fs, path::Path};

/// Playwright's own summary.
#[derive(Deserialize)]
struct Summary {
    stats: Stats,
    #[serde(default)]
    suites: Vec<Suite>,
}

#[derive(Deserialize)]
struct Suite {
    title: String,
    #[serde(default)]
    suites: Vec<Suite>,
    #[serde(default)]
    specs: Vec<Spec>,
}

#[derive(Deserialize)]
struct Spec {
    title: String,
    ok: bool,
}

#[derive(Deserialize)]
struct Stats {
    expected: u64,
    unexpected: u64,
    flaky: u64,
    skipped: u64,
}

/// Builds what browsers load as a release has it, holds it against its limits, and runs what Playwright runs, as far as it matches. The
/// server must have been built; it is the development's, which sends the same bytes (docs/adr/0016-what-ships-is-what-is-tested.md).
/// `told`: more for the environment.
pub fn run(places: &Places, tools: &Tools, filter: &[String], told: &[(&str, String)]) -> Result<Tally> {
    let chromium = tools::chromium()?;
    build::browser(places, tools, Profile::Release, Parts::BROWSER)?;
    sizes::check(places, tools)?;
    let vault = build::vault_test(places)?;
    played(places, tools, &chromium, &vault, filter, told)
}

/// The journeys and the vault's suite. `told`: more for their environment.
fn played(
    places: &Places,
    tools: &Tools,
    chromium: &Path,
    vault: &Path,
    filter: &[String],
    told: &[(&str, String)],
) -> Result<Tally> {
    let folder = places.root.join("end2end");
    if !folder.join("tests").is_dir() {
        return Ok(Tally::default());
    }
    let modules = if places.tools == places.root.join(".tools") {
        "../.tools/node_modules".into()
    } else {
        tools.modules.clone()
    };
    tools::link(&folder.join("node_modules"), &modules)?;
    say::step("Journeys in a browser", || {
        let summary = places.target.join("journeys.json");
        let _ = fs::remove_file(&summary);
        let mut command = tools.script("@playwright/test/cli.js");
        command
            .current_dir(&folder)
            .args(["test", "--reporter=list,json"])
            .args(filter);
        command
            .env("PLAYWRIGHT_JSON_OUTPUT_FILE", &summary)
            .env("JACKDAW_BIN", places.server(false))
            .env("JACKDAW_SITE", places.site(true))
            .env("PG_BIN", &tools.pg_bin)
            .env("ANVIL_BIN", &tools.anvil)
            .env("CHROMIUM", chromium)
            .env("VAULT_TEST", vault)
            .envs(told.iter().map(|(name, value)| (name, value)))
            .env("PATH", path_with(&tools.node));
        let status = exec::wait(&mut command)?;
        let text = fs::read(&summary).context("Playwright ended without a summary: its words stand above")?;
        let tally = count(&text)?;
        if !status.success() && tally.failed == 0 {
            bail!("Playwright failed outside of the tests: its words stand above");
        }
        Ok(tally)
    })
}

/// Journeys that failed first and passed the second time are failures: they would hide races.
fn count(text: &[u8]) -> Result<Tally> {
    let Summary { stats, suites } = serde_json::from_slice(text).context("Playwright's summary cannot be read")?;
    let mut names = Vec::new();
    for suite in &suites {
        failures(suite, &mut names);
    }
    Ok(Tally {
        passed: stats.expected,
        failed: stats.unexpected + stats.flaky,
        skipped: stats.skipped,
        names,
        ..Tally::default()
    })
}

fn failures(suite: &Suite, into: &mut Vec<String>) {
    into.extend(
        suite
            .specs
            .iter()
            .filter(|spec| !spec.ok)
            .map(|spec| format!("{}: {}", suite.title, spec.title)),
    );
    for inner in &suite.suites {
        failures(inner, into);
    }
}

/// Playwright starts Node again for its workers.
fn path_with(node: &Path) -> std::ffi::OsString {
    let mut path = node
        .parent()
        .map(|folder| folder.as_os_str().to_owned())
        .unwrap_or_default();
    if let Some(rest) = std::env::var_os("PATH") {
        path.push(":");
        path.push(rest);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flaky_journey_counts_as_failed() {
        let text = br#"{"stats":{"expected":7,"unexpected":1,"flaky":2,"skipped":3,"duration":1.5},"suites":[{"title":"a.spec.ts","suites":
            [{"title":"b","specs":[{"title":"c","ok":false},{"title":"d","ok":true}]}]}]}"#;
        let names = vec!["b: c".to_owned()];
        assert_eq!(
            count(text).unwrap(),
            Tally {
                passed: 7,
                failed: 3,
                skipped: 3,
                names,
                ..Tally::default()
            }
        );
    }
}
