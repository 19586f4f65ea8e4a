//! Where the programs of Postgres are.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{error::ClusterError, place::Place};

/// Where Debian and its children put them, one folder a version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The folder with `postgres` and `initdb` to use: of the version of the data, if there are data.
pub(crate) fn find(place: &Place) -> Result<PathBuf, ClusterError> {
    let named = std::env::var_os("PG_BIN")
        .filter(|named| !named.is_empty())
        .map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    choose(candidates(named, place.root(), &path), place)
}

fn candidates(named: Option<PathBuf>, data: &Path, path: &OsStr) -> Vec<PathBuf> {
    // A folder that was named is meant: nothing else is tried.
    if let Some(named) = named {
        return vec![named];
    }
    let mut all = vec![data.join("pgbin/bin")];
    all.extend(std::env::split_paths(path));
    let versions = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    all.extend(versions.into_iter().map(|(_, folder)| folder));
    all
}

fn choose(candidates: Vec<PathBuf>, place: &Place) -> Result<PathBuf, ClusterError> {
    let wanted = place.version()?;
    let mut found = Vec::new();
    let mut unreachable = None;
    for folder in candidates {
        // A link in PATH leads to the folder where the rest is.
        let Ok(postgres) = folder.join("postgres").canonicalize() else {
            continue;
        };
        let Some(folder) = postgres.parent().map(Path::to_owned) else {
            continue;
        };
        if !folder.join("initdb").exists() {
            continue;
        }
        match version(&postgres, place) {
            Ok(Some(version)) if wanted.as_ref().is_none_or(|wanted| *wanted == version) => return Ok(folder),
            Ok(Some(version)) => found.push(version),
            Ok(None) => {}
            Err(error) => unreachable = unreachable.or(Some(error)),
        }
    }
    match (unreachable, wanted) {
        (Some(error), _) => Err(error),
        (None, Some(wanted)) if !found.is_empty() => Err(ClusterError::WrongVersion {
            data: place.cluster(),
            wanted,
            found: found.join(", "),
        }),
        _ => Err(ClusterError::NoBinaries),
    }
}

/// The major version a program says it has, asked as the user it will run as.
fn version(postgres: &Path, place: &Place) -> Result<Option<String>, ClusterError> {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(postgres);
    command
        .arg("--version")
        .current_dir("/")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    if let Some(user) = place.user() {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    match (command.output(), place.user()) {
        // "postgres (PostgreSQL) 15.18 (Debian …)"
        (Ok(output), _) => {
            let text = String::from_utf8_lossy(&output.stdout);
            let number = text
                .split_whitespace()
                .find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
            let major = number.and_then(|number| number.split(|c: char| !c.is_ascii_digit()).next());
            Ok(major.map(str::to_owned))
        }
        (Err(error), Some(user)) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            // Either it cannot be reached, or the user cannot be had.
            let mut probe = Command::new("/bin/sh");
            probe
                .args(["-c", ":"])
                .current_dir("/")
                .uid(user.uid.as_raw())
                .gid(user.gid.as_raw());
            Err(match probe.status() {
                Ok(_) => ClusterError::Unreachable {
                    path: postgres.to_owned(),
                    user: user.name.clone(),
                },
                Err(source) => ClusterError::CannotBecome {
                    user: user.name.clone(),
                    source,
                },
            })
        }
        (Err(source), Some(user)) if source.kind() == std::io::ErrorKind::InvalidInput => {
            Err(ClusterError::CannotBecome {
                user: user.name.clone(),
                source,
            })
        }
        (Err(_), _) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_folder_is_the_only_one_tried() {
        let named = Some(PathBuf::from("/opt/pg"));
        assert_eq!(
            candidates(named, Path::new("/data"), OsStr::new("/bin")),
            [PathBuf::from("/opt/pg")]
        );
    }

    #[test]
    fn the_data_directory_comes_before_the_path() {
        let all = candidates(None, Path::new("/data"), OsStr::new("/a:/b"));
        assert_eq!(all[..3], ["/data/pgbin/bin", "/a", "/b"].map(PathBuf::from));
    }
}
