//! `cargo xtask ci`: what must be green before anything is merged. Quick checks first.

use crate::{
    build, contracts, drill, exec, fuzz,
    place::Places,
    prepare, say, test, tidy,
    tools::{self, Tools},
};
use anyhow::{Context as _, Result};
use std::process::Command;

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

/// Does all of it.
pub fn run(places: &Places) -> Result<()> {
    let tools = tools::ensure(places)?;
    formatted(places)?;
    tidy::run(places)?;
    clippy(places)?;
    generated(places, &tools)?;
    fuzz::all(places)?;
    test::run(places, &test::Options::default())?;
    drill::faults(places, &tools)
}

/// Formatting and lints only: `cargo xtask lint`.
pub fn lint(places: &Places) -> Result<()> {
    formatted(places)?;
    tidy::run(places)?;
    clippy(places)
}

fn formatted(places: &Places) -> Result<()> {
    say::step("Formatting", || {
        let advice = "the formatting differs: run `cargo fmt --all && cargo fmt --manifest-path xtask/Cargo.toml`";
        exec::run(build::cargo(places).args(["fmt", "--all", "--check"])).context(advice)?;
        exec::run(build::cargo(places).args(["fmt", "--manifest-path", "xtask/Cargo.toml", "--check"])).context(advice)
    })
}

fn clippy(places: &Places) -> Result<()> {
    say::step("Clippy, native", || {
        let mut command = build::cargo(places);
        command.args(["clippy", "--all-targets"]);
        for name in test::packages(places)? {
            command.args(["-p", &name]);
        }
        exec::run(command.args(STRICT))
    })?;
    for (name, features) in BROWSER {
        say::step(&format!("Clippy, wasm32: {name}"), || {
            let mut command = build::cargo(places);
            command.args(["clippy", "-p", name, "--lib", "--target", "wasm32-unknown-unknown"]);
            command.args(["--features", features]);
            exec::run(command.args(STRICT))
        })?;
    }
    say::step("Clippy, xtask", || {
        let mut command = Command::new("cargo");
        command
            .current_dir(&places.root)
            .args(["clippy", "--manifest-path", "xtask/Cargo.toml", "--all-targets"]);
        exec::run(command.args(STRICT))
    })
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
