//! One run in one data folder.

use anyhow::{Context as _, Result, bail};
use nix::fcntl::{Flock, FlockArg};
use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Seek as _, Write as _},
    path::Path,
};

/// Held as long as we run.
pub struct Only(Flock<File>);

impl Only {
    /// Takes the place, or says who has it.
    pub fn take(path: &Path) -> Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path);
        let file = file.with_context(|| format!("cannot open {}", path.display()))?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => {
                let mut only = Self(lock);
                only.tell("still starting")?;
                Ok(only)
            }
            Err((mut file, _)) => {
                let mut who = String::new();
                file.read_to_string(&mut who)?;
                bail!(
                    "Jackdaw already runs here ({}): use that one, or stop it with Ctrl-C",
                    who.trim()
                );
            }
        }
    }

    /// Leaves a word for the next who comes.
    pub fn tell(&mut self, what: &str) -> Result<()> {
        self.0.set_len(0)?;
        self.0.rewind()?;
        Ok(writeln!(self.0, "process {}, {what}", std::process::id())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_is_there() {
        let path = std::env::temp_dir().join(format!("jackdaw-xtask-one-{}", std::process::id()));
        let mut first = Only::take(&path).unwrap();
        first.tell("http://localhost:3000").unwrap();
        let refusal = Only::take(&path).err().unwrap().to_string();
        assert!(refusal.contains("http://localhost:3000"), "{refusal}");
        drop(first);
        drop(Only::take(&path).unwrap());
        std::fs::remove_file(path).unwrap();
    }
}
