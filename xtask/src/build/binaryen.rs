//! Binaryen's tools: wasm-opt and wasm-merge.

use crate::{exec, say, tools::Tools};
use anyhow::{Context as _, Result};
use std::{collections::BTreeSet, fs, path::Path};

/// What Chromium, Firefox and Safari all take. `--all-features` would use compact imports, which Chromium refuses.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Fewer bytes before compression are more bytes after it: what `-Oz` folds together looked alike before. Likewise what means the same
/// (alignments are hints) is to look the same, and what is called alike to stand together. 12 KB of the page's brotli, 20 of the engine's.
const PASSES: [&str; 6] = [
    "-O1",
    "--dae-optimizing",
    "--duplicate-function-elimination",
    "--rse",
    "--dealign",
    "--reorder-functions-by-name",
];

/// Puts modules that were cut off back into the core, which they import by `name`.
pub fn merge(tools: &Tools, core: &Path, name: &str, folder: &Path, files: &BTreeSet<String>) -> Result<()> {
    if files.is_empty() {
        return Ok(());
    }
    let mut command = tools.script("binaryen/bin/wasm-merge");
    command.arg(core).arg(name);
    for file in files {
        command.arg(folder.join(format!("{file}.wasm"))).arg(file);
    }
    exec::run(command.args(FEATURES).arg("-o").arg(core)).context("the core cannot be put together")
}

/// Makes a module small, in its place.
pub fn optimise(tools: &Tools, wasm: &Path) -> Result<()> {
    let before = fs::metadata(wasm)?.len();
    let mut command = tools.script("binaryen/bin/wasm-opt");
    command.args(PASSES).args(FEATURES).arg(wasm).arg("-o").arg(wasm);
    exec::run(&mut command)?;
    say::note(&format!(
        "{}: {} KB → {} KB",
        wasm.file_stem().unwrap_or_default().to_string_lossy(),
        before / 1000,
        fs::metadata(wasm)?.len() / 1000
    ));
    Ok(())
}
