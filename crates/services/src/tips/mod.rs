//! What the machine sees of tips: it reads the contract's events, keeps them as the chain stands, and wakes those who wait.
//!
//! Nobody believes it further than that: whoever is paid reads the chain through their own wallet. The event of the contract at
//! its one address is all that counts; to whom a transaction was addressed says nothing.
//!
//! One [watcher](Tips::watchers) for each chain with an RPC keeps the ledger (`ledger`), looks after transactions that somebody
//! waits for (`sight`), finds what took the place of one (`replacement`), and tells the [`Listener`]s of this node (`board`).
//! Answers to questions come from the database and from what was seen last: nobody waits for a chain here.

mod board;
mod examine;
mod ledger;
mod replacement;
mod sight;
mod store;
mod watcher;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chain::{reader::Reader, rpc::RpcError};
use protocol::{Address, ErrorCode, InstallationId, ServerFrame, TipId, TipReport, TipSight, TxHash, api::Network};
use sqlx::PgPool;

use crate::{db::DbError, time::Clock};
use board::{Board, Ear, Ears};
pub use chain::tips::CONTRACT;
pub use examine::{Examined, examine};
pub use watcher::Watcher;

/// How the machine itself reaches a chain.
#[derive(Clone)]
pub struct Reach {
    /// Its JSON-RPC. May hold a key: never logged, never served.
    pub rpc: String,
    /// The first block whose tips are read; `None`: the newest when the chain is first met.
    pub since: Option<u64>,
}

impl std::fmt::Debug for Reach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reach")
            .field("since", &self.since)
            .finish_non_exhaustive()
    }
}

/// How often a chain is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Between two looks; `None`: about as often as there are blocks.
    pub every: Option<Duration>,
    /// After trouble, from the first to the last.
    pub backoff: (Duration, Duration),
    /// A chain that is shorter than before is believed after so many looks in a row.
    pub shorter: u32,
    /// A transaction is called dropped after the node did not know it in so many looks, for so long.
    pub forgotten: (u32, Duration),
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            every: None,
            backoff: (Duration::from_secs(1), Duration::from_mins(1)),
            shorter: 10,
            forgotten: (5, Duration::from_mins(3)),
        }
    }
}

impl Pace {
    /// For a development chain on the same machine.
    pub fn development() -> Self {
        Self {
            every: Some(Duration::from_secs(1)),
            backoff: (Duration::from_secs(1), Duration::from_secs(5)),
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
    pace: Pace,
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
    ears: Ears,
}

impl Tips {
    /// For those of these networks that have the contract and can be reached. Asks nobody yet.
    ///
    /// # Errors
    /// `BadUrl`.
    pub fn new<'a>(
        pool: PgPool,
        clock: Arc<dyn Clock>,
        networks: impl IntoIterator<Item = (&'a Network, &'a Reach, Pace)>,
    ) -> Result<Self, RpcError> {
        let mut chains = BTreeMap::new();
        for (network, reach, pace) in networks {
            if network.tips == Some(chain::tips::CONTRACT) {
                let chain = Chain {
                    id: network.chain_id,
                    name: network.name.clone(),
                    confirmations: network.confirmations.max(1),
                    reader: Reader::new(&reach.rpc)?,
                    since: reach.since,
                    pace,
                    board: Board::default(),
                };
                chains.insert(network.chain_id, chain);
            }
        }
        Ok(Self(Arc::new(Inner {
            pool,
            clock,
            chains,
            ears: Ears::default(),
        })))
    }

    /// One for each chain; each must be run, once on this node.
    pub fn watchers(&self) -> Vec<Watcher> {
        self.0.chains.keys().map(|id| Watcher::new(self.clone(), *id)).collect()
    }

    /// Listens for an installation: to the tips it will ask for, and to all that its account pays and gets.
    pub fn listen(&self, installation: InstallationId, account: Address) -> Listener {
        Listener(Asker {
            tips: self.clone(),
            ear: self.0.ears.open(installation, account),
        })
    }

    fn chain(&self, chain_id: u64) -> &Chain {
        // Watchers are made from the keys of this map, which never changes.
        self.0.chains.get(&chain_id).expect("a watched chain is configured")
    }
}

/// Hears of tips until it is dropped. What is not fetched is merged, not queued: of each tip only the newest report waits.
#[derive(Debug)]
pub struct Listener(Asker);

/// Asks for the same installation; cheap to clone.
#[derive(Debug, Clone)]
pub struct Asker {
    tips: Tips,
    ear: Arc<Ear>,
}

impl Listener {
    /// For asking, elsewhere.
    pub fn asker(&self) -> Asker {
        self.0.clone()
    }

    /// The next news: always a `ServerFrame::Tip`. May be dropped and called again at any time.
    pub async fn next(&mut self) -> ServerFrame {
        self.0.ear.next().await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let Asker { tips, ear } = &self.0;
        tips.0.ears.close(ear);
        for chain in tips.0.chains.values() {
            chain.board.leave(ear);
        }
    }
}

impl Asker {
    /// What is seen of this tip; what changes is told by the [`Listener`] from then on, until it is long settled. Does not
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
        if !chain.board.wish(&self.ear, sender, id, hash) {
            return Err(ErrorCode::TooMany);
        }
        let report = self.tips.glance(chain, sender, id, hash).await.map_err(|error| {
            tracing::warn!("what is seen of a tip could not be looked up: {error}");
            ErrorCode::from(&error)
        })?;
        chain.board.told(&self.ear, sender, id, report);
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
