//! Jackdaw's build system: `cargo xtask --help`.
//!
//! It builds the two browser halves and the server, runs everything on a developer's machine and tests it. It never ships. One module per
//! thing; to add a command, add a variant to [`Command`] and a module with one public function.

mod build;
mod chain;
mod ci;
mod cli;
mod contracts;
mod drill;
mod exec;
mod fuzz;
mod http;
mod journeys;
mod place;
mod prepare;
mod run;
mod say;
mod signals;
mod sizes;
mod tally;
mod test;
mod tidy;
mod tools;

use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::Cli::parse().go() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) if signals::stopping() => {
            eprintln!("Stopped.");
            ExitCode::from(130)
        }
        Err(trouble) => {
            say::trouble(&trouble);
            ExitCode::FAILURE
        }
    }
}
