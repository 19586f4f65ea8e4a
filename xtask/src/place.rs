//! Where things are.

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};
use std::{
    env, fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

/// The folders everything else is found from.
#[derive(Clone, Debug)]
pub struct Places {
    /// The repository.
    pub root: PathBuf,
    /// Cargo's target folder of the product (`CARGO_TARGET_DIR`, else `target`).
    pub target: PathBuf,
    /// Where npm packages are installed (`JACKDAW_TOOLS`, else `.tools`).
    pub tools: PathBuf,
}

impl Places {
    /// Finds them from where this crate lies.
    pub fn find() -> Result<Self> {
        let manifest = env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
        let root = Path::new(&manifest)
            .join("..")
            .canonicalize()
            .with_context(|| format!("{manifest} is gone: run `cargo xtask` inside the repository"))?;
        let from = |name: &str, default: &str| {
            env::var_os(name).map_or_else(|| root.join(default), |given| root.join(PathBuf::from(given)))
        };
        Ok(Self {
            target: from("CARGO_TARGET_DIR", "target"),
            tools: from("JACKDAW_TOOLS", ".tools"),
            root,
        })
    }

    /// The folder the server serves files from.
    pub fn site(&self, release: bool) -> PathBuf {
        self.target.join(if release { "site-release" } else { "site" })
    }

    /// The server's binary.
    pub fn server(&self, release: bool) -> PathBuf {
        self.target
            .join(if release { "release" } else { "debug" })
            .join("jackdaw")
    }

    /// npm packages.
    pub fn node_modules(&self) -> PathBuf {
        self.tools.join("node_modules")
    }

    /// What a development run keeps: `JACKDAW_DATA`, else `data`. Postgres refuses to run as root, so for root it must be a place that
    /// other accounts can reach, which a clone in root's home is not.
    pub fn data(&self) -> PathBuf {
        if let Some(given) = env::var_os("JACKDAW_DATA") {
            return self.root.join(PathBuf::from(given));
        }
        if is_root() && !reachable_by_everybody(&self.root) {
            return PathBuf::from("/var/lib/jackdaw").join(format!("dev-{}", self.short_name()));
        }
        self.root.join("data")
    }

    /// A short name for this clone.
    pub fn short_name(&self) -> String {
        hash(self.root.as_os_str().as_encoded_bytes())[..8].to_owned()
    }
}

/// Are we root?
pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// May every account walk down to this folder?
pub fn reachable_by_everybody(path: &Path) -> bool {
    path.ancestors()
        .all(|folder| fs::metadata(folder).is_ok_and(|known| known.permissions().mode() & 0o001 != 0))
}

/// Hex of the SHA-256, cut to 16 digits: enough to tell versions of a file apart.
pub fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Writes a file whole or not at all, and leaves an equal one alone (its time says when it changed).
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let folder = path.parent().context("a file has a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let beside = path.with_extension(format!("new{}", std::process::id()));
    fs::write(&beside, bytes)
        .and_then(|()| fs::rename(&beside, path))
        .with_context(|| format!("cannot write {}", path.display()))
}
