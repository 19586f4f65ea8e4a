//! `contracts/abi`: what Rust and the browser's tests read instead of compiling Solidity.

use super::forge::Forge;
use crate::{exec, place, place::Places};
use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs};

/// The contracts that others need, production first.
const NAMES: [&str; 5] = [
    "Tips",
    "SignatureValidator",
    "TestWallet",
    "TestWalletFactory",
    "Refusing",
];

/// Compiles; answers with each file's text.
pub fn compile(forge: &Forge) -> Result<BTreeMap<&'static str, String>> {
    exec::run(forge.command("build").arg("--quiet")).context("the contracts do not compile")?;
    let read = |name: &'static str| -> Result<(&'static str, String)> {
        let path = forge.out("main").join(format!("{name}.sol/{name}.json"));
        let artifact: Value =
            serde_json::from_slice(&fs::read(&path).with_context(|| format!("there is no {}", path.display()))?)?;
        Ok((name, text(&artifact).with_context(|| format!("{name} cannot be read"))?))
    };
    NAMES.into_iter().map(read).collect()
}

/// The interface, the creation code, and what compiled it; the same bytes on every machine.
fn text(artifact: &Value) -> Result<String> {
    let code = artifact["bytecode"]["object"]
        .as_str()
        .context("there is no creation code")?;
    if !code.starts_with("0x") || code.len() < 4 || !code[2..].bytes().all(|digit| digit.is_ascii_hexdigit()) {
        bail!("the creation code has holes: it must be complete without libraries");
    }
    let version = artifact["metadata"]["compiler"]["version"]
        .as_str()
        .context("the compiler does not say its version")?;
    let version = version.split('+').next().unwrap_or(version);
    let mut whole = json!({ "abi": artifact["abi"], "bytecode": code, "compiler": format!("solc {version}") });
    // In the order of the alphabet, whatever features serde_json has been given by others.
    whole.sort_all_objects();
    Ok(serde_json::to_string_pretty(&whole)? + "\n")
}

/// Writes them; answers with the names of those that changed.
pub fn write(places: &Places, fresh: &BTreeMap<&'static str, String>) -> Result<Vec<&'static str>> {
    let mut changed = Vec::new();
    for (name, text) in fresh {
        let path = places.root.join(format!("contracts/abi/{name}.json"));
        if fs::read_to_string(&path).ok().as_ref() != Some(text) {
            place::write(&path, text.as_bytes())?;
            changed.push(*name);
        }
    }
    Ok(changed)
}

/// What is committed and is not what the sources say, or belongs to no contract.
pub fn differences(places: &Places, fresh: &BTreeMap<&'static str, String>) -> Result<Vec<String>> {
    let mut found: Vec<String> = Vec::new();
    let folder = places.root.join("contracts/abi");
    for (name, text) in fresh {
        if fs::read_to_string(folder.join(format!("{name}.json"))).ok().as_ref() != Some(text) {
            found.push(format!("{name}.json"));
        }
    }
    for entry in fs::read_dir(&folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.strip_suffix(".json").is_some_and(|name| fresh.contains_key(name)) {
            found.push(format!("{name} is of no contract"));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(code: &str) -> Value {
        json!({ "abi": [{ "type": "receive", "stateMutability": "payable" }], "bytecode": { "object": code }, "other": 1,
            "metadata": { "compiler": { "version": "0.8.37+commit.f401782d" } } })
    }

    #[test]
    fn only_what_others_need_is_kept() {
        let text: Value = serde_json::from_str(&text(&artifact("0x60")).unwrap()).unwrap();
        assert_eq!(text["compiler"], "solc 0.8.37");
        assert_eq!(text.as_object().unwrap().len(), 3);
    }

    #[test]
    fn code_with_holes_for_libraries_is_refused() {
        assert!(text(&artifact("0x6073__$aaaa$__")).is_err());
        assert!(text(&artifact("0x")).is_err());
    }
}
