//! `drill`: breaks a running Jackdaw on purpose.

use std::process::ExitCode;

fn main() -> ExitCode {
    drill::servers::cli::main()
}
