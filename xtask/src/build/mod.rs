//! From sources to what the server serves: two wasm modules with their glue, one style sheet, the files of `public/`, and the server.

mod assets;
mod binaryen;
mod half;
mod split;
mod style;

pub use assets::Assets;
pub use half::{Half, PAGE, WORKER, vault_test};

use crate::{exec, place::Places, say, tools::Tools};
use anyhow::{Context as _, Result};
use std::process::Command;

/// What for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build, watched and reloaded.
    Development,
    /// What would ship.
    Release,
}

impl Profile {
    /// From the flag.
    pub fn of(release: bool) -> Self {
        if release { Self::Release } else { Self::Development }
    }

    /// The flag.
    pub fn is_release(self) -> bool {
        self == Self::Release
    }
}

/// Which parts are to be built again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The page's wasm.
    pub page: bool,
    /// The worker's wasm.
    pub worker: bool,
    /// The style sheet and the files of `public/`.
    pub style: bool,
    /// The server.
    pub server: bool,
}

impl Parts {
    /// All of them.
    pub const ALL: Self = Self {
        page: true,
        worker: true,
        style: true,
        server: true,
    };

    /// All but the server.
    pub const BROWSER: Self = Self {
        server: false,
        ..Self::ALL
    };

    /// Anything a browser loads?
    pub fn browser(self) -> bool {
        self.page || self.worker || self.style
    }

    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self {
            page: self.page || other.page,
            worker: self.worker || other.worker,
            style: self.style || other.style,
            server: self.server || other.server,
        }
    }
}

/// Builds all of it.
pub fn everything(places: &Places, tools: &Tools, profile: Profile) -> Result<()> {
    browser(places, tools, profile, Parts::ALL)?;
    server(places, profile)
}

/// Builds what the browser loads, into the site folder.
pub fn browser(places: &Places, tools: &Tools, profile: Profile, parts: Parts) -> Result<()> {
    if parts.page {
        PAGE.compile(places, tools, profile)?;
    }
    if parts.worker {
        WORKER.compile(places, tools, profile)?;
    }
    if parts.style || parts.page {
        style::compile(places, tools, profile)?;
    }
    assets::assemble(places, tools, profile)
}

/// Builds the server.
pub fn server(places: &Places, profile: Profile) -> Result<()> {
    say::step("Compiling the server", || {
        let mut command = cargo(places);
        command.args(["build", "-p", "server"]);
        if profile.is_release() {
            command.arg("--release");
        }
        exec::run(&mut command).context("the server does not compile")
    })
}

/// Cargo in the product's workspace. Queries are checked against the committed `.sqlx`, so that no database is needed to build.
pub fn cargo(places: &Places) -> Command {
    let mut command = Command::new("cargo");
    command
        .current_dir(&places.root)
        .env("CARGO_TARGET_DIR", &places.target);
    // Those are of this crate, set by `cargo run`; build scripts of the product must not see them.
    for name in [
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_PATH",
        "CARGO_PKG_NAME",
        "CARGO_PKG_VERSION",
        "CARGO",
    ] {
        command.env_remove(name);
    }
    if places.root.join(".sqlx").is_dir() {
        command.env("SQLX_OFFLINE", "true");
    }
    command
}
