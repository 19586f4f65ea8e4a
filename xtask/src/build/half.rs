//! The two wasm modules: the page (`frontend`) and the engine in its worker (`engine`).

use super::{Profile, binaryen, cargo, split};
use crate::{
    exec,
    place::{Places, hash},
    say,
    tools::Tools,
};
use anyhow::{Context as _, Result, anyhow};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};
use wasm_bindgen_cli_support::Bindgen;

/// One wasm module.
pub struct Half {
    /// The name of its files.
    pub name: &'static str,
    crate_name: &'static str,
    title: &'static str,
    /// Whether a release of it is cut into a core and parts.
    cut: bool,
}

/// What the page loads.
pub const PAGE: Half = Half {
    name: "page",
    crate_name: "frontend",
    title: "the page",
    cut: true,
};
/// What the worker loads.
pub const WORKER: Half = Half {
    name: "worker",
    crate_name: "engine",
    title: "the engine (the page's worker)",
    cut: false,
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
        let cut = self.cut && profile.is_release();
        let features: &[&str] = if cut { &["--features", "split"] } else { &[] };
        let wasm = say::step(&format!("Compiling {}", self.title), || {
            cargo_wasm(places, self.crate_name, profile, features)
                .with_context(|| format!("{} does not compile", self.title))
        })?;
        let folder = self.folder(places, profile);
        unless_same(&wasm, &folder, || {
            let mut core = wasm.clone();
            let mut merged = BTreeSet::new();
            if cut {
                merged = say::step(&format!("Cutting {}", self.title), || {
                    split::cut(&wasm, &folder, self.name)
                })?;
                core = folder.join(split::CORE);
            }
            say::step(&format!("Binding {} to JavaScript", self.title), || {
                bind(&core, &folder, self.name, true, cut)
            })?;
            if !profile.is_release() {
                return Ok(());
            }
            say::step(&format!("Making {} small", self.title), || {
                let core = folder.join(format!("{}_bg.wasm", self.name));
                binaryen::merge(tools, &core, split::SHARED, &folder, &merged)?;
                binaryen::optimise(tools, &core)?;
                let parts = split::parts(&folder)?;
                let files: BTreeSet<&String> = parts.values().flatten().collect();
                files
                    .into_iter()
                    .try_for_each(|file| binaryen::optimise(tools, &folder.join(format!("{file}.wasm"))))
            })
        })
    }
}

/// The engine with its conformance suite, as `engine.js` and `engine_bg.wasm` beside each other: `init()` alone finds the wasm. Gives the
/// folder.
pub fn vault_test(places: &Places) -> Result<PathBuf> {
    let folder = places.target.join("vault-test");
    let wasm = say::step("Compiling the engine with its vault tests", || {
        cargo_wasm(places, WORKER.crate_name, Profile::Release, &["--features", "testing"])
    })?;
    unless_same(&wasm, &folder, || {
        say::step("Binding the vault tests to JavaScript", || {
            bind(&wasm, &folder, "engine", false, false)
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

fn bind(wasm: &Path, folder: &Path, name: &str, omit_path: bool, cut: bool) -> Result<()> {
    fs::create_dir_all(folder)?;
    let generate = || {
        Bindgen::new()
            .input_path(wasm)
            .out_name(name)
            .web(true)?
            .typescript(false)
            .omit_default_module_path(omit_path)
            .split_linked_modules(true)
            // Where core and parts meet is the table of functions.
            .keep_lld_exports(cut)
            // Functions' names are dropped by wasm-opt.
            .remove_producers_section(true)
            .generate(folder)
    };
    generate().map_err(|error| anyhow!("{error:#}")).with_context(|| {
        format!("the glue of {name} cannot be made (the wasm-bindgen versions in Cargo.toml and xtask/Cargo.toml must be equal)")
    })
}
