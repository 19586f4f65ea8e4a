//! `cargo xtask test`: Rust tests against a real Postgres, xtask's own, those of the contracts, a short drill, and journeys in a real browser. Everything is run, whatever fails,
//! and the last line says how much passed.

pub mod postgres;
mod ran;
mod rust;

pub use ran::is_attribute;
pub use rust::{DRAWS, groups, is_native};

use crate::{
    build::{self, Profile},
    contracts, drill, journeys,
    place::Places,
    say, signals,
    tally::Tally,
    tools::{self, Tools},
};
use anyhow::{Error, Result, bail};

/// What to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Only {
    /// What `cargo test` runs
    Rust,
    /// What Playwright runs
    Browser,
    /// What forge runs
    Contracts,
}

/// Which tests.
#[derive(Default, clap::Args)]
pub struct Options {
    /// Only one kind of tests
    #[arg(long)]
    only: Option<Only>,
    /// Words for the test runner, such as a part of a test's name (with --only)
    #[arg(requires = "only")]
    filter: Vec<String>,
}

/// How much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// The Rust tests, and the journeys that are marked as quick.
    Quick,
    /// Everything.
    All,
}

/// What marks a quick journey.
const QUICK: &str = "@quick";

/// Runs them and prints the line.
pub fn run(places: &Places, options: &Options) -> Result<()> {
    let tools = tools::ensure(places)?;
    let mut report = Report::default();
    match options.only {
        None => return all(places, &tools, Lane::All),
        Some(Only::Rust) => {
            report.add(rust::product(places, &tools, &options.filter));
            if options.filter.is_empty() {
                report.add(rust::xtask(places));
                report.add(every(places, &report));
            }
        }
        Some(Only::Contracts) => report.add(contracts::test(places, &tools, &options.filter)),
        Some(Only::Browser) => {
            build::server(places, Profile::Development)?;
            report.add(journeys::run(places, &tools, &options.filter, &[]));
        }
    }
    report.close()
}

/// All kinds of tests. The Rust tests come first: with them the server is compiled that the drill and the journeys run.
pub fn all(places: &Places, tools: &Tools, lane: Lane) -> Result<()> {
    let mut report = Report::default();
    report.add(rust::product(places, tools, &[]));
    report.add(rust::xtask(places));
    report.add(every(places, &report));
    if report.troubles.is_empty() && !signals::stopping() {
        if lane == Lane::All {
            report.add(drill::short(places, tools));
            report.add(contracts::test(places, tools, &[]));
            report.add(journeys::run(places, tools, &[], &[]));
        } else {
            report.add(journeys::run(
                places,
                tools,
                &["--grep".to_owned(), QUICK.to_owned()],
                &[],
            ));
        }
    }
    report.close()
}

/// Fails for each Rust test in the sources that was not run.
fn every(places: &Places, report: &Report) -> Result<Tally> {
    // What could not be compiled was not run either, and has said so.
    let names = match report.troubles.is_empty() {
        true => ran::missing(places, &report.tally.ran)?,
        false => Vec::new(),
    };
    Ok(Tally {
        failed: names.len() as u64,
        names: names
            .into_iter()
            .map(|name| format!("{name} is in no test command"))
            .collect(),
        ..Tally::default()
    })
}

/// What came of it so far.
#[derive(Default)]
struct Report {
    tally: Tally,
    troubles: Vec<Error>,
}

impl Report {
    fn add(&mut self, part: Result<Tally>) {
        match part {
            Ok(tally) => self.tally += tally,
            Err(trouble) => {
                say::trouble(&trouble);
                self.troubles.push(trouble);
            }
        }
    }

    fn close(self) -> Result<()> {
        if signals::stopping() {
            bail!("stopped");
        }
        let Tally {
            passed,
            failed,
            skipped,
            names,
            ran: _,
        } = self.tally;
        let skipped = if skipped == 0 {
            String::new()
        } else {
            format!(", {skipped} skipped")
        };
        eprintln!();
        for name in names {
            eprintln!("✗ {name}");
        }
        println!("{passed} passed, {failed} failed{skipped}");
        match (self.troubles.into_iter().next(), failed) {
            (Some(trouble), _) => Err(trouble.context("not everything could be tested")),
            (None, 0) => Ok(()),
            (None, _) => bail!("tests failed: their words stand above"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_could_not_run_fails_the_whole() {
        let mut report = Report::default();
        report.add(Ok(Tally {
            passed: 3,
            ..Tally::default()
        }));
        report.add(Err(anyhow::anyhow!("no browser")));
        assert!(report.close().is_err());
    }

    #[test]
    fn a_failed_test_fails_the_whole() {
        let mut report = Report::default();
        report.add(Ok(Tally {
            passed: 3,
            failed: 1,
            ..Tally::default()
        }));
        assert!(report.close().is_err());
    }
}
