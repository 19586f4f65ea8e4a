//! Cuts the page's wasm into a core and the parts that are loaded when they are first shown (`frontend/src/later.rs`,
//! docs/adr/0009-parts-loaded-later.md).
//!
//! The tool makes a file of what each part alone needs, and one of what each set of parts shares. Those would be many and small. Here
//! what the way in and the wallet's wishes share stays in the core, and what the frame shares travels with the frame, and the rest in a
//! file that is loaded before the first part inside of it.

use super::wasm::Module;
use anyhow::{Context as _, Result, anyhow, ensure};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use wasm_split_cli_support::{Options, transform};

/// The glue between core and parts, beside the core's own.
const LINK: &str = "parts.js";
/// Exports that keep a function in the core while it is cut.
const KEEP: &str = "__keep_";
/// The way in.
pub const GATE: &str = "gate";
/// What may be loaded without the frame: the way in, and what is asked of a wallet there.
const ALONE: [&str; 2] = [GATE, "wallet"];
/// The frame: it is there before any other part is, but the way in.
pub const FRAME: &str = "talk";
/// What parts inside of the frame share, and the frame does not need itself.
const INSIDE: &str = "inside";

/// Loads a part: its modules, one after the other behind their lengths, which meet in the core's memory and table. What failed is tried
/// anew when it is asked for again.
const LOADER: &str = r#"
function part(url, before) {
    const load = async () => {
        const [answer] = await Promise.all([fetch(url), before && before()]);
        if (!answer.ok) throw new Error(url + ": " + answer.status);
        const bytes = await answer.arrayBuffer();
        for (let at = 0; at < bytes.byteLength; ) {
            const size = new DataView(bytes).getUint32(at, true);
            await WebAssembly.instantiate(new Uint8Array(bytes, at + 4, size), getSharedImports());
            at += 4 + size;
        }
    };
    let once;
    return () => (once ??= load().catch((error) => {
        once = undefined;
        throw error;
    }));
}
function answering(load) {
    return async (callback, data) => {
        const done = await load().then(() => true, (error) => console.warn(error));
        getSharedImports().__wasm_split.__indirect_function_table.get(callback)(data, done === true);
    };
}
"#;

/// What the page was cut into.
pub struct Cut {
    /// The core, not bound to JavaScript yet.
    pub core: PathBuf,
    /// The modules of each part, by its name.
    pub parts: BTreeMap<String, Vec<PathBuf>>,
}

/// Cuts `wasm` into files in `folder`; `name` is that of the glue that the core will get.
pub fn cut(wasm: &Path, folder: &Path, name: &str) -> Result<Cut> {
    let bytes = fs::read(wasm)?;
    let mut whole = Module::read(&bytes)?;
    // First only to see what those share.
    transform_into(&bytes, folder, name)?;
    let mut shared = BTreeSet::new();
    for (file, _) in chunks(folder)?
        .iter()
        .filter(|(_, parts)| alone(parts).next().is_some())
    {
        let functions = Module::read(&fs::read(file)?)?.functions()?;
        shared.extend(functions.into_iter().map(|(_, name)| name));
    }
    let functions = whole.functions()?.into_iter();
    let kept: Vec<_> = functions
        .filter(|(_, name)| shared.contains(name))
        .map(|(index, _)| (format!("{KEEP}{index}"), index))
        .collect();
    whole.export(&kept)?;
    fs::remove_dir_all(folder)?;
    let (core, names) = transform_into(&whole.bytes(), folder, name)?;
    let mut main = Module::read(&fs::read(&core)?)?;
    main.hide(|name| name.starts_with(KEEP))?;
    let names = names.into_iter().chain([INSIDE.to_owned()]);
    let mut parts: BTreeMap<_, _> = names.map(|name| (name, Vec::new())).collect();
    ensure!(
        parts.contains_key(GATE) && parts.contains_key(FRAME),
        "the page has no part named {GATE} and {FRAME}"
    );
    for (file, of) in chunks(folder)? {
        let shared = Module::read(&fs::read(&file)?)?;
        if alone(&of).next().is_some() && !shared.has_code() {
            // Constants that are nobody's alone.
            main.take_data(&shared)?;
            continue;
        }
        // The few functions that have no name and could not be kept come along with each: they hold nothing.
        for part in alone(&of) {
            parts.entry(part.to_owned()).or_default().push(file.clone());
        }
        if of.contains(FRAME) {
            parts.entry(FRAME.to_owned()).or_default().push(file);
        } else if of.iter().any(|part| !ALONE.contains(&part.as_str())) {
            parts.entry(INSIDE.to_owned()).or_default().push(file);
        }
    }
    for (name, modules) in &mut parts {
        let own = folder.join(format!("split_{name}.wasm"));
        modules.extend(own.is_file().then_some(own));
    }
    fs::write(&core, main.bytes())?;
    fs::write(
        folder.join(LINK),
        glue(&fs::read_to_string(folder.join(LINK))?, parts.keys())?,
    )?;
    Ok(Cut { core, parts })
}

/// The URL of a part in the glue, until its name has a hash.
pub fn place(part: &str) -> String {
    format!("./{part}.part")
}

/// The tool's own way of finding what core and parts share, and our loader.
fn glue<'a>(theirs: &str, parts: impl Iterator<Item = &'a String>) -> Result<String> {
    let (sharing, _) = theirs
        .split_once("function wrapAsyncCb")
        .context("the glue of the parts is not as it was")?;
    let (frame, inside) = (place(FRAME), place(INSIDE));
    let mut ours = format!("{sharing}{LOADER}const frame = part(\"{frame}\"), inside = part(\"{inside}\", frame);\n");
    for part in parts.filter(|part| *part != INSIDE) {
        let load = match part.as_str() {
            FRAME => "frame".to_owned(),
            alone if ALONE.contains(&alone) => format!("part(\"{}\")", place(alone)),
            other => format!("part(\"{}\", inside)", place(other)),
        };
        ours += &format!("export const __wasm_split_load_{part} = answering({load});\n");
    }
    Ok(ours)
}

/// The files of what several parts share, and which parts those are: the tool says so in its glue.
fn chunks(folder: &Path) -> Result<Vec<(PathBuf, BTreeSet<String>)>> {
    let glue = fs::read_to_string(folder.join(LINK))?;
    let mut found = Vec::new();
    for (comment, next) in glue.lines().zip(glue.lines().skip(1)) {
        let number = next
            .strip_prefix("const __chunk_")
            .and_then(|rest| rest.split_once(' '));
        let parts = comment.strip_prefix("/* ").and_then(|rest| rest.strip_suffix(" */"));
        if let (Some((number, _)), Some(parts)) = (number, parts) {
            let parts = parts.split(", ").map(str::to_owned).collect();
            found.push((folder.join(format!("chunk_{number}.wasm")), parts));
        }
    }
    Ok(found)
}

/// Those of the parts that may be loaded without the frame.
fn alone(parts: &BTreeSet<String>) -> impl Iterator<Item = &str> {
    parts.iter().map(String::as_str).filter(|part| ALONE.contains(part))
}

fn transform_into(bytes: &[u8], folder: &Path, name: &str) -> Result<(PathBuf, Vec<String>)> {
    fs::create_dir_all(folder)?;
    let core = folder.join("core.wasm");
    let (glue, link) = (format!("./{name}.js"), format!("./{LINK}"));
    let mut options = Options::new(bytes);
    options.output_dir = folder;
    options.main_out_path = &core;
    options.link_name = &link;
    options.main_module = &glue;
    let done = transform(options)
        .map_err(|error| anyhow!("{error:#}"))
        .context("the page cannot be cut")?;
    Ok((core, done.prefetch_map.into_keys().collect()))
}
