//! `cargo xtask ci`: what must be green before anything is merged. Quick checks first; in the end a table of what each took.

use crate::{
    build, contracts, exec,
    place::Places,
    prepare, say,
    test::{self, Lane},
    tidy,
    tools::{self, Tools},
};
use anyhow::{Context as _, Result};
use std::{process::Command, time::Instant};

/// The quick lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Quick {
    /// Formatting, tidy, clippy, Rust tests, 25 journeys
    Quick,
}

/// The browser's crates, in one cargo call.
const TOGETHER: [&str; 3] = ["app", "frontend", "engine"];

/// Crates that must compile for the browser, with the features they have there; each on its own, so that no feature of one hides a
/// lack in another.
const BROWSER: [(&str, &str); 11] = [
    ("protocol", ""),
    ("identity", ""),
    ("bridge", ""),
    ("content", ""),
    ("chain", ""),
    ("e2ee", ""),
    ("client", ""),
    ("elements", "csr"),
    ("app", "csr"),
    ("frontend", ""),
    ("engine", ""),
];

/// Warnings are errors here; `pedantic` stays advice.
const STRICT: [&str; 5] = ["--", "-D", "warnings", "-A", "clippy::pedantic"];

/// Does all of it, or what is quick.
pub fn run(places: &Places, quick: Option<Quick>) -> Result<()> {
    let start = Instant::now();
    let done = steps(places, quick);
    say::table(start.elapsed());
    done
}

fn steps(places: &Places, quick: Option<Quick>) -> Result<()> {
    let tools = say::step("Finding the tools", || tools::ensure(places))?;
    lint(places, quick.is_none())?;
    if quick.is_some() {
        return test::all(places, &tools, Lane::Quick);
    }
    generated(places, &tools)?;
    test::all(places, &tools, Lane::All)
}

/// Formatting and lints only: `cargo xtask lint`. `each`: every crate of the browser on its own too.
pub fn lint(places: &Places, each: bool) -> Result<()> {
    formatted(places)?;
    tidy::run(places)?;
    clippy(places)?;
    if each {
        for (name, features) in BROWSER {
            say::step(&format!("Clippy, browser: {name}"), || {
                exec::run(wasm(places, &[name]).args(["--features", features]).args(STRICT))
            })?;
        }
    }
    Ok(())
}

fn formatted(places: &Places) -> Result<()> {
    say::step("Formatting", || {
        let advice = "the formatting differs: run `cargo fmt --all && cargo fmt --manifest-path xtask/Cargo.toml`";
        exec::run(build::cargo(places).args(["fmt", "--all", "--check"])).context(advice)?;
        exec::run(build::cargo(places).args(["fmt", "--manifest-path", "xtask/Cargo.toml", "--check"])).context(advice)
    })
}

fn clippy(places: &Places) -> Result<()> {
    for group in test::groups(places, &[test::DRAWS])? {
        say::step(&format!("Clippy, native: {}", group.title), || {
            let mut command = build::cargo(places);
            command.args(["clippy", "--all-targets"]).args(group.arguments());
            exec::run(command.args(STRICT))
        })?;
    }
    say::step("Clippy, browser", || exec::run(wasm(places, &TOGETHER).args(STRICT)))?;
    say::step("Clippy, xtask", || {
        let mut command = Command::new("cargo");
        command
            .current_dir(&places.root)
            .args(["clippy", "--manifest-path", "xtask/Cargo.toml", "--all-targets"]);
        exec::run(command.args(STRICT))
    })
}

/// Clippy over crates as the browser has them.
fn wasm(places: &Places, names: &[&str]) -> Command {
    let mut command = build::cargo(places);
    command.args(["clippy", "--lib", "--target", "wasm32-unknown-unknown"]);
    command.args(names.iter().flat_map(|name| ["-p", *name]));
    command
}

fn generated(places: &Places, tools: &Tools) -> Result<()> {
    prepare::check(places, tools)?;
    contracts::check(places, tools)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_build_for_the_browser_is_built_for_it() {
        let architecture = include_str!("../../ARCHITECTURE.md");
        let invariant = architecture
            .lines()
            .find(|line| line.starts_with("2. ") && line.contains("wasm32"))
            .expect("the second of what always holds");
        let named: Vec<&str> = invariant.split('`').skip(1).step_by(2).collect();
        assert!(named.len() >= 6, "{named:?}");
        for name in named {
            let built = BROWSER.iter().any(|(built, _)| *built == name);
            assert!(built, "{name} is not compiled for the browser on its own");
        }
    }
}
