//! npm packages, from the committed lock file. Nothing of them ships, and none of their install scripts runs.

use crate::{
    exec,
    place::{self, Places},
    say,
};
use anyhow::{Context as _, Result, bail};
use nix::fcntl::{Flock, FlockArg};
use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

/// The oldest Node that the tools run on.
const NODE: u32 = 20;

/// How to come by one. Distributions keep the Node of their day: what the package is called does not say how old it is.
fn advice() -> String {
    format!(
        "Node {NODE} or newer with npm is needed to build the style sheet and to test in a browser. Debian 13 has it (`apt-get install nodejs \
         npm`); Debian 12 and Ubuntu 24.04 have an older one: there, unpack the Node project's own archive (nodejs.org, \"Prebuilt binaries\"), \
         put its `bin` folder into PATH and run this again"
    )
}

/// Finds Node and npm.
pub fn node() -> Result<PathBuf> {
    let advice = advice();
    let (Some(node), Some(_)) = (exec::which("node"), exec::which("npm")) else {
        bail!("{advice}")
    };
    let version = exec::output(Command::new(&node).arg("--version"))?;
    let major = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse().ok());
    if major < Some(NODE) {
        bail!("{advice} (found {})", version.trim());
    }
    Ok(node)
}

/// Installs the packages when the lock file is not the one that was installed.
pub fn ensure(places: &Places) -> Result<()> {
    let source = places.root.join("xtask/tools");
    let lock = fs::read(source.join("package-lock.json")).context("xtask/tools/package-lock.json is missing")?;
    let want = format!("{} {} {}\n", place::hash(&lock), os(), arch());
    let stamp = places.tools.join("stamp");
    let fresh = || fs::read_to_string(&stamp).is_ok_and(|have| have == want);
    if fresh() {
        return Ok(());
    }
    fs::create_dir_all(&places.tools)?;
    let guard = File::create(places.tools.join("lock"))?;
    let _guard = Flock::lock(guard, FlockArg::LockExclusive).map_err(|(_, error)| error)?;
    if fresh() {
        return Ok(());
    }
    say::step(
        "Installing npm packages (Tailwind, wasm-opt, esbuild, anvil, forge, solc, Postgres, Playwright; some 350 MB)",
        || {
            for file in ["package.json", "package-lock.json"] {
                fs::copy(source.join(file), places.tools.join(file))?;
            }
            // Not `npm ci`: it refuses a lock file that lacks packages for other systems, and not every registry has them all. `npm install`
            // takes the versions and hashes of the lock file all the same.
            exec::run(
                Command::new("npm")
                    .args([
                        "install",
                        "--ignore-scripts",
                        "--no-audit",
                        "--no-fund",
                        "--loglevel",
                        "error",
                    ])
                    .current_dir(&places.tools),
            )
            .context("npm could not install the tools: is its registry reachable? Try `npm ping`")?;
            Ok(fs::write(&stamp, &want)?)
        },
    )
}

/// A binary of Foundry itself: the wrapper in Node would cost half a second and a process.
pub fn foundry(modules: &Path, name: &str) -> Result<PathBuf> {
    let arch = if arch() == "x64" { "amd64" } else { arch() };
    let packaged = modules.join(format!("@foundry-rs/{name}-{}-{arch}/bin/{name}", os()));
    [Some(packaged), exec::which(name)]
        .into_iter()
        .flatten()
        .find(|file| file.is_file())
        .with_context(|| {
            format!(
                "npm has no {name} for {}-{arch}: install Foundry (`foundryup`) so that `{name}` is in PATH",
                os()
            )
        })
}

/// npm's name of this system.
pub fn os() -> &'static str {
    if env::consts::OS == "macos" {
        "darwin"
    } else {
        env::consts::OS
    }
}

/// npm's name of this processor.
pub fn arch() -> &'static str {
    match env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_the_version_that_is_asked_for() {
        let wanted = format!("Node {NODE} or newer with npm");
        assert!(advice().starts_with(&wanted), "{}", advice());
        let readme = include_str!("../../../README.md");
        assert!(readme.contains(&wanted), "README.md does not say: {wanted}");
    }
}
