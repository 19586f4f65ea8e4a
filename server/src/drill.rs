//! `jackdaw-drill`: the server with failpoints, set by `FAILPOINTS` (`name=return`, `name=1*panic`, …). Never ships.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Reads the variable; the points stay as they are until the process ends.
    let _scenario = failpoint::FailScenario::setup();
    server::cli::main()
}
