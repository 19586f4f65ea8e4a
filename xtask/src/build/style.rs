//! The style sheet: Tailwind's own command line reads the Rust sources. Nothing of it ships.

use super::Profile;
use crate::{exec, place::Places, say, tools::Tools};
use anyhow::{Context as _, Result};
use std::{fs, path::PathBuf};

/// Where the finished style sheet lies.
pub fn output(places: &Places, profile: Profile) -> PathBuf {
    places
        .target
        .join("halves")
        .join(if profile.is_release() { "release" } else { "dev" })
        .join("style.css")
}

/// Makes it from `style/main.css`.
pub fn compile(places: &Places, tools: &Tools, profile: Profile) -> Result<()> {
    let source = places.root.join("style/main.css");
    let output = output(places, profile);
    if !source.is_file() {
        fs::create_dir_all(output.parent().context("a file has a folder")?)?;
        return Ok(fs::write(output, "")?);
    }
    say::step("Making the style sheet", || {
        let mut command = tools.script("@tailwindcss/cli/dist/index.mjs");
        command
            .current_dir(&places.root)
            .env("NODE_PATH", &tools.modules)
            .arg("--input")
            .arg(&source)
            .arg("--output")
            .arg(&output);
        if profile.is_release() {
            command.arg("--minify");
        }
        exec::run(&mut command).context("style/main.css cannot be turned into a style sheet")
    })
}
