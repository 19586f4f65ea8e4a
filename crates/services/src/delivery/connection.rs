//! A committer's own connection to Postgres.

use sqlx::{Executor, PgPool, Postgres, Result, pool::PoolConnection};

/// A connection that a committer keeps for as long as it works: prepared and planned statements stay in it, and no round trip is spent
/// on asking whether it is still open.
#[derive(Debug)]
pub(super) struct KeptConnection {
    pool: PgPool,
    kept: Option<PoolConnection<Postgres>>,
}

impl KeptConnection {
    pub(super) fn new(pool: PgPool) -> Self {
        Self { pool, kept: None }
    }

    /// Begins a transaction. Dropping the returned connection closes it, and Postgres rolls the transaction back.
    pub(super) async fn begin(&mut self) -> Result<PoolConnection<Postgres>> {
        if let Some(mut kept) = self.kept.take()
            && kept.execute("begin").await.is_ok()
        {
            return Ok(kept);
        }
        // The kept one was lost while it was idle: take another.
        let mut fresh = self.pool.acquire().await?;
        fresh.close_on_drop();
        fresh.execute("begin").await?;
        Ok(fresh)
    }

    /// Commits, and keeps the connection if that worked.
    pub(super) async fn commit(&mut self, mut transaction: PoolConnection<Postgres>) -> Result<()> {
        transaction.execute("commit").await?;
        self.kept = Some(transaction);
        Ok(())
    }
}
