//! A disk of our own that can be full: a tmpfs, made as small as what stands on it. Only root may mount one.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use nix::sys::statvfs::statvfs;

/// How large it is otherwise, in KiB. Memory is used only for what is written.
const SIZE: u64 = 6 * 1024 * 1024;

/// Mounted until it is dropped.
#[derive(Debug)]
pub struct Disk(PathBuf);

impl Disk {
    /// Mounts one at this folder.
    pub fn mount(folder: &Path) -> Result<Self> {
        let size = format!("size={SIZE}k,mode=711");
        run(Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "jackdaw-drill"])
            .arg(folder))?;
        Ok(Self(folder.to_owned()))
    }

    /// Leaves so few KiB free.
    pub fn fill(&self, free: u64) -> Result<()> {
        let known = statvfs(&self.0).context("how full the disk is")?;
        let used = (known.blocks() - known.blocks_free()) * known.fragment_size() / 1024;
        self.resize(used + free)
    }

    /// Gives the space back.
    pub fn empty(&self) -> Result<()> {
        self.resize(SIZE)
    }

    fn resize(&self, size: u64) -> Result<()> {
        let size = format!("remount,size={size}k");
        run(Command::new("mount").args(["-o", &size]).arg(&self.0))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A process that still dies holds it for a moment: lazily.
        let _ = run(Command::new("umount").arg("--lazy").arg(&self.0));
    }
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().context("cannot start `mount`")?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
