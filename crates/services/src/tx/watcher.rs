//! The job that follows one chain.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use futures::{FutureExt, future::BoxFuture};
use protocol::{Address, ObservedStatus, TxHash, TxReport, limits};

use super::{
    Chain, Purpose, Transactions, TxError,
    ledger::{Ledger, LedgerError, Step},
    replacement,
    store::{self, Cursor, Sighted},
    subscriptions::Open,
    tracker::{self, Signed},
};
use crate::{
    jobs::{Job, JobError, Turn, Work},
    time::to_db,
};

/// The least and the longest pause between two turns, if it goes by the chain's blocks.
const EVERY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(12));
/// The pause before a turn because somebody has asked.
const BREATH: Duration = Duration::from_millis(200);
/// How many steps of the ledger are made before sockets are told.
const STEPS: u32 = 64;
/// How many steps of a turn may lead nowhere or back, as they do while a chain is reorganised.
const DOUBTS: u32 = 4;
/// How many transactions are polled in one turn, those first that were not polled for longest.
const POLLS: usize = 64;
/// How long one turn polls: a node may be slow about what somebody names, and blocks are to be read meanwhile.
const POLLING: Duration = Duration::from_secs(10);
/// How long one turn searches for what took the place of transactions.
const SEARCHING: Duration = Duration::from_secs(5);

/// Keeps one chain's ledger and pushes to the sockets that wait.
#[derive(Debug)]
pub(super) struct Watcher {
    transactions: Transactions,
    chain_id: u64,
    ledger: Ledger,
    /// The node serves the right chain, and the last turn has succeeded.
    verified: bool,
    /// The newest row of each area's events whose accounts have been subscribed to it.
    newest: Vec<Option<i64>>,
}

impl Work for Watcher {
    fn turn(&mut self, turn: Turn) -> BoxFuture<'_, Result<Duration, JobError>> {
        async move {
            let transactions = self.transactions.clone();
            let chain = transactions.chain(self.chain_id);
            let outcome = self.look_at(chain, turn == Turn::Due).await;
            outcome.map_err(|error| JobError {
                kind: kind(&error),
                message: format!("{} cannot be read for now: {error}", chain.name),
            })?;
            let by_blocks = || {
                let time = self.ledger.block_time();
                time.map_or(EVERY.1, |time| time.clamp(EVERY.0, EVERY.1))
            };
            Ok(chain.policy.every.unwrap_or_else(by_blocks))
        }
        .boxed()
    }

    fn nudged(&mut self) -> BoxFuture<'_, ()> {
        async {
            self.transactions.chain(self.chain_id).subscriptions.nudged().await;
            tokio::time::sleep(BREATH).await;
        }
        .boxed()
    }
}

impl Watcher {
    pub(super) fn job(transactions: Transactions, chain_id: u64) -> Job {
        let chain = transactions.chain(chain_id);
        let (name, backoff) = (format!("tx.watch.{chain_id}"), chain.policy.backoff);
        let watcher = Self {
            ledger: Ledger::new(transactions.0.pool.clone(), chain),
            newest: vec![None; chain.events.len()],
            transactions,
            chain_id,
            verified: false,
        };
        Job::new(name, backoff, watcher)
    }

    /// Reads what is new (if it is time for that), and tells those who wait.
    async fn look_at(&mut self, chain: &Chain, whole: bool) -> Result<(), LedgerError> {
        // Set again at the end: after a turn that fails or panics the chain is verified anew.
        if !std::mem::take(&mut self.verified) {
            self.ledger.verify().await?;
        }
        let mut doubts = 0;
        for _ in 0..if whole { STEPS } else { 0 } {
            match self.ledger.step().await? {
                Step::Still => break,
                Step::Moved | Step::Again => {}
                Step::Doubt if doubts == DOUBTS => return Err(LedgerError::Contradiction),
                Step::Doubt => doubts += 1,
            }
        }
        self.announce(chain, whole).await?;
        self.verified = true;
        Ok(())
    }

    async fn announce(&mut self, chain: &Chain, whole: bool) -> Result<(), LedgerError> {
        let transactions = self.transactions.clone();
        let pool = &transactions.0.pool;
        let number = store::signed(chain.id);
        let Some(cursor) = store::cursor(pool, number).await? else {
            return Ok(());
        };
        self.offer(chain, number).await?;
        let open = chain.subscriptions.open();
        if open.is_empty() {
            return Ok(());
        }
        let purposes: Vec<Purpose> = open.iter().map(|open| open.purpose).collect();
        let mut mined: HashMap<Purpose, TxReport> = HashMap::new();
        for events in &chain.events {
            mined.extend(events.mined(pool, number, cursor.number, &purposes).await?);
        }
        for open in &open {
            if let Some(report) = mined.get(&open.purpose) {
                chain.subscriptions.tell(chain.id, chain.confirmations, open, *report);
            }
        }
        let polled = self.poll(chain, &open, &mined, &cursor, whole).await;
        for open in &open {
            if !mined.contains_key(&open.purpose)
                && let Some(report) = last(chain, open)
            {
                chain.subscriptions.tell(chain.id, chain.confirmations, open, report);
            }
        }
        polled
    }

    /// Subscribes accounts to the events that concern them and were kept since the last turn, by whichever node.
    async fn offer(&mut self, chain: &Chain, number: i64) -> Result<(), LedgerError> {
        let inner = &self.transactions.0;
        for (events, newest) in chain.events.iter().zip(&mut self.newest) {
            loop {
                let kept = events.kept_since(&inner.pool, number, *newest).await?;
                *newest = Some(kept.row);
                for (accounts, purpose) in kept.found {
                    for subscriber in inner.notifier.of_accounts(&accounts) {
                        chain.subscriptions.offer(&subscriber, purpose);
                    }
                }
                if !kept.more {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Polls the transactions of purposes that no event has met; and once those of the others, so that it is known who signed them if
    /// their blocks are taken back.
    async fn poll(
        &self,
        chain: &Chain,
        open: &[Open],
        mined: &HashMap<Purpose, TxReport>,
        cursor: &Cursor,
        whole: bool,
    ) -> Result<(), LedgerError> {
        let (at, began) = (cursor.number.unsigned_abs(), tokio::time::Instant::now());
        let mut searching = SEARCHING;
        let mut wanted: HashMap<TxHash, &Open> = HashMap::new();
        for open in open {
            match mined.get(&open.purpose) {
                Some(report) => {
                    let unknown = |hash: &TxHash| chain.subscriptions.tracker().signed(*hash).is_none();
                    wanted.extend(report.hash.filter(unknown).map(|hash| (hash, open)));
                }
                None => wanted.extend(open.hashes.into_iter().flatten().map(|hash| (hash, open))),
            }
        }
        let mut order: Vec<(Option<Instant>, TxHash, &Open)> = {
            let mut tracker = chain.subscriptions.tracker();
            let kept: HashSet<TxHash> = mined.values().filter_map(|report| report.hash).collect();
            tracker.keep(|hash| wanted.contains_key(&hash) || kept.contains(&hash));
            wanted
                .iter()
                .map(|(hash, open)| (tracker.polled(*hash), *hash, *open))
                // A client's question polls only what was never polled: RPC calls cost money.
                .filter(|(polled, ..)| whole || polled.is_none())
                .filter(|(_, hash, _)| tracker.due(*hash, began.into_std(), chain.policy.backoff))
                .collect()
        };
        order.sort_by_key(|(polled, hash, _)| (*polled, *hash));
        for (_, hash, open) in order.into_iter().take(POLLS) {
            if began.elapsed() >= POLLING {
                break;
            }
            let known = self.signed(chain, hash).await?;
            let observed = tracker::observe(&chain.reader, hash, open.purpose, known, at).await;
            let now = tokio::time::Instant::now().into_std();
            let Ok((observed, signed)) = observed else {
                // Anybody names transactions. What the node does not answer for one keeps nobody else's from being polled, if it still
                // answers what it must always answer.
                chain.subscriptions.tracker().unanswered(hash, now);
                chain.reader.head().await?;
                continue;
            };
            if let (None, Some(signed)) = (known, signed) {
                self.keep(chain, hash, signed, open).await?;
            }
            let forgotten = chain.policy.forgotten;
            let status = chain
                .subscriptions
                .tracker()
                .record(hash, observed, signed, now, forgotten);
            if let (ObservedStatus::Replaced, Some(signed)) = (status, signed) {
                let pool = &self.transactions.0.pool;
                replacement::learn(pool, chain, (hash, signed), cursor, &mut searching).await?;
            }
        }
        Ok(())
    }

    /// Who signed it, from memory or from the database.
    async fn signed(&self, chain: &Chain, hash: TxHash) -> Result<Option<Signed>, LedgerError> {
        let known = chain.subscriptions.tracker().signed(hash);
        if known.is_some() {
            return Ok(known);
        }
        let row = store::transaction(&self.transactions.0.pool, store::signed(chain.id), &hash.0).await?;
        Ok(row.map(|row| Signed {
            signer: Address::from_slice(&row.signer),
            nonce: row.nonce.unsigned_abs(),
        }))
    }

    async fn keep(&self, chain: &Chain, hash: TxHash, by: Signed, open: &Open) -> Result<(), LedgerError> {
        let row = Sighted {
            chain: store::signed(chain.id),
            hash: &hash.0,
            signer: by.signer.as_slice(),
            nonce: store::signed(by.nonce),
            asked_by: &open.asked_by.0,
            at: to_db(self.transactions.0.clock.now()),
        };
        let keep = i64::try_from(limits::TIPS_WATCHED).unwrap_or(i64::MAX);
        Ok(store::put_transaction(&self.transactions.0.pool, &row, keep).await?)
    }
}

/// What is reported of a purpose that no event has met: the most hopeful of its transactions. `None`: none was polled yet.
fn last(chain: &Chain, open: &Open) -> Option<TxReport> {
    let tracker = chain.subscriptions.tracker();
    let hope = |status: ObservedStatus| match status {
        ObservedStatus::Mined { .. } | ObservedStatus::Pending => 0,
        ObservedStatus::Reverted => 1,
        ObservedStatus::Replaced => 2,
        ObservedStatus::Dropped => 3,
        ObservedStatus::Unknown => 4,
    };
    let polled = open
        .hashes
        .into_iter()
        .flatten()
        .filter(|hash| tracker.polled(*hash).is_some());
    let reports = polled.map(|hash| tracker.last(hash));
    reports.min_by_key(|report| hope(report.status))
}

impl From<TxError> for LedgerError {
    fn from(error: TxError) -> Self {
        match error {
            TxError::Database(error) => error.into(),
            TxError::Damaged => Self::Defect,
        }
    }
}

/// One word for the log, which is written when it changes.
fn kind(error: &LedgerError) -> &'static str {
    use chain::rpc::RpcError;
    match error {
        LedgerError::Rpc(RpcError::ChainDown(_)) => "down",
        LedgerError::Rpc(RpcError::Refused { .. }) => "refused",
        LedgerError::Rpc(RpcError::BadUrl | RpcError::TooMuch | RpcError::Garbage(_)) => "garbage",
        LedgerError::Database(_) => "database",
        LedgerError::Defect => "defect",
        LedgerError::WrongChain(_) => "wrong chain",
        LedgerError::Behind { .. } => "behind",
        LedgerError::Contradiction => "contradiction",
    }
}
