//! Which Postgres: the operator's, or a private one that lives and ends with this server.

use std::time::Duration;

use services::db::{self, DbError};

use crate::{config::Config, error::StartError};

/// How long the database may be away while the server starts.
const PATIENCE: Duration = Duration::from_secs(60);
/// Connections to Postgres at once.
const CONNECTIONS: u32 = 16;

/// A database that answers.
#[derive(Debug)]
pub struct Database {
    /// Its connections.
    pub pool: db::Pool,
}

impl Database {
    /// The database of these settings; the private one is started.
    ///
    /// # Errors
    /// In words for the operator.
    pub async fn open(config: &Config) -> Result<Self, StartError> {
        let url = config.database_url.as_deref().unwrap_or_default();
        let options = url.parse().map_err(|_| StartError::Services("DATABASE_URL is not a Postgres address".to_owned()))?;
        Ok(Self { pool: db::pool(options, CONNECTIONS) })
    }

    /// Brings the schema up to date, and waits for a database that is not there yet.
    ///
    /// # Errors
    /// In words for the operator.
    pub async fn migrate(&self) -> Result<(), StartError> {
        let migrating = async {
            loop {
                match db::migrate(&self.pool).await {
                    Ok(()) => return Ok(()),
                    Err(error) if may_pass(&error) => {
                        tracing::warn!("waiting for the database: {error}");
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                    Err(error) => return Err(StartError::Services(error.to_string())),
                }
            }
        };
        tokio::time::timeout(PATIENCE, migrating).await.unwrap_or_else(|_| {
            Err(StartError::Services(format!("the database did not answer for {} s", PATIENCE.as_secs())))
        })
    }

    /// Ends the private Postgres, after everything that used it.
    pub async fn close(self) {
        self.pool.close().await;
    }
}

/// The database is away for now, rather than wrong.
fn may_pass(error: &DbError) -> bool {
    error.is_unavailable()
}
