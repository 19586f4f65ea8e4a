//! The two wasm modules: the page (`frontend`) and the engine in its worker (`engine`).

use super::{Profile, cargo};
use crate::{
    exec,
    place::{Places, hash},
    say,
    tools::Tools,
};
use anyhow::{Context as _, Result, anyhow};
use std::{
    fs,
    path::{Path, PathBuf},
};
use wasm_bindgen_cli_support::Bindgen;

/// What Chromium, Firefox and Safari all take. `--all-features` would use compact imports, which Chromium refuses.
const WASM_OPT: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// One wasm module.
pub struct Half {
    /// The name of its files.
    pub name: &'static str,
    crate_name: &'static str,
    title: &'static str,
    /// How hard wasm-opt tries.
    level: &'static str,
}

/// What the page loads.
pub const PAGE: Half = Half {
    name: "page",
    crate_name: "frontend",
    title: "the page",
    // Fewer bytes before compression are more bytes after it: what `-Oz` folds together looked alike before. 9 KB of brotli.
    level: "-O1",
};
/// What the worker loads.
pub const WORKER: Half = Half {
    name: "worker",
    crate_name: "engine",
    title: "the engine (the page's worker)",
    level: "-Oz",
};

impl Half {
    /// Where glue and wasm of this half are left: `NAME.js` and `NAME_bg.wasm`.
    pub fn folder(&self, places: &Places, profile: Profile) -> PathBuf {
        places
            .target
            .join("halves")
            .join(if profile.is_release() { "release" } else { "dev" })
            .join(self.name)
    }

    /// Compiles it, makes its glue, and for a release makes it small.
    pub fn compile(&self, places: &Places, tools: &Tools, profile: Profile) -> Result<()> {
        let wasm = say::step(&format!("Compiling {}", self.title), || {
            cargo_wasm(places, self.crate_name, profile, &[])
                .with_context(|| format!("{} does not compile", self.title))
        })?;
        let folder = self.folder(places, profile);
        unless_same(&wasm, &folder, || {
            say::step(&format!("Binding {} to JavaScript", self.title), || {
                bind(&wasm, &folder, self.name, profile, true)
            })?;
            if profile.is_release() {
                say::step(&format!("Making {} small", self.title), || {
                    optimise(tools, &folder, self)
                })?;
            }
            Ok(())
        })
    }
}

/// The engine with its conformance suite, as `engine.js` and `engine_bg.wasm` beside each other: `init()` alone finds the wasm. Gives the
/// folder.
pub fn vault_test(places: &Places) -> Result<PathBuf> {
    let folder = places.target.join("vault-test");
    let wasm = say::step("Compiling the engine with its vault tests", || {
        cargo_wasm(
            places,
            WORKER.crate_name,
            Profile::Development,
            &["--features", "testing"],
        )
    })?;
    unless_same(&wasm, &folder, || {
        say::step("Binding the vault tests to JavaScript", || {
            bind(&wasm, &folder, "engine", Profile::Development, false)
        })
    })?;
    Ok(folder)
}

fn cargo_wasm(places: &Places, crate_name: &str, profile: Profile, more: &[&str]) -> Result<PathBuf> {
    let mut command = cargo(places);
    command
        .args(["build", "-p", crate_name, "--lib", "--target", "wasm32-unknown-unknown"])
        .args(more);
    let folder = if profile.is_release() {
        command.args(["--profile", "wasm", "--config", &short_paths(places)?]);
        "wasm"
    } else {
        "debug"
    };
    exec::run(&mut command)?;
    Ok(places
        .target
        .join("wasm32-unknown-unknown")
        .join(folder)
        .join(format!("{crate_name}.wasm")))
}

/// Panics name source files: without this their paths on the building machine would be shipped, and no two machines would build
/// the same bytes.
fn short_paths(places: &Places) -> Result<String> {
    let home = std::env::var_os("CARGO_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cargo"),
        PathBuf::from,
    );
    let mut prefixes = vec![format!("{}/", places.root.display())];
    let sources = home.join("registry/src");
    for entry in fs::read_dir(&sources).with_context(|| format!("{} cannot be read", sources.display()))? {
        prefixes.push(format!("{}/", entry?.path().display()));
    }
    let flags: Vec<String> = prefixes
        .iter()
        .map(|prefix| format!("\"--remap-path-prefix={prefix}=\""))
        .collect();
    Ok(format!("target.wasm32-unknown-unknown.rustflags=[{}]", flags.join(",")))
}

/// Skips the work when the same wasm went through it the last time.
fn unless_same(wasm: &Path, folder: &Path, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let bytes = fs::read(wasm).with_context(|| format!("{} is missing", wasm.display()))?;
    let stamp = folder.join("source");
    let want = hash(&bytes);
    if fs::read_to_string(&stamp).is_ok_and(|have| have == want) {
        return Ok(());
    }
    if folder.is_dir() {
        fs::remove_dir_all(folder)?;
    }
    work()?;
    Ok(fs::write(stamp, want)?)
}

fn bind(wasm: &Path, folder: &Path, name: &str, profile: Profile, omit_path: bool) -> Result<()> {
    fs::create_dir_all(folder)?;
    let generate = || {
        Bindgen::new()
            .input_path(wasm)
            .out_name(name)
            .web(true)?
            .typescript(false)
            .omit_default_module_path(omit_path)
            .split_linked_modules(true)
            .remove_name_section(profile.is_release())
            .remove_producers_section(profile.is_release())
            .generate(folder)
    };
    generate().map_err(|error| anyhow!("{error:#}")).with_context(|| {
        format!("the glue of {name} cannot be made (the wasm-bindgen versions in Cargo.toml and xtask/Cargo.toml must be equal)")
    })
}

fn optimise(tools: &Tools, folder: &Path, half: &Half) -> Result<()> {
    let wasm = folder.join(format!("{}_bg.wasm", half.name));
    let before = fs::metadata(&wasm)?.len();
    let mut command = tools.script("binaryen/bin/wasm-opt");
    command.arg(half.level).args(WASM_OPT).arg(&wasm).arg("-o").arg(&wasm);
    exec::run(&mut command)?;
    say::note(&format!(
        "{} KB → {} KB",
        before / 1000,
        fs::metadata(&wasm)?.len() / 1000
    ));
    Ok(())
}
