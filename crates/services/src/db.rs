//! The database: its pool, its migrations, and the one path from `sqlx::Error` to ours.

use std::{io, time::Duration};

use protocol::ErrorCode;
use sqlx::{
    ConnectOptions, Connection, PgPool,
    error::ErrorKind,
    migrate::{Migrate, MigrateError},
    postgres::{PgConnectOptions, PgDatabaseError, PgPoolOptions, PgSeverity},
};

/// How long a request waits for a connection before the answer is `Unavailable`.
const PATIENCE: Duration = Duration::from_secs(5);

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();
/// Where it notes what it has done.
const MIGRATIONS: &str = "_sqlx_migrations";

/// Why the database did not do it.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// It does not answer, or broke off. The transaction was rolled back; retrying is right.
    #[error("the database does not answer: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// A row of this name is there already. Holds the constraint's name.
    #[error("against the constraint {0}")]
    Conflict(String),
    /// The stored rows or our query are not what they must be: a defect.
    #[error("the database refused: {0}")]
    Defect(#[source] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the database could not be migrated: {0}")]
    Migrate(#[source] MigrateError),
}

impl DbError {
    /// Whether trying again may help.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

impl From<sqlx::Error> for DbError {
    fn from(error: sqlx::Error) -> Self {
        let unavailable = match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed
            | sqlx::Error::Protocol(_) => true,
            sqlx::Error::Database(database) => {
                if database.kind() == ErrorKind::UniqueViolation {
                    return Self::Conflict(database.constraint().unwrap_or_default().to_owned());
                }
                // It ended the connection, or never made one: shut down, crashed, not accepting.
                let fatal = database
                    .try_downcast_ref::<PgDatabaseError>()
                    .is_some_and(|error| matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic));
                // Connection lost (08), serialization and deadlock (40), no resources (53), the operator: a query cancelled,
                // shutdown, crash (57), files (58).
                let code = database.code().unwrap_or_default();
                fatal
                    || ["08", "40", "53", "57", "58"]
                        .iter()
                        .any(|class| code.starts_with(class))
            }
            _ => false,
        };
        if unavailable {
            Self::Unavailable(error)
        } else {
            Self::Defect(error)
        }
    }
}

impl From<MigrateError> for DbError {
    fn from(error: MigrateError) -> Self {
        match error {
            // The way to the database, not the migration.
            MigrateError::Execute(error) => match Self::from(error) {
                Self::Unavailable(error) => Self::Unavailable(error),
                Self::Defect(error) => Self::Migrate(MigrateError::Execute(error)),
                other => other,
            },
            other => Self::Migrate(other),
        }
    }
}

impl From<&DbError> for ErrorCode {
    fn from(error: &DbError) -> Self {
        if error.is_unavailable() {
            Self::Unavailable
        } else {
            Self::Internal
        }
    }
}

/// Address of a database and credentials, for code without SQL.
pub type Address = PgConnectOptions;

/// Connections to the database, for code without SQL.
pub type Pool = PgPool;

/// A pool of at most `connections`, made lazily: it does not fail while the database is away.
pub fn pool(options: PgConnectOptions, connections: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(PATIENCE)
        .connect_lazy_with(options.application_name("jackdaw"))
}

/// What a look at a database found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// The version of Postgres, e.g. `17.2`.
    pub postgres: String,
    /// How its schema stands to this build.
    pub schema: Schema,
}

/// How a schema stands to this build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// There is none of ours yet.
    None,
    /// It is this build's.
    Ours,
    /// So many migrations are missing.
    Older(usize),
    /// Something was migrated that this build does not know.
    Newer,
}

/// Connects, looks, and changes nothing.
///
/// # Errors
/// If the database does not answer, or does not let this user look.
pub async fn look(options: PgConnectOptions) -> Result<Looked, DbError> {
    let looking = async {
        let mut connection = options.application_name("jackdaw doctor").connect().await?;
        let number = connection.server_version_num().unwrap_or_default();
        let applied = match connection.list_applied_migrations(MIGRATIONS).await {
            Ok(applied) => applied,
            Err(MigrateError::Execute(error)) if no_such_table(&error) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        // It was only for looking.
        let _ = connection.close().await;
        let known = |version, checksum: &[u8]| {
            MIGRATOR
                .iter()
                .any(|ours| ours.version == version && *ours.checksum == *checksum)
        };
        let missing = MIGRATOR.iter().count().saturating_sub(applied.len());
        let schema = if applied.is_empty() {
            Schema::None
        } else if !applied.iter().all(|one| known(one.version, &one.checksum)) {
            Schema::Newer
        } else if missing > 0 {
            Schema::Older(missing)
        } else {
            Schema::Ours
        };
        let postgres = format!("{}.{}", number / 10_000, number % 10_000);
        Ok(Looked { postgres, schema })
    };
    let late = || {
        let words = format!("nothing came for {} s", PATIENCE.as_secs());
        sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, words))
    };
    tokio::time::timeout(PATIENCE, looking)
        .await
        .unwrap_or_else(|_| Err(DbError::from(late())))
}

fn no_such_table(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == "42P01")
}

/// Brings the schema up to date. Two servers that start at once wait for each other.
///
/// # Errors
/// If the database does not answer, or was migrated by a newer Jackdaw.
pub async fn migrate(pool: &PgPool) -> Result<(), DbError> {
    Ok(MIGRATOR.run(pool).await?)
}
