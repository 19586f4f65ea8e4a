//! What must hold for every input. One module per kind of input, each with a function `holds` that panics if it does
//! not; only a fuzzer and a test call it.
//!
//! `cargo xtask fuzz` compiles each as a program of libFuzzer, which mutates inputs towards code that was not reached before
//! (`docs/reliability.md`). What was worth keeping stands in `corpus`, what once broke something in `crashes`; both are inputs of an
//! ordinary test. To add a kind: a module, a program in `src/bin` and the manifest, a line in [`TARGETS`], a name in `xtask/src/fuzz.rs`.

mod associations;
mod frames;
mod mls;
mod people;
mod sign_in;
mod vault;

use std::{env, fs, path::PathBuf};

/// A kind of input.
pub struct Target {
    /// What its folders are called.
    pub name: &'static str,
    /// Panics if something does not hold for this input.
    pub holds: fn(&[u8]),
    /// Honest inputs, each with a name: where mutation begins.
    pub seeds: fn() -> Vec<(String, Vec<u8>)>,
}

/// Every kind of input.
pub const TARGETS: [Target; 5] = [
    Target {
        name: "associations",
        holds: associations::holds,
        seeds: associations::seeds,
    },
    Target {
        name: "frames",
        holds: frames::holds,
        seeds: frames::seeds,
    },
    Target {
        name: "mls",
        holds: mls::holds,
        seeds: mls::seeds,
    },
    Target {
        name: "sign-in",
        holds: sign_in::holds,
        seeds: sign_in::seeds,
    },
    Target {
        name: "vault",
        holds: vault::holds,
        seeds: vault::seeds,
    },
];

/// The kind of this name.
///
/// # Panics
/// If there is none: a program of libFuzzer names one that is.
pub fn target(name: &str) -> &'static Target {
    TARGETS
        .iter()
        .find(|target| target.name == name)
        .expect("a kind of input")
}

/// Writes the seeds into the folder that `JACKDAW_SEEDS` names. The programs do it themselves: for them MLS has other bytes.
///
/// # Panics
/// If that folder cannot be written.
pub fn sow(target: &Target) {
    let Some(folder) = env::var_os("JACKDAW_SEEDS").map(PathBuf::from) else {
        return;
    };
    for (name, bytes) in (target.seeds)() {
        fs::write(folder.join(name), bytes).expect("a folder for seeds");
    }
}
