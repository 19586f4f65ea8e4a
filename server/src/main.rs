//! `jackdaw`: the machine.

use std::process::ExitCode;

fn main() -> ExitCode {
    server::cli::main()
}
