//! Slither, which reads contracts for known mistakes, in a Python environment of its own.

use crate::{
    exec,
    place::{self, Places},
    say,
};
use anyhow::{Context as _, Result};
use nix::fcntl::{Flock, FlockArg};
use std::{
    fs::{self, File},
    path::PathBuf,
    process::Command,
};

const ADVICE: &str = "Slither reads the contracts and needs Python 3.10 or newer with `venv` (Debian and Ubuntu: `apt-get install python3-venv`)";

/// Installs Slither when the list of its packages is not the one that was installed; answers with its binary.
pub fn slither(places: &Places) -> Result<PathBuf> {
    let list = places.root.join("xtask/tools/slither.txt");
    let want = place::hash(&fs::read(&list).context("xtask/tools/slither.txt is missing")?);
    let folder = places.tools.join("slither");
    let (binary, stamp) = (folder.join("bin/slither"), folder.join("stamp"));
    let fresh = || fs::read_to_string(&stamp).is_ok_and(|have| have == want) && binary.is_file();
    if fresh() {
        return Ok(binary);
    }
    fs::create_dir_all(&places.tools)?;
    let guard = File::create(places.tools.join("lock"))?;
    let _guard = Flock::lock(guard, FlockArg::LockExclusive).map_err(|(_, error)| error)?;
    if fresh() {
        return Ok(binary);
    }
    say::step("Installing Slither (Python; some 120 MB)", || {
        let python = exec::which("python3").context(ADVICE)?;
        exec::run(
            Command::new(python)
                .args(["-m", "venv", "--clear", "--symlinks"])
                .arg(&folder),
        )
        .context(ADVICE)?;
        exec::run(
            Command::new(folder.join("bin/python"))
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--only-binary",
                    ":all:",
                    "-r",
                ])
                .arg(&list),
        )
        .context("pip could not install Slither: is PyPI reachable?")?;
        Ok(fs::write(&stamp, &want)?)
    })?;
    Ok(binary)
}
