//! A committer's own connection to Postgres.

use sqlx::{Executor, PgPool, Postgres, Result, pool::PoolConnection};

/// A connection that is kept for as long as it works: what Postgres has prepared and planned in it stays, and nobody has to ask
/// before each batch whether it is still there.
#[derive(Debug)]
pub(super) struct Line {
    pool: PgPool,
    kept: Option<PoolConnection<Postgres>>,
}

impl Line {
    pub(super) fn new(pool: PgPool) -> Self {
        Self { pool, kept: None }
    }

    /// Begins a transaction. Whoever drops it closes the connection, and nothing of what was done in it stands.
    pub(super) async fn begin(&mut self) -> Result<PoolConnection<Postgres>> {
        if let Some(mut kept) = self.kept.take()
            && kept.execute("begin").await.is_ok()
        {
            return Ok(kept);
        }
        // It was lost since, and nothing was asked of it: another one.
        let mut fresh = self.pool.acquire().await?;
        fresh.close_on_drop();
        fresh.execute("begin").await?;
        Ok(fresh)
    }

    /// Ends it, and keeps the connection if it has worked.
    pub(super) async fn commit(&mut self, mut transaction: PoolConnection<Postgres>) -> Result<()> {
        transaction.execute("commit").await?;
        self.kept = Some(transaction);
        Ok(())
    }
}
