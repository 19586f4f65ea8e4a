//! `jackdaw-drill`: the machine, with deliberate faults to choose from by `JACKDAW_BREAK`. Never ships.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::cli::main()
}
