//! The folders and files of the private Postgres, and their owner.

use std::{
    fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{ErrorKind, Read, Seek, SeekFrom, Write},
    os::{
        fd::OwnedFd,
        unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use nix::{
    fcntl::OFlag,
    unistd::{Gid, Uid, User},
};

use crate::error::ClusterError;

/// The log is begun anew at a start when it is larger, in bytes.
const LONG_LOG: u64 = 10 * 1024 * 1024;
/// How much of the log's end goes into an error, in bytes.
const LAST_WORDS: u64 = 600;

/// Whom Postgres runs as when the server is root.
#[derive(Debug, Clone)]
pub(crate) struct RunAs {
    pub name: String,
    pub uid: Uid,
    pub gid: Gid,
}

/// The data directory.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    root: PathBuf,
    user: Option<RunAs>,
}

impl Place {
    /// The folders, made where they are missing. The data directory itself stays the server's: Postgres' user may pass
    /// through it and reads nothing in it but its own two folders.
    pub(crate) fn make(data_dir: &Path) -> Result<Self, ClusterError> {
        let folder = |path: &Path, mode| {
            DirBuilder::new()
                .recursive(true)
                .mode(mode)
                .create(path)
                .map_err(ClusterError::io(path))
        };
        folder(data_dir, 0o711)?;
        let root = data_dir.canonicalize().map_err(ClusterError::io(data_dir))?;
        let place = Self::of(root)?;
        if place.user.is_some() {
            let mode = Permissions::from_mode(0o711);
            std::fs::set_permissions(&place.root, mode).map_err(ClusterError::io(&place.root))?;
        }
        let socket = place.socket_folder();
        folder(&socket, 0o700)?;
        place.give(&socket)?;
        Ok(place)
    }

    /// The same folders, wherever they are, without making any.
    pub(crate) fn there(data_dir: &Path) -> Result<Self, ClusterError> {
        Self::of(std::path::absolute(data_dir).map_err(ClusterError::io(data_dir))?)
    }

    fn of(root: PathBuf) -> Result<Self, ClusterError> {
        let mut place = Self { root, user: None };
        if Uid::effective().is_root() {
            place.user = Some(place.choose_user()?);
        }
        Ok(place)
    }

    /// The owner of the data; else `postgres`; else `nobody`.
    fn choose_user(&self) -> Result<RunAs, ClusterError> {
        let owner = std::fs::metadata(self.cluster())
            .ok()
            .map(|data| Uid::from_raw(data.uid()));
        let owner = owner
            .filter(|uid| !uid.is_root())
            .and_then(|uid| User::from_uid(uid).ok().flatten());
        let by_name = |name| User::from_name(name).ok().flatten();
        let user = owner
            .or_else(|| by_name("postgres"))
            .or_else(|| by_name("nobody"))
            .ok_or(ClusterError::NoUser)?;
        Ok(RunAs {
            name: user.name,
            uid: user.uid,
            gid: user.gid,
        })
    }

    fn give(&self, path: &Path) -> Result<(), ClusterError> {
        let Some(user) = &self.user else { return Ok(()) };
        std::os::unix::fs::lchown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw()))
            .map_err(ClusterError::io(path))
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn user(&self) -> Option<&RunAs> {
        self.user.as_ref()
    }

    pub(crate) fn cluster(&self) -> PathBuf {
        self.root.join("pg")
    }

    pub(crate) fn new_cluster(&self) -> PathBuf {
        self.root.join("pg.new")
    }

    pub(crate) fn socket_folder(&self) -> PathBuf {
        self.root.join("s")
    }

    pub(crate) fn has_cluster(&self) -> bool {
        self.cluster().join("PG_VERSION").exists()
    }

    /// The version of Postgres that made the data, if there are any.
    pub(crate) fn version(&self) -> Result<Option<String>, ClusterError> {
        let path = self.cluster().join("PG_VERSION");
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(source) => Err(ClusterError::Io { path, source }),
        }
    }

    /// An empty folder to make a cluster in. What an interrupted attempt left is removed.
    pub(crate) fn make_new(&self) -> Result<(), ClusterError> {
        let path = self.new_cluster();
        match std::fs::remove_dir_all(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(ClusterError::io(path)(error)),
            _ => {}
        }
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(ClusterError::io(&path))?;
        self.give(&path)
    }

    /// The new cluster is whole: from now on it is the cluster.
    pub(crate) fn adopt_new(&self) -> Result<(), ClusterError> {
        let path = self.cluster();
        std::fs::rename(self.new_cluster(), &path).map_err(ClusterError::io(path))?;
        File::open(&self.root)
            .and_then(|folder| folder.sync_all())
            .map_err(ClusterError::io(&self.root))
    }

    /// Refuses a second server. The lock ends with the file, so also when the server is killed.
    pub(crate) fn lock_server(&self) -> Result<File, ClusterError> {
        let path = self.root.join("server.lock");
        let mut file = Self::open(&path, true)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut process = String::new();
                let _ = file.read_to_string(&mut process);
                let process = if process.trim().is_empty() {
                    "unknown".to_owned()
                } else {
                    process.trim().to_owned()
                };
                return Err(ClusterError::InUse {
                    data: self.root.clone(),
                    process,
                });
            }
            Err(TryLockError::Error(source)) => return Err(ClusterError::Io { path, source }),
        }
        file.set_len(0)
            .and_then(|()| write!(file, "{}", std::process::id()))
            .map_err(ClusterError::io(path))?;
        Ok(file)
    }

    /// The file whose lock Postgres and all its processes hold.
    pub(crate) fn pg_lock(&self) -> Result<File, ClusterError> {
        Self::open(&self.root.join("pg.lock"), true)
    }

    /// Where Postgres writes its log.
    pub(crate) fn log(&self) -> Result<File, ClusterError> {
        let path = self.root.join("postgres.log");
        let file = Self::open(&path, false)?;
        if file.metadata().is_ok_and(|data| data.len() > LONG_LOG) {
            file.set_len(0).map_err(ClusterError::io(path))?;
        }
        Ok(file)
    }

    /// Opens, or makes, a file of the server's own. Never through a link: somebody else may have put it there.
    fn open(path: &Path, read: bool) -> Result<File, ClusterError> {
        let mut options = OpenOptions::new();
        if read {
            options.read(true).write(true)
        } else {
            options.append(true)
        };
        let file = options
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(OFlag::O_NOFOLLOW.bits())
            .open(path);
        file.map_err(ClusterError::io(path))
    }

    /// A short way to the socket's folder, however long its path is.
    pub(crate) fn socket_descriptor(&self) -> Result<OwnedFd, ClusterError> {
        let path = self.socket_folder();
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(OFlag::O_PATH.bits())
            .open(&path);
        file.map(OwnedFd::from).map_err(ClusterError::io(path))
    }

    /// Postgres writes its process id into the first line of this file and `ready` into the eighth.
    pub(crate) fn is_ready(&self, process: u32) -> bool {
        let Ok(text) = std::fs::read_to_string(self.cluster().join("postmaster.pid")) else {
            return false;
        };
        let mut lines = text.lines();
        lines.next().is_some_and(|first| first.trim() == process.to_string())
            && lines.nth(6).is_some_and(|eighth| eighth.trim() == "ready")
    }

    /// What stands at the end of the log.
    pub(crate) fn last_words(&self) -> String {
        let path = self.root.join("postgres.log");
        let end = File::open(&path).and_then(|mut file| {
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(LAST_WORDS)))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
        });
        format!("the end of {}: {}", path.display(), end.unwrap_or_default())
    }
}
