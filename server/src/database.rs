//! The database: the operator's, or a private Postgres that starts and stops with this server.

use std::time::Duration;

use postgres::Cluster;
use services::db::{self, DbError};

use crate::{config::Config, error::StartError};

/// How long the database may be away while the server starts.
const PATIENCE: Duration = Duration::from_mins(1);
/// Connections to Postgres at once.
const CONNECTIONS: u32 = 16;
/// How long what still asks may take when the server ends. Everything had its time before that.
const LAST_QUERIES: Duration = Duration::from_secs(2);

/// An open database.
#[derive(Debug)]
pub struct Database {
    /// Its pool of connections.
    pub pool: db::Pool,
    private: Option<Cluster>,
}

impl Database {
    /// The database of these settings; the private one is started.
    ///
    /// # Errors
    /// In words for the operator.
    pub async fn open(config: &Config) -> Result<Self, StartError> {
        if let Some(url) = &config.database_url {
            return Ok(Self {
                pool: db::pool(address(url)?, CONNECTIONS),
                private: None,
            });
        }
        let this = std::env::current_exe().map_err(|source| StartError::File {
            path: "/proc/self/exe".into(),
            source,
        })?;
        let cluster = Cluster::start(&config.data, &this)
            .await
            .map_err(|error| StartError::Services(error.to_string()))?;
        Ok(Self {
            pool: db::pool(cluster.options(), CONNECTIONS),
            private: Some(cluster),
        })
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
            Err(StartError::Services(format!(
                "the database did not answer for {} s",
                PATIENCE.as_secs()
            )))
        })
    }

    /// Ends the private Postgres, after everything that used it.
    pub async fn close(self) {
        if tokio::time::timeout(LAST_QUERIES, self.pool.close()).await.is_err() {
            tracing::warn!("the database was closed in the middle of something");
        }
        if let Some(cluster) = self.private
            && let Err(error) = cluster.stop().await
        {
            tracing::warn!("{error}");
        }
    }
}

/// What `DATABASE_URL` says.
///
/// # Errors
/// If it is none. It may hold a password: what is wrong with it is not repeated.
pub fn address(url: &str) -> Result<db::Address, StartError> {
    let wrong = |_| StartError::Services("DATABASE_URL is not the address of a Postgres".to_owned());
    url.parse().map_err(wrong)
}

/// The database is away for now, rather than wrong.
fn may_pass(error: &DbError) -> bool {
    error.is_unavailable()
}
