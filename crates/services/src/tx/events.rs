//! What an area reads of a chain.

use std::{collections::HashMap, fmt, sync::Arc};

use chain::reader::{EventFilter, Seen};
use futures::future::BoxFuture;
use protocol::{Address, TxReport, api::Network};
use sqlx::{PgConnection, PgPool};

use super::{Purpose, TxError};

/// The events that an area keeps of a chain: written together with the blocks they are in, deleted together with them.
pub(crate) trait Events: fmt::Debug + Send + Sync + 'static {
    /// Whether there are such events on this network.
    fn are_on(&self, network: &Network) -> bool;

    /// The logs that are read.
    fn filter(&self) -> EventFilter;

    /// Whether a log of the filter is what its contract emits. If one is not, the node's whole answer is refused.
    fn is_event(&self, seen: &Seen) -> bool;

    /// Keeps them, in the transaction that moves the cursor. What is there already stays as it is.
    fn keep<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        chain: i64,
        events: &'a [Seen],
    ) -> BoxFuture<'a, Result<(), sqlx::Error>>;

    /// Deletes those behind this block, in the transaction that moves the cursor back. Returns how many there were.
    fn take_back<'a>(
        &'a self,
        connection: &'a mut PgConnection,
        chain: i64,
        behind: i64,
    ) -> BoxFuture<'a, Result<u64, sqlx::Error>>;

    /// The reports of those of these purposes that are in blocks, of which `head` is the newest.
    fn mined<'a>(
        &'a self,
        pool: &'a PgPool,
        chain: i64,
        head: i64,
        purposes: &'a [Purpose],
    ) -> BoxFuture<'a, Result<HashMap<Purpose, TxReport>, TxError>>;

    /// What was kept behind this row, oldest first; `None`: nothing but the number of the newest row.
    fn kept_since<'a>(&'a self, pool: &'a PgPool, chain: i64, row: Option<i64>)
    -> BoxFuture<'a, Result<Kept, TxError>>;
}

/// An area that keeps events of chains.
#[derive(Debug, Clone)]
pub struct Area(pub(crate) Arc<dyn Events>);

/// Events that were kept, by whichever node.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The newest row.
    pub row: i64,
    /// The accounts that each concerns, and its purpose.
    pub found: Vec<(Vec<Address>, Purpose)>,
    /// There may be more behind this row.
    pub more: bool,
}
