//! The command line.

use crate::{build, ci, contracts, drill, fuzz, place::Places, prepare, run, signals, sizes, test, tidy, tools};
use anyhow::Result;
use clap::{Parser, Subcommand};

/// Builds, runs and tests Jackdaw.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what is missing: the wasm target, npm tools, Postgres binaries
    Tools,
    /// Build the page, the worker, the style sheet and the server
    Build {
        /// What would ship: small wasm, compressed files, optimised server
        #[arg(long)]
        release: bool,
        /// Without the server
        #[arg(long)]
        browser: bool,
    },
    /// Run everything here, with a development chain; rebuild and reload on change
    Run(run::Options),
    /// Run all tests, the journeys in a real browser included
    Test(test::Options),
    /// Everything that must be green: formatting, tidy, clippy, generated files, all tests, sizes
    Ci {
        /// Only what tells most in a few minutes: no generated files, no drill, no contracts, 25 journeys
        lane: Option<ci::Quick>,
    },
    /// Formatting, tidy, clippy
    Lint {
        /// Each crate of the browser on its own too, so that no feature of one hides a lack in another
        #[arg(long)]
        each: bool,
    },
    /// Check the invariants of the architecture
    Tidy,
    /// Write `.sqlx` after a query or a migration has changed
    Prepare,
    /// Compile and check the contracts; write `contracts/abi` and the gas snapshot
    Contracts(contracts::Options),
    /// Kill servers and Postgres under load and count what is lost; short unless told otherwise
    Drill(drill::Options),
    /// Make up inputs until something does not hold for one; a minute each unless told otherwise
    Fuzz(fuzz::Options),
    /// Print what a browser has to load from a release build, and fail where it is more than it may be
    Sizes {
        /// Only the page; the engine is as it was built the last time
        #[arg(long)]
        page: bool,
    },
}

impl Cli {
    /// Does what was asked.
    pub fn go(self) -> Result<()> {
        let places = Places::find()?;
        signals::listen()?;
        match self.command {
            Command::Tools => tools::ensure(&places).map(drop),
            Command::Build { release, browser } => {
                let tools = tools::ensure(&places)?;
                let profile = build::Profile::of(release);
                if browser {
                    build::browser(&places, &tools, profile, build::Parts::BROWSER)
                } else {
                    build::everything(&places, &tools, profile)
                }
            }
            Command::Run(options) => run::run(&places, &options),
            Command::Test(options) => test::run(&places, &options),
            Command::Ci { lane } => ci::run(&places, lane),
            Command::Lint { each } => ci::lint(&places, each),
            Command::Tidy => tidy::run(&places),
            Command::Prepare => prepare::run(&places),
            Command::Contracts(options) => contracts::run(&places, &options),
            Command::Drill(options) => drill::run(&places, &options),
            Command::Fuzz(options) => fuzz::run(&places, &options),
            Command::Sizes { page } => sizes::run(&places, page),
        }
    }
}
