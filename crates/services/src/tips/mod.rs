//! What the machine sees of tips: it reads the contract's events, keeps them as the chain stands, and wakes those who wait.
//!
//! Nobody believes it further than that: whoever is paid reads the chain through their own wallet. The event of the contract at
//! its one address is all that counts; to whom a transaction was addressed says nothing.
//!
//! One [job](Tips::jobs) for each chain with an RPC keeps the ledger (`ledger`), looks after transactions that somebody
//! waits for (`sight`), finds what took the place of one (`replacement`), and pushes to the sockets of this node (`board`).
//! Answers to questions come from the database and from what was seen last: no request waits for a chain.

mod board;
mod examine;
mod ledger;
mod replacement;
mod sight;
mod store;
mod watcher;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chain::{reader::Reader, rpc::RpcError};
use protocol::{Address, ErrorCode, TipId, TipReport, TipSight, TxHash, api::Network};
use sqlx::PgPool;

use crate::{
    db::DbError,
    jobs::{Backoff, Job},
    push::{Notifier, Subscriber},
    reported,
    time::Clock,
};
use board::Board;
pub use chain::tips::CONTRACT;
pub use examine::{Examined, examine};
use watcher::Watcher;

/// The node by which this server reads a chain.
#[derive(Clone)]
pub struct RpcEndpoint {
    /// The URL of its JSON-RPC. May hold a key: never logged, never served.
    pub url: String,
    /// The first block whose tips are read; `None`: the newest when the chain is first met.
    pub since: Option<u64>,
}

impl std::fmt::Debug for RpcEndpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RpcEndpoint")
            .field("since", &self.since)
            .finish_non_exhaustive()
    }
}

/// How often a chain is polled, and how much is believed of one answer.
#[derive(Debug, Clone, Copy)]
pub struct PollPolicy {
    /// Between two polls; `None`: the chain's block time.
    pub every: Option<Duration>,
    /// After a failure.
    pub backoff: Backoff,
    /// A head that is lower than before is believed after this many polls in a row.
    pub shorter: u32,
    /// A transaction is called dropped after the node did not know it in this many polls, for at least this long.
    pub forgotten: (u32, Duration),
}

impl Default for PollPolicy {
    fn default() -> Self {
        Self {
            every: None,
            backoff: Backoff {
                first: Duration::from_secs(1),
                last: Duration::from_mins(1),
            },
            shorter: 10,
            forgotten: (5, Duration::from_mins(3)),
        }
    }
}

impl PollPolicy {
    /// For a development chain on the same machine.
    pub fn development() -> Self {
        Self {
            every: Some(Duration::from_secs(1)),
            backoff: Backoff {
                first: Duration::from_secs(1),
                last: Duration::from_secs(5),
            },
            shorter: 3,
            forgotten: (5, Duration::from_secs(20)),
        }
    }
}

/// Why the database did not do it, or what is stored is damaged.
#[derive(Debug, thiserror::Error)]
pub enum TipsError {
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A stored row is not what it must be: a defect.
    #[error("a stored row is damaged")]
    Damaged,
}

impl From<sqlx::Error> for TipsError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(DbError::from(error))
    }
}

impl From<&TipsError> for ErrorCode {
    fn from(error: &TipsError) -> Self {
        match error {
            TipsError::Database(error) => error.into(),
            TipsError::Damaged => Self::Internal,
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
    board: Board,
}

/// The tips of this site. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tips(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pool: PgPool,
    clock: Arc<dyn Clock>,
    chains: BTreeMap<u64, Chain>,
    notifier: Notifier,
}

impl Tips {
    /// For those of these networks that have the contract and can be reached. Asks nobody yet.
    ///
    /// # Errors
    /// `BadUrl`.
    pub fn new<'a>(
        pool: PgPool,
        clock: Arc<dyn Clock>,
        notifier: Notifier,
        networks: impl IntoIterator<Item = (&'a Network, &'a RpcEndpoint, PollPolicy)>,
    ) -> Result<Self, RpcError> {
        let mut chains = BTreeMap::new();
        for (network, endpoint, policy) in networks {
            if network.tips == Some(chain::tips::CONTRACT) {
                let chain = Chain {
                    id: network.chain_id,
                    name: network.name.clone(),
                    confirmations: network.confirmations.max(1),
                    reader: Reader::new(&endpoint.url)?,
                    since: endpoint.since,
                    policy,
                    board: Board::default(),
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

    /// The tips of one socket: those it asks for, and all that its account pays and gets. What changes is pushed to `subscriber`.
    pub fn for_socket(&self, subscriber: Arc<Subscriber>) -> SocketTips {
        SocketTips(Asker {
            tips: self.clone(),
            subscriber,
        })
    }

    fn chain(&self, chain_id: u64) -> &Chain {
        // Watchers are made from the keys of this map, which never changes.
        self.0.chains.get(&chain_id).expect("a watched chain is configured")
    }
}

/// The tips that one socket waits for. Dropping it gives them up.
#[derive(Debug)]
pub struct SocketTips(Asker);

/// Asks for the same socket; cheap to clone.
#[derive(Debug, Clone)]
pub struct Asker {
    tips: Tips,
    subscriber: Arc<Subscriber>,
}

impl SocketTips {
    /// For asking, elsewhere.
    pub fn asker(&self) -> Asker {
        self.0.clone()
    }
}

impl Drop for SocketTips {
    fn drop(&mut self) {
        let Asker { tips, subscriber } = &self.0;
        for chain in tips.0.chains.values() {
            chain.board.leave(subscriber);
        }
    }
}

impl Asker {
    /// What is seen of this tip; changes are pushed from then on, until it is long settled. Does not
    /// wait for the chain: `Unknown` may be followed by more within a moment.
    ///
    /// # Errors
    /// `NotOnThisNetwork`; `TooMany` with more than [`protocol::limits::TIPS_WATCHED`] unsettled ones; or if the database is away.
    pub async fn ask(
        &self,
        chain_id: u64,
        sender: Address,
        id: TipId,
        hash: Option<TxHash>,
    ) -> Result<TipReport, ErrorCode> {
        let chain = self.tips.0.chains.get(&chain_id).ok_or(ErrorCode::NotOnThisNetwork)?;
        if !chain.board.wish(&self.subscriber, sender, id, hash) {
            return Err(ErrorCode::TooMany);
        }
        let report = self.tips.glance(chain, sender, id, hash).await;
        let report = report.map_err(|error| reported("what is seen of a tip could not be looked up", &error))?;
        chain.board.told(&self.subscriber, sender, id, report);
        chain.board.nudge();
        Ok(report)
    }
}

impl Tips {
    /// From the database and from what was seen last.
    async fn glance(
        &self,
        chain: &Chain,
        sender: Address,
        id: TipId,
        hash: Option<TxHash>,
    ) -> Result<TipReport, TipsError> {
        let number = store::signed(chain.id);
        let found = store::tips(&self.0.pool, number, &[sender.as_slice()], &[&id.0]).await?;
        let cursor = store::cursor(&self.0.pool, number).await?;
        if let (Some(tip), Some(cursor)) = (found.first(), cursor) {
            return mined(tip, cursor.number);
        }
        Ok(chain.board.last_sight(hash))
    }
}

/// The report of a tip in a block.
fn mined(tip: &store::TipRow, head: i64) -> Result<TipReport, TipsError> {
    let done = (head - tip.block_number).saturating_add(1).max(1);
    Ok(TipReport {
        hash: Some(TxHash::from_slice(&tip.hash).ok_or(TipsError::Damaged)?),
        sight: TipSight::Mined {
            confirmations: u32::try_from(done).unwrap_or(u32::MAX),
            recipient: Address::from_slice(&tip.recipient),
            amount: tip.amount.parse().map_err(|_| TipsError::Damaged)?,
        },
    })
}
