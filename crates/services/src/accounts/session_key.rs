use std::{
    fs::{File, OpenOptions},
    io::{ErrorKind, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use crate::time::Randomness;

/// The key file cannot be read or made.
#[derive(Debug, thiserror::Error)]
pub enum SessionKeyError {
    /// A file system operation failed.
    #[error("the session key {path}: {source}")]
    Io {
        /// The path of the key file.
        path: PathBuf,
        /// The error of the file system.
        source: std::io::Error,
    },
    /// Something else stands in the file.
    #[error("the session key {0} is not 32 bytes long; delete it and everybody signs in again")]
    Damaged(PathBuf),
}

/// 32 random bytes that sign the session cookies. Kept in a file and not in the database, so that a copy of the database
/// makes no cookie.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionKey([u8; 32]);

impl SessionKey {
    /// A key for tests and servers that forget their sessions.
    pub fn draw(randomness: &dyn Randomness) -> Self {
        let mut bytes = [0; 32];
        randomness.fill(&mut bytes);
        Self(bytes)
    }

    /// The key in `<folder>/session.key`, made at the first start, readable by its owner only.
    ///
    /// # Errors
    /// If the file cannot be read or made, or holds something else.
    pub fn load_or_make(folder: &Path, randomness: &dyn Randomness) -> Result<Self, SessionKeyError> {
        let path = folder.join("session.key");
        let io = |source| SessionKeyError::Io {
            path: path.clone(),
            source,
        };
        match File::open(&path) {
            Ok(mut file) => {
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).map_err(io)?;
                bytes
                    .try_into()
                    .map(Self)
                    .map_err(|_| SessionKeyError::Damaged(path.clone()))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let key = Self::draw(randomness);
                // Written aside and renamed: a crash in between leaves no half key.
                let new = path.with_extension("key.new");
                let _ = std::fs::remove_file(&new);
                let mut file = OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(&new)
                    .map_err(io)?;
                file.write_all(&key.0).and_then(|()| file.sync_all()).map_err(io)?;
                std::fs::rename(&new, &path).map_err(io)?;
                Ok(key)
            }
            Err(error) => Err(io(error)),
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionKey(..)")
    }
}
