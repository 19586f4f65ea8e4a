//! `drill-client`: breaks installations in memory on purpose.

use std::process::ExitCode;

fn main() -> ExitCode {
    drill::clients::cli::main()
}
