//! The life of a transaction as the machine sees it: waiting, mined, reverted, replaced, dropped.
//!
//! What a transaction is for is a value, its [`Purpose`]; an area adds what it reads of a chain by implementing [`Events`]. Nobody
//! believes the machine further than as a hint: clients read the chain through their own wallets.
//!
//! One [job](Transactions::jobs) for each chain follows its blocks (`ledger`) and keeps the areas' events with them, looks after
//! transactions that a socket waits for (`tracker`), finds what took the place of one (`replacement`), and pushes to the sockets of
//! this node (`subscriptions`). Questions are answered from the database and from what was observed last: no request waits for a
//! chain.

mod endpoint;
mod events;
mod ledger;
mod purpose;
mod replacement;
pub(crate) mod store;
mod subscriptions;
mod tracker;
mod watcher;

use std::{collections::BTreeMap, sync::Arc};

use chain::{reader::Reader, rpc::RpcError};
use protocol::{ErrorCode, TxHash, TxReport, api::Network};
use sqlx::PgPool;

use crate::{
    db::DbError,
    jobs::Job,
    push::{Notifier, Subscriber},
    reported,
    time::Clock,
};
pub use endpoint::{PollPolicy, RpcEndpoint};
pub use events::Area;
pub(crate) use events::{Events, Kept};
pub use purpose::Purpose;
use subscriptions::Subscriptions;
use watcher::Watcher;

/// Why the database did not do it, or what is stored is damaged.
#[derive(Debug, thiserror::Error)]
pub enum TxError {
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A stored row is not what it must be: a defect.
    #[error("a stored row is damaged")]
    Damaged,
}

impl From<sqlx::Error> for TxError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(DbError::from(error))
    }
}

impl From<&TxError> for ErrorCode {
    fn from(error: &TxError) -> Self {
        match error {
            TxError::Database(error) => error.into(),
            TxError::Damaged => Self::Internal,
        }
    }
}

/// A chain that is watched.
#[derive(Debug)]
struct Chain {
    id: u64,
    name: String,
    confirmations: u32,
    reader: Reader,
    since: Option<u64>,
    policy: PollPolicy,
    events: Vec<Arc<dyn Events>>,
    subscriptions: Subscriptions,
}

/// The transactions of this site. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Transactions(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pool: PgPool,
    clock: Arc<dyn Clock>,
    chains: BTreeMap<u64, Chain>,
    notifier: Notifier,
}

impl Transactions {
    /// For those of these networks on which one of these areas has events. Asks no node yet.
    ///
    /// # Errors
    /// `BadUrl`.
    pub fn new<'a>(
        pool: PgPool,
        clock: Arc<dyn Clock>,
        notifier: Notifier,
        areas: &[Area],
        networks: impl IntoIterator<Item = (&'a Network, &'a RpcEndpoint, PollPolicy)>,
    ) -> Result<Self, RpcError> {
        let mut chains = BTreeMap::new();
        for (network, endpoint, policy) in networks {
            let events: Vec<_> = areas
                .iter()
                .map(|Area(events)| events)
                .filter(|events| events.are_on(network))
                .cloned()
                .collect();
            if !events.is_empty() {
                let chain = Chain {
                    id: network.chain_id,
                    name: network.name.clone(),
                    confirmations: network.confirmations.max(1),
                    reader: Reader::new(&endpoint.url)?,
                    since: endpoint.since,
                    policy,
                    events,
                    subscriptions: Subscriptions::default(),
                };
                chains.insert(network.chain_id, chain);
            }
        }
        Ok(Self(Arc::new(Inner {
            pool,
            clock,
            chains,
            notifier,
        })))
    }

    /// A watcher for each chain.
    pub fn jobs(&self) -> Vec<Job> {
        let chains = self.0.chains.keys();
        chains.map(|id| Watcher::job(self.clone(), *id)).collect()
    }

    /// The transactions of one socket: those it asks for, and those whose events concern its account. What changes is pushed to
    /// `subscriber`.
    pub fn for_socket(&self, subscriber: Arc<Subscriber>) -> SocketTransactions {
        SocketTransactions(Asker {
            transactions: self.clone(),
            subscriber,
        })
    }

    fn chain(&self, chain_id: u64) -> &Chain {
        // Watchers are made from the keys of this map, which never changes.
        self.0.chains.get(&chain_id).expect("a watched chain is configured")
    }

    /// From the database and from what was observed last.
    async fn last(&self, chain: &Chain, purpose: Purpose, hash: Option<TxHash>) -> Result<TxReport, TxError> {
        let number = store::signed(chain.id);
        if let Some(cursor) = store::cursor(&self.0.pool, number).await? {
            for area in &chain.events {
                let mined = area.mined(&self.0.pool, number, cursor.number, &[purpose]).await?;
                if let Some(report) = mined.get(&purpose) {
                    return Ok(*report);
                }
            }
        }
        Ok(chain.subscriptions.last(hash))
    }
}

/// The transactions that one socket waits for. Dropping it gives them up.
#[derive(Debug)]
pub struct SocketTransactions(Asker);

/// Asks for the same socket; cheap to clone.
#[derive(Debug, Clone)]
pub struct Asker {
    transactions: Transactions,
    subscriber: Arc<Subscriber>,
}

impl SocketTransactions {
    /// For asking, elsewhere.
    pub fn asker(&self) -> Asker {
        self.0.clone()
    }
}

impl Drop for SocketTransactions {
    fn drop(&mut self) {
        let Asker {
            transactions,
            subscriber,
        } = &self.0;
        for chain in transactions.0.chains.values() {
            chain.subscriptions.leave(subscriber);
        }
    }
}

impl Asker {
    /// What is observed of this purpose; `hash` names the transaction as far as the asker knows. Changes are pushed from then on,
    /// until it is long final. Does not wait for the chain: `Unknown` may be followed by more within a moment.
    ///
    /// # Errors
    /// `NotOnThisNetwork`; `TooMany` with more than [`protocol::limits::TIPS_WATCHED`] that are not final; or if the database is
    /// away.
    pub async fn ask(&self, chain_id: u64, purpose: Purpose, hash: Option<TxHash>) -> Result<TxReport, ErrorCode> {
        let inner = &self.transactions.0;
        let chain = inner.chains.get(&chain_id).ok_or(ErrorCode::NotOnThisNetwork)?;
        let hash = purpose.hash().or(hash);
        if !chain.subscriptions.subscribe(&self.subscriber, purpose, hash) {
            return Err(ErrorCode::TooMany);
        }
        let last = self.transactions.last(chain, purpose, hash).await;
        let report =
            last.map_err(|error| reported("what is observed of a transaction could not be looked up", &error))?;
        chain.subscriptions.told(&self.subscriber, purpose, report);
        chain.subscriptions.nudge();
        Ok(report)
    }
}
