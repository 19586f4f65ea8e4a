//! What tidy looks at: the text of every file that is or could be committed, and a few answers of cargo as if they were files.

use crate::{build, exec, place::Places};
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    process::Command,
};

/// `cargo tree -p server -e normal`, one package a line.
pub const SERVER_TREE: &str = "cargo:server";
/// The same of the page.
pub const PAGE_TREE: &str = "cargo:frontend";
/// Every package that is built, on a system we support and with any features, as `name version licence`.
pub const LICENCES: &str = "cargo:licences";

/// Paths and texts.
pub struct Tree(BTreeMap<String, String>);

impl Tree {
    /// Reads the repository.
    pub fn read(places: &Places) -> Result<Self> {
        let listed = exec::output(Command::new("git").current_dir(&places.root).args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]))
        .context("tidy reads what git knows: run it in a clone")?;
        let mut files = BTreeMap::new();
        for path in listed.split('\0').filter(|path| !path.is_empty()) {
            // What is deleted but not committed is of no interest; of pictures only that they are there.
            if let Ok(bytes) = fs::read(places.root.join(path)) {
                files.insert(path.to_owned(), String::from_utf8(bytes).unwrap_or_default());
            }
        }
        let tree = |package: &str, more: &[&str]| {
            let mut command = build::cargo(places);
            command
                .args(["tree", "--locked", "-p", package, "-e", "normal", "--prefix", "none"])
                .args(more);
            exec::output(&mut command)
        };
        files.insert(SERVER_TREE.to_owned(), tree("server", &[])?);
        files.insert(
            PAGE_TREE.to_owned(),
            tree("frontend", &["--target", "wasm32-unknown-unknown"])?,
        );
        files.insert(
            LICENCES.to_owned(),
            licences(places, "Cargo.toml")? + &licences(places, "xtask/Cargo.toml")?,
        );
        Ok(Self(files))
    }

    /// A made-up one.
    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        Self(
            files
                .iter()
                .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
                .collect(),
        )
    }

    /// The text of one file.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// Every real file.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()))
            .filter(|(path, _)| !path.starts_with("cargo:"))
    }

    /// Files with this ending.
    pub fn ending(&self, ending: &'static str) -> impl Iterator<Item = (&str, &str)> {
        self.files().filter(move |(path, _)| path.ends_with(ending))
    }

    /// Is there such a file or folder?
    pub fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        self.0.contains_key(path)
            || self
                .0
                .keys()
                .any(|file| file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')))
    }
}

fn licences(places: &Places, manifest: &str) -> Result<String> {
    let mut command = build::cargo(places);
    command.args([
        "metadata",
        "--locked",
        "--format-version",
        "1",
        "--manifest-path",
        manifest,
    ]);
    // Only what is built somewhere we support; packages for other systems need not be downloaded.
    command.args([
        "--filter-platform",
        "x86_64-unknown-linux-gnu",
        "--filter-platform",
        "wasm32-unknown-unknown",
    ]);
    let metadata: Value = serde_json::from_str(&exec::output(&mut command)?)?;
    // The lock files also name packages of features that nobody turns on.
    let built = built(places, manifest)?;
    let mut lines = String::new();
    for package in metadata["packages"]
        .as_array()
        .context("cargo metadata names no packages")?
    {
        let word = |name: &str| package[name].as_str().unwrap_or("none");
        let licence = if package["license"].is_null() && !package["license_file"].is_null() {
            "file"
        } else {
            word("license")
        };
        let (name, version) = (word("name"), word("version"));
        if built.contains(&format!("{name} v{version}")) {
            writeln!(lines, "{name} {version} {licence}")?;
        }
    }
    ensure!(
        lines.lines().count() > 10,
        "cargo tree and cargo metadata speak of different packages"
    );
    Ok(lines)
}

/// `name vVERSION` of every package that some build of ours compiles.
fn built(places: &Places, manifest: &str) -> Result<BTreeSet<String>> {
    let mut built = BTreeSet::new();
    for target in ["x86_64-unknown-linux-gnu", "wasm32-unknown-unknown"] {
        let mut command = build::cargo(places);
        command.args(["tree", "--locked", "--workspace", "--all-features", "-e", "all"]);
        command.args(["--prefix", "none", "--format", "{p}", "--manifest-path", manifest]);
        let listed = exec::output(command.args(["--target", target]))?;
        let packages = listed
            .lines()
            .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "));
        built.extend(packages);
    }
    Ok(built)
}
