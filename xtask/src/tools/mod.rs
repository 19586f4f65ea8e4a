//! What building and testing needs beside Rust, pinned, installed when it is missing. A second run only looks at stamps.

mod chromium;
mod npm;
mod postgres;
mod python;
mod rust;

pub use chromium::chromium;
pub use python::slither;

use crate::{place::Places, say};
use anyhow::Result;
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The tools, found.
#[derive(Clone, Debug)]
pub struct Tools {
    /// Node itself.
    pub node: PathBuf,
    /// The folder with the npm packages.
    pub modules: PathBuf,
    /// The development chain.
    pub anvil: PathBuf,
    /// The folder with `initdb` and `postgres`.
    pub pg_bin: PathBuf,
}

/// Installs what is missing and finds the rest.
pub fn ensure(places: &Places) -> Result<Tools> {
    rust::ensure()?;
    let node = npm::node()?;
    npm::ensure(places)?;
    let modules = places.node_modules();
    Ok(Tools {
        anvil: npm::foundry(&modules, "anvil")?,
        pg_bin: postgres::ensure(places)?,
        node,
        modules,
    })
}

impl Tools {
    /// A command that runs a script of an npm package.
    pub fn script(&self, path: &str) -> Command {
        let mut command = Command::new(&self.node);
        command.arg(self.modules.join(path));
        command
    }

    /// Compiler and tests of contracts.
    pub fn forge(&self) -> Result<PathBuf> {
        npm::foundry(&self.modules, "forge")
    }

    /// The bundler's own binary, else its wrapper.
    pub fn esbuild(&self) -> Command {
        let binary = self
            .modules
            .join(format!("@esbuild/{}-{}/bin/esbuild", npm::os(), npm::arch()));
        if binary.is_file() {
            Command::new(binary)
        } else {
            self.script("esbuild/bin/esbuild")
        }
    }
}

/// Lets `from` be a link to `to`.
pub fn link(from: &Path, to: &Path) -> Result<()> {
    if std::fs::read_link(from).is_ok_and(|old| old == to) {
        return Ok(());
    }
    if from.symlink_metadata().is_ok() {
        std::fs::remove_file(from)?;
    }
    say::note(&format!("{} → {}", from.display(), to.display()));
    Ok(std::os::unix::fs::symlink(to, from)?)
}
