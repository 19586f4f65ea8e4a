//! `cargo xtask contracts`: Solidity. It writes what is committed beside the sources (interfaces with bytecode, the gas snapshot) and runs
//! everything that looks for mistakes. `cargo xtask ci` does the same but only compares; the tests themselves are part of `cargo xtask test`.

mod abi;
mod coverage;
mod forge;
mod slither;

use crate::{
    exec,
    place::Places,
    say,
    tally::Tally,
    tools::{self, Tools},
};
use anyhow::{Context as _, Result, bail};
use forge::Forge;
use std::process::Command;

/// How thorough.
#[derive(clap::Args)]
pub struct Options {
    /// Play the invariants for half an hour: a million steps instead of four thousand
    #[arg(long)]
    long: bool,
    /// Write nothing, only compare and look for mistakes, as `ci` does
    #[arg(long, conflicts_with = "long")]
    check: bool,
}

/// Steps of a long game: sequences, and steps in each.
const LONG: [(&str, &str); 2] = [("FOUNDRY_INVARIANT_RUNS", "2000"), ("FOUNDRY_INVARIANT_DEPTH", "500")];

/// Writes what is generated, then checks everything.
pub fn run(places: &Places, options: &Options) -> Result<()> {
    let tools = tools::ensure(places)?;
    if options.check {
        return check(places, &tools);
    }
    let forge = Forge::new(places, &tools)?;
    say::step("Formatting the contracts", || {
        exec::run(forge.command("fmt").arg("--quiet"))
    })?;
    let fresh = say::step("Compiling the contracts", || abi::compile(&forge))?;
    for name in abi::write(places, &fresh)? {
        say::note(&format!(
            "contracts/abi/{name}.json has changed; commit it with the change"
        ));
    }
    lint(&forge)?;
    let tally = tests(
        forge
            .command("test")
            .envs(options.long.then_some(LONG).into_iter().flatten()),
    )?;
    if tally.failed > 0 {
        bail!("tests of the contracts failed: their words stand above");
    }
    say::step("Writing the gas snapshot", || {
        exec::run(forge.command("snapshot").args(forge::GAS).arg("--quiet"))
    })?;
    deep(places, &forge)?;
    println!("{} passed, 0 failed", tally.passed);
    Ok(())
}

/// Fails when something is not as `run` would leave it, or not good. Does not run the tests.
pub fn check(places: &Places, tools: &Tools) -> Result<()> {
    let forge = Forge::new(places, tools)?;
    let advice = "run `cargo xtask contracts` and commit what it writes";
    say::step("Formatting of the contracts", || {
        exec::run(forge.command("fmt").arg("--check"))
            .with_context(|| format!("the formatting of the contracts differs: {advice}"))
    })?;
    let fresh = say::step("Compiling the contracts", || abi::compile(&forge))?;
    let differences = abi::differences(places, &fresh)?;
    if !differences.is_empty() {
        bail!(
            "contracts/abi is not what the sources say ({}): {advice}",
            differences.join(", ")
        );
    }
    lint(&forge)?;
    say::step("Comparing gas with the snapshot", || {
        exec::run(forge.command("snapshot").args(forge::GAS).arg("--check"))
            .with_context(|| format!("contracts/.gas-snapshot is not what the contracts cost: {advice}"))
    })?;
    deep(places, &forge)
}

/// forge's tests: unit, fuzz, invariants. `filter` has parts of names.
pub fn test(places: &Places, tools: &Tools, filter: &[String]) -> Result<Tally> {
    let forge = Forge::new(places, tools)?;
    let mut command = forge.command("test");
    if !filter.is_empty() {
        command.arg("--match-test").arg(filter.join("|"));
    }
    tests(&mut command)
}

fn tests(command: &mut Command) -> Result<Tally> {
    say::step("Testing the contracts", || forge::tests(command))
}

fn lint(forge: &Forge) -> Result<()> {
    say::step("Linting the contracts", || {
        exec::run(forge.command("lint").arg("--quiet"))
    })
}

fn deep(places: &Places, forge: &Forge) -> Result<()> {
    say::step("Coverage of the contracts", || coverage::check(forge))?;
    slither::check(places, forge)
}
