//! The Rust target for the browser halves.

use crate::{exec, say};
use anyhow::{Context as _, Result};
use std::{path::Path, process::Command};

const TARGET: &str = "wasm32-unknown-unknown";

/// Adds the wasm target when the toolchain lacks it.
pub fn ensure() -> Result<()> {
    let sysroot = exec::output(Command::new("rustc").args(["--print", "sysroot"]))?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).is_dir() {
        return Ok(());
    }
    say::step("Adding Rust's wasm target", || {
        exec::run(Command::new("rustup").args(["target", "add", TARGET])).with_context(|| {
            format!("the Rust target {TARGET} is missing: install Rust by rustup, then `rustup target add {TARGET}`")
        })
    })
}
