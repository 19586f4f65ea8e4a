use std::path::PathBuf;

/// Why there is no private Postgres. Each is a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No programs of Postgres were found.
    #[error(
        "no Postgres was found: install it (Debian, Ubuntu: `apt-get install postgresql`), or name its folder of programs in PG_BIN, or name a database in DATABASE_URL"
    )]
    NoBinaries,
    /// Only of other versions than the data.
    #[error(
        "the data in {data} was made by Postgres {wanted}, but only {found} was found: install Postgres {wanted}, or name its folder of programs in PG_BIN"
    )]
    WrongVersion {
        /// The cluster's data directory.
        data: PathBuf,
        /// Its major version.
        wanted: String,
        /// What there is.
        found: String,
    },
    /// Another server runs here.
    #[error("data directory {data} is in use by another running server (process {process})")]
    InUse {
        /// The data directory.
        data: PathBuf,
        /// The other server.
        process: String,
    },
    /// There is nobody to run as.
    #[error("Postgres does not run as root, and there is neither a user `postgres` nor `nobody` it could run as")]
    NoUser,
    /// This root may not change its user.
    #[error(
        "Postgres does not run as root, and this root cannot become user {user} ({source}): start the server as an ordinary user, or name a database in DATABASE_URL"
    )]
    CannotBecome {
        /// The name of the system user.
        user: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// That user cannot reach the programs.
    #[error(
        "{path} cannot be run by user {user}, as whom Postgres runs when the server is root: put the programs where everybody can reach them, or start the server as an ordinary user"
    )]
    Unreachable {
        /// The path of the program.
        path: PathBuf,
        /// The name of the system user.
        user: String,
    },
    /// A file system operation failed.
    #[error("{path}: {source}")]
    Io {
        /// The path of the file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// It did not come up, or did not go down.
    #[error("the private Postgres failed: {0}")]
    Failed(String),
    /// It runs, but the database could not be made.
    #[error("the private Postgres does not answer: {0}")]
    Database(#[from] sqlx::Error),
}

impl ClusterError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
