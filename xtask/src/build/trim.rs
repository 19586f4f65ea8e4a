//! What is left out of a release because nobody reads it.

use super::{unused, wasm::Module};
use anyhow::Result;
use std::{collections::BTreeSet, fs, path::Path};

/// No locals; answers 0, which is `Ok`.
const OK: &[u8] = &[0, 0x41, 0, 0x0b];
/// No locals; a trap.
const NEVER: &[u8] = &[0, 0, 0x0b];

/// What stands in for a function.
///
/// - Words for developers: `Debug`, which people never see; what serde's errors say a value was instead of what was expected. What the
///   console hears of a panic is where it was and its own words.
/// - Floats: they may be among those words, and nothing else here ever prints one (money is integers). Whoever comes to need it is stopped
///   at once, as is who cuts a text within a letter: both are defects.
/// - Tasks that suspend the wasm: there are none here.
fn instead(name: &str) -> Option<&'static [u8]> {
    let name = plain(name);
    if name.contains(" as core::fmt::Debug>::fmt")
        || name.starts_with("<serde_core::de::Unexpected as core::fmt::Display>::fmt")
    {
        return Some(OK);
    }
    let float = (name.starts_with("<f64 as core") || name.starts_with("<f32 as core")) && name.contains("::fmt::");
    let defect = name.starts_with("core::str::slice_error_fail");
    let suspending = name.starts_with("js_sys::futures::jspi::spawn_promising");
    (float || defect || suspending).then_some(NEVER)
}

/// Some tools write `core[0123456789abcdef]` for `core`.
fn plain(name: &str) -> String {
    let mut pieces = name.split('[');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |plain, piece| match piece.split_once(']') {
        Some((hash, rest)) if hash.len() == 16 => plain + rest,
        _ => plain + "[" + piece,
    })
}

/// Clears the constants that only such functions use, out of what the linker has made. What the linker says of the module stays only if
/// it is to be `cut`.
pub fn constants(wasm: &Path, to: &Path, cut: bool) -> Result<()> {
    let mut module = Module::read(&fs::read(wasm)?)?;
    unused::clear(&mut module, |name| {
        instead(&format!("{:#}", rustc_demangle::demangle(name))).is_some()
    })?;
    if !cut {
        module.forget(|name| name == "linking" || name.starts_with("reloc."));
    }
    Ok(fs::write(to, module.bytes())?)
}

/// Puts something in for those functions, and short names for those between wasm and glue, which end in hashes.
pub fn functions(folder: &Path, name: &str) -> Result<()> {
    let (wasm, glue) = (
        folder.join(format!("{name}_bg.wasm")),
        folder.join(format!("{name}.js")),
    );
    let mut module = Module::read(&fs::read(&wasm)?)?;
    module.replace(instead)?;
    // Streams of server functions; here they travel in one piece (`app/src/server_fns/wire.rs`).
    module.hide(|name| name.contains("intounderlying") || matches!(name, "__heap_base" | "__data_end"))?;
    let names = module.shorten()?;
    // What nobody calls is dropped by the bundler, if these do not stand in its way.
    let text = fs::read_to_string(&glue)?;
    let lines = text.lines().filter(|line| !line.starts_with("if (Symbol.dispose) "));
    let text: String = lines.map(|line| line.to_owned() + "\n").collect();
    let text = text.replace("new FinalizationRegistry(", "/* @__PURE__ */ new FinalizationRegistry(");
    // Words and what is between them.
    let words = text.split_inclusive(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'));
    let text: String = words
        .map(|word| {
            let name = word.trim_end_matches(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'));
            match names.get(name) {
                Some(short) => format!("{short}{}", &word[name.len()..]),
                None => word.to_owned(),
            }
        })
        .collect();
    fs::write(wasm, module.bytes())?;
    Ok(fs::write(glue, text)?)
}

/// Leaves out of the glue what the wasm, made small, imports no more.
pub fn imports(folder: &Path, name: &str) -> Result<()> {
    let (wasm, glue) = (
        folder.join(format!("{name}_bg.wasm")),
        folder.join(format!("{name}.js")),
    );
    let mut used = BTreeSet::new();
    Module::read(&fs::read(wasm)?)?.imports(|name, _| {
        used.insert(name.clone());
    })?;
    Ok(fs::write(&glue, without(&fs::read_to_string(&glue)?, &used))?)
}

/// The glue has a function for each import, four steps in.
fn without(glue: &str, used: &BTreeSet<String>) -> String {
    let mut left_out = false;
    let kept = glue.lines().filter(|line| {
        if let Some((name, _)) = line.split_once(": function(")
            && let Some(name) = name.strip_prefix("        ")
            && !name.starts_with(' ')
        {
            left_out = !used.contains(name);
        }
        let left_out_too = left_out;
        left_out &= *line != "        },";
        !left_out_too
    });
    kept.map(|line| line.to_owned() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_that_is_none_any_more_leaves_the_glue() {
        let function = |name: &str| format!("        {name}: function(a) {{\n            return a;\n        }},\n");
        let glue = |names: &[&str]| {
            format!(
                "start\n{}end\n",
                names.iter().copied().map(function).collect::<String>()
            )
        };
        let used = BTreeSet::from(["_1".to_owned(), "_3".to_owned()]);
        assert_eq!(without(&glue(&["_1", "_2", "_3", "_4"]), &used), glue(&["_1", "_3"]));
    }

    #[test]
    fn only_what_nobody_reads_is_left_out() {
        assert_eq!(instead("<str as core::fmt::Debug>::fmt"), Some(OK));
        assert_eq!(instead("<str as core::fmt::Display>::fmt"), None);
        assert_eq!(instead("<f64 as core::fmt::Display>::fmt"), Some(NEVER));
        assert_eq!(instead("<u64 as core::fmt::Display>::fmt"), None);
        assert_eq!(instead("<[u8; 32] as core::fmt::Debug>::fmt"), Some(OK));
        assert_eq!(
            plain("<[T; N] as core[c5930c85a12de822]::a>::b"),
            "<[T; N] as core::a>::b"
        );
        assert_eq!(instead("core[c5930c85a12de822]::str::slice_error_fail_rt"), Some(NEVER));
        assert_eq!(instead("<str as core[c5930c85a12de822]::fmt::Debug>::fmt"), Some(OK));
    }
}
