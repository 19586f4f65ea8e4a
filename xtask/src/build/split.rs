//! Cuts the page's wasm into a core and the parts that are loaded when they are first shown, by Leptos' own tool
//! (`frontend/src/lazy.rs`, docs/adr/0009-parts-loaded-later.md).
//!
//! The tool writes a module for what each part alone needs, one for each set of parts that share something, and a script that loads
//! them. What a part shares that is loaded by itself goes back into the core, by wasm-merge: many small files compress badly.

use anyhow::{Context as _, Result, anyhow};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::Path,
};
use wasm_split_cli_support::{Options, transform};

/// The script that loads parts, beside the glue of the core.
const LINK: &str = "parts.js";
/// The core, not bound to JavaScript yet.
pub const CORE: &str = "core.wasm";
/// Which files each part needs.
const PARTS: &str = "parts.json";
/// By what name modules import the core.
pub const SHARED: &str = "__wasm_split";
/// Parts of a first view of `/app` without a member, and of what a wallet is asked there.
const FIRST: [&str; 2] = ["gate", "wallet"];

/// The files of each part, without their ending, its own last. Parts share files.
pub type Parts = BTreeMap<String, Vec<String>>;

/// Cuts `wasm` into files in `folder`; `name` is that of the glue that the core will get. Gives the files that belong into the core.
pub fn cut(wasm: &Path, folder: &Path, name: &str) -> Result<BTreeSet<String>> {
    fs::create_dir_all(folder)?;
    let bytes = fs::read(wasm)?;
    let (core, glue, link) = (folder.join(CORE), format!("./{name}.js"), format!("./{LINK}"));
    let mut options = Options::new(&bytes);
    options.output_dir = folder;
    options.main_out_path = &core;
    options.link_name = &link;
    options.main_module = &glue;
    let done = transform(options)
        .map_err(|error| anyhow!("{error:#}"))
        .context("the page cannot be cut")?;
    let mut parts: Parts = done.prefetch_map.into_iter().collect();
    let merged = of_the_core(&parts);
    for files in parts.values_mut() {
        files.retain(|file| !merged.contains(file));
    }
    let link = folder.join(LINK);
    fs::write(&link, loaders(&fs::read_to_string(&link)?, &parts)?)?;
    fs::write(folder.join(PARTS), serde_json::to_vec_pretty(&parts)?)?;
    Ok(merged)
}

/// What the parts of a first view share with others.
fn of_the_core(parts: &Parts) -> BTreeSet<String> {
    let first = parts.iter().filter(|(part, _)| FIRST.contains(&part.as_str()));
    let shared = first.flat_map(|(_, files)| files.split_last().map_or(&[][..], |(_, shared)| shared));
    shared.cloned().collect()
}

/// The tool's script with the loaders of these parts, in its own words, in place of its own.
fn loaders(theirs: &str, parts: &Parts) -> Result<String> {
    let end = ["/* ", "export const "]
        .iter()
        .filter_map(|start| theirs.find(&format!("\n{start}")))
        .min();
    let mut script = theirs[..=end.context("the script that loads parts is not as it was")?].to_owned();
    let load = |file: &str, before: &[String]| {
        format!(
            "makeLoad(() => {{\n    const answer = fetch(new URL(\"./{file}.wasm\", import.meta.url));\n    answer.catch(() => {{}});\n    \
             return async (imports) => WebAssembly.instantiateStreaming(answer, imports);\n}}, [{}])",
            before.join(", ")
        )
    };
    let mut shared = BTreeSet::new();
    for (part, files) in parts {
        let (own, before) = files
            .split_last()
            .with_context(|| format!("the part {part} is empty"))?;
        for file in before {
            if shared.insert(file) {
                writeln!(script, "const {file} = {};", load(file, &[]))?;
            }
        }
        writeln!(
            script,
            "export const {SHARED}_load_{part} = wrapAsyncCb({});",
            load(own, before)
        )?;
    }
    Ok(script)
}

/// The parts of the page whose files lie in `folder`: none if it was not cut.
pub fn parts(folder: &Path) -> Result<Parts> {
    match fs::read(folder.join(PARTS)) {
        Ok(text) => Ok(serde_json::from_slice(&text)?),
        Err(_) => Ok(Parts::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(all: &[(&str, &[&str])]) -> Parts {
        let owned = |files: &[&str]| files.iter().map(|file| (*file).to_owned()).collect();
        all.iter()
            .map(|(part, files)| ((*part).to_owned(), owned(files)))
            .collect()
    }

    #[test]
    fn what_a_first_view_shares_is_of_the_core() {
        let all = parts(&[
            ("gate", &["chunk_1", "chunk_2", "split_gate"]),
            ("talk", &["chunk_2", "chunk_3", "split_talk"]),
            ("wallet", &["split_wallet"]),
        ]);
        assert_eq!(
            of_the_core(&all),
            BTreeSet::from(["chunk_1".to_owned(), "chunk_2".to_owned()])
        );
    }

    #[test]
    fn each_part_loads_what_it_needs_before_itself() {
        let theirs = "function makeLoad() {}\n/* gate, talk */\nconst __chunk_1 = 1;\nexport const __wasm_split_load_gate = 2;\n";
        let script = loaders(
            theirs,
            &parts(&[
                ("tips", &["chunk_3", "split_tips"]),
                ("talk", &["chunk_3", "split_talk"]),
            ]),
        )
        .unwrap();
        assert!(
            script.starts_with("function makeLoad() {}\nconst chunk_3 = makeLoad("),
            "{script}"
        );
        assert_eq!(script.matches("const chunk_3 = ").count(), 1);
        assert_eq!(script.matches("}, [chunk_3]));").count(), 2);
        assert!(!script.contains("__chunk_1"));
        assert!(loaders("something else", &Parts::new()).is_err());
    }
}
