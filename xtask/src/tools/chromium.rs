//! The browser of the tests.

use crate::{exec, place::is_root, say};
use anyhow::{Context as _, Result, bail};
use std::{env, path::PathBuf, process::Command};

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Finds Chromium: `CHROMIUM`, `PATH`, else installs it where we may.
pub fn chromium() -> Result<PathBuf> {
    if let Some(given) = env::var_os("CHROMIUM").map(PathBuf::from) {
        if given.is_file() {
            return Ok(given);
        }
        bail!("CHROMIUM is {}, but there is no such file", given.display());
    }
    if let Some(found) = find() {
        return Ok(found);
    }
    let advice = "the browser tests need Chromium: `sudo apt-get install chromium` (Debian), or install Chrome, or set CHROMIUM to a binary";
    let Some(prefix) = prefix() else { bail!("{advice}") };
    say::step("Installing Chromium with apt-get", || {
        let apt = |arguments: &[&str]| {
            let mut words = prefix.clone();
            words.push("apt-get".to_owned());
            words.extend(arguments.iter().map(|word| (*word).to_owned()));
            exec::run(
                Command::new(&words[0])
                    .args(&words[1..])
                    .env("DEBIAN_FRONTEND", "noninteractive"),
            )
        };
        apt(&["update", "-q"])?;
        apt(&[
            "install",
            "-y",
            "-q",
            "--no-install-recommends",
            "chromium",
            "fonts-liberation",
        ])
    })
    .context(advice)?;
    find().context(advice)
}

fn find() -> Option<PathBuf> {
    NAMES.iter().find_map(|name| exec::which(name))
}

/// What to put before apt-get, if we may use it at all.
fn prefix() -> Option<Vec<String>> {
    exec::which("apt-get")?;
    if is_root() {
        return Some(Vec::new());
    }
    exec::which("sudo")?;
    let asked = Command::new("sudo").args(["-n", "true"]).output().ok()?;
    asked.status.success().then(|| vec!["sudo".to_owned(), "-n".to_owned()])
}
