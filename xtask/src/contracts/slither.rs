//! Slither over what ships.

use super::forge::Forge;
use crate::{exec, place::Places, say, tools};
use anyhow::{Context as _, Result};
use std::fs;

/// Fails on anything above the lowest level (remarks about style and about assembly being assembly).
pub fn check(places: &Places, forge: &Forge) -> Result<()> {
    let slither = tools::slither(places)?;
    say::step("Slither", || {
        // It reads every compilation it finds, the old ones too.
        let _ = fs::remove_dir_all(forge.target.join("slither"));
        exec::run(forge.apart("build", "slither").args(["--build-info", "--quiet", "src"]))?;
        let mut command = forge.among(&slither, "slither");
        command
            .args([
                ".",
                "--ignore-compile",
                "--exclude-informational",
                "--fail-low",
                "--disable-color",
            ])
            .arg("--foundry-out-directory")
            .arg(forge.out("slither"));
        exec::run(&mut command).context("Slither has found something: it stands above")
    })
}
