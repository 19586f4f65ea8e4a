//! Cuts the page's wasm into a core and the parts that are loaded when they are first shown (`app/src/later.rs`,
//! docs/adr/0009-parts-loaded-later.md).

use super::wasm::Module;
use anyhow::{Context as _, Result, anyhow};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};
use wasm_split_cli_support::{Options, transform};

/// The glue between core and parts, beside the core's own.
const LINK: &str = "./parts.js";
/// Exports that keep a function in the core while it is cut.
const KEEP: &str = "__keep_";
/// What several parts need would be files of its own, many and small: it stays in the core.
const SHARED: &str = "chunk_";
const PART: &str = "split_";

/// Whether a file of this name, without extension, is a part.
pub fn is_part(name: &str) -> bool {
    name.starts_with(PART) || name.starts_with(SHARED)
}

/// Cuts `wasm` into files in `folder`; `name` is that of the glue that the core will get. Gives the core, not bound to
/// JavaScript yet.
pub fn cut(wasm: &Path, folder: &Path, name: &str) -> Result<PathBuf> {
    let bytes = fs::read(wasm)?;
    let mut whole = Module::read(&bytes)?;
    // First only to see what is shared.
    let mut shared = BTreeSet::new();
    transform_into(&bytes, folder, name)?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is = |start| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(start))
        };
        if is(SHARED) {
            let functions = Module::read(&fs::read(&path)?)?.functions()?;
            shared.extend(functions.into_iter().map(|(_, name)| name));
        }
    }
    let functions = whole.functions()?.into_iter();
    let kept: Vec<_> = functions
        .filter(|(_, name)| shared.contains(name))
        .map(|(index, _)| (format!("{KEEP}{index}"), index))
        .collect();
    whole.export(&kept)?;
    fs::remove_dir_all(folder)?;
    let core = transform_into(&whole.bytes(), folder, name)?;
    let mut bound = Module::read(&fs::read(&core)?)?;
    bound.hide(|name| name.starts_with(KEEP))?;
    fs::write(&core, bound.bytes())?;
    Ok(core)
}

fn transform_into(bytes: &[u8], folder: &Path, name: &str) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let core = folder.join("core.wasm");
    let glue = format!("./{name}.js");
    let mut options = Options::new(bytes);
    options.output_dir = folder;
    options.main_out_path = &core;
    options.link_name = LINK;
    options.main_module = &glue;
    transform(options)
        .map_err(|error| anyhow!("{error:#}"))
        .context("the page cannot be cut")?;
    Ok(core)
}
