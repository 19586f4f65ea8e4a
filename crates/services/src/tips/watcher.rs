//! The task that keeps looking at one chain.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use futures::{FutureExt, future::BoxFuture};
use protocol::{Address, TipId, TipReport, TipSight, TxHash, limits};

use super::{
    Chain, Tips,
    board::Open,
    ledger::{Ledger, LedgerError, Step},
    mined, replacement,
    sight::{self, Signed},
    store::{self, Cursor, Sighted},
};
use crate::{
    jobs::{Job, JobError, Turn, Work},
    time::to_db,
};

/// Between two looks, if it goes by the blocks.
const EVERY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(12));
/// Between two looks because somebody has asked.
const BREATH: Duration = Duration::from_millis(200);
/// How many steps are made before those who wait are told.
const STEPS: u32 = 64;
/// So many steps of a turn may lead nowhere or back, as they do while a chain is reorganised.
const DOUBTS: u32 = 4;
/// How many transactions are looked at in one turn, those longest not looked at first.
const LOOKS: usize = 64;
/// How long is looked in one turn: a node may be slow about what somebody names, and blocks are to be read meanwhile.
const LOOKING: Duration = Duration::from_secs(10);
/// How long is searched in one turn for what took the place of transactions.
const SEARCHING: Duration = Duration::from_secs(5);
/// How many new tips are read at once.
const FRESH: i64 = 500;

/// Keeps one chain's ledger and pushes to the sockets that wait.
#[derive(Debug)]
pub(super) struct Watcher {
    tips: Tips,
    chain_id: u64,
    ledger: Ledger,
    /// The node serves the right chain, and the last turn has succeeded.
    verified: bool,
    /// The newest tip that was told to accounts.
    newest: Option<i64>,
}

impl Work for Watcher {
    fn turn(&mut self, turn: Turn) -> BoxFuture<'_, Result<Duration, JobError>> {
        async move {
            let tips = self.tips.clone();
            let chain = tips.chain(self.chain_id);
            let outcome = self.look_at(chain, turn == Turn::Due).await;
            outcome.map_err(|error| JobError {
                kind: kind(&error),
                message: format!("tips on {} cannot be read for now: {error}", chain.name),
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
            self.tips.chain(self.chain_id).board.nudged().await;
            tokio::time::sleep(BREATH).await;
        }
        .boxed()
    }
}

impl Watcher {
    pub(super) fn job(tips: Tips, chain_id: u64) -> Job {
        let chain = tips.chain(chain_id);
        let (reader, since, patience) = (chain.reader.clone(), chain.since, chain.policy.shorter);
        let (name, backoff) = (format!("tips.watch.{chain_id}"), chain.policy.backoff);
        let watcher = Self {
            ledger: Ledger::new(tips.0.pool.clone(), reader, chain_id, since, patience),
            tips,
            chain_id,
            verified: false,
            newest: None,
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
        let tips = self.tips.clone();
        let pool = &tips.0.pool;
        let number = store::signed(chain.id);
        let Some(cursor) = store::cursor(pool, number).await? else {
            return Ok(());
        };
        self.hear(chain, number).await?;
        let open = chain.board.open();
        if open.is_empty() {
            return Ok(());
        }
        let senders: Vec<&[u8]> = open.iter().map(|open| open.sender.as_slice()).collect();
        let ids: Vec<&[u8]> = open.iter().map(|open| &open.id.0[..]).collect();
        let found = store::tips(pool, number, &senders, &ids).await?;
        let mut standing: HashMap<(Address, TipId), TipReport> = HashMap::new();
        for tip in &found {
            let key = (
                Address::from_slice(&tip.sender),
                TipId::from_slice(&tip.tip_id).ok_or_else(damaged)?,
            );
            standing.insert(key, mined(tip, cursor.number).map_err(|_| damaged())?);
        }
        for open in &open {
            if let Some(report) = standing.get(&(open.sender, open.id)) {
                chain.board.tell(chain.id, chain.confirmations, open, *report);
            }
        }
        let looked = self.look(chain, &open, &standing, &cursor, whole).await;
        for open in &open {
            if !standing.contains_key(&(open.sender, open.id))
                && let Some(report) = seen(chain, open)
            {
                chain.board.tell(chain.id, chain.confirmations, open, report);
            }
        }
        looked
    }

    /// Tips that were written since the last turn, by whichever node: their accounts wait for them without having asked.
    async fn hear(&mut self, chain: &Chain, number: i64) -> Result<(), LedgerError> {
        let tips = self.tips.clone();
        let pool = &tips.0.pool;
        let Some(mut newest) = self.newest else {
            self.newest = Some(store::newest(pool, number).await?);
            return Ok(());
        };
        loop {
            let fresh = store::fresh(pool, number, newest, FRESH).await?;
            for tip in &fresh {
                newest = newest.max(tip.id);
                let accounts = [Address::from_slice(&tip.sender), Address::from_slice(&tip.recipient)];
                let id = TipId::from_slice(&tip.tip_id).ok_or_else(damaged)?;
                for subscriber in tips.0.notifier.of_accounts(&accounts) {
                    chain.board.offer(&subscriber, accounts[0], id);
                }
            }
            self.newest = Some(newest);
            if fresh.len() < usize::try_from(FRESH).unwrap_or_default() {
                return Ok(());
            }
        }
    }

    /// Looks at transactions of tips that do not stand; and once at those of tips that do, so that it is known who signed them
    /// if they should fall.
    async fn look(
        &self,
        chain: &Chain,
        open: &[Open],
        standing: &HashMap<(Address, TipId), TipReport>,
        cursor: &Cursor,
        whole: bool,
    ) -> Result<(), LedgerError> {
        let (at, began) = (cursor.number.unsigned_abs(), tokio::time::Instant::now());
        let mut searching = SEARCHING;
        let mut wanted: HashMap<TxHash, &Open> = HashMap::new();
        for open in open {
            match standing.get(&(open.sender, open.id)) {
                Some(report) => {
                    let hash = report.hash.filter(|hash| chain.board.sights().signed(*hash).is_none());
                    wanted.extend(hash.map(|hash| (hash, open)));
                }
                None => wanted.extend(open.hashes.into_iter().flatten().map(|hash| (hash, open))),
            }
        }
        let mut order: Vec<(Option<Instant>, TxHash, &Open)> = {
            let mut sights = chain.board.sights();
            let stand: HashSet<TxHash> = standing.values().filter_map(|report| report.hash).collect();
            sights.keep(|hash| wanted.contains_key(&hash) || stand.contains(&hash));
            wanted
                .iter()
                .map(|(hash, open)| (sights.looked(*hash), *hash, *open))
                // A client request only polls transactions not yet polled: RPC calls cost money.
                .filter(|(looked, ..)| whole || looked.is_none())
                .filter(|(_, hash, _)| sights.due(*hash, began.into_std(), chain.policy.backoff))
                .collect()
        };
        order.sort_by_key(|(looked, hash, _)| (*looked, *hash));
        for (_, hash, open) in order.into_iter().take(LOOKS) {
            if began.elapsed() >= LOOKING {
                break;
            }
            let known = self.signed(chain, hash).await?;
            let looked = sight::look(&chain.reader, hash, (open.sender, open.id), known, at).await;
            let now = tokio::time::Instant::now().into_std();
            let Ok((shown, signed)) = looked else {
                // Anybody names transactions. What the node does not say of one keeps nobody else's from being looked at,
                // if it still says what it must always say.
                chain.board.sights().unanswered(hash, now);
                chain.reader.head().await?;
                continue;
            };
            if let (None, Some(signed)) = (known, signed) {
                self.keep(chain, hash, signed, open).await?;
            }
            let sight = chain
                .board
                .sights()
                .take(hash, shown, signed, now, chain.policy.forgotten);
            if let (TipSight::Replaced, Some(signed)) = (sight, signed) {
                replacement::learn(&self.tips.0.pool, chain, (hash, signed), cursor, &mut searching).await?;
            }
        }
        Ok(())
    }

    /// Who signed it, from memory or from the database.
    async fn signed(&self, chain: &Chain, hash: TxHash) -> Result<Option<Signed>, LedgerError> {
        let known = chain.board.sights().signed(hash);
        if known.is_some() {
            return Ok(known);
        }
        let row = store::transaction(&self.tips.0.pool, store::signed(chain.id), &hash.0).await?;
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
            at: to_db(self.tips.0.clock.now()),
        };
        let keep = i64::try_from(limits::TIPS_WATCHED).unwrap_or(i64::MAX);
        Ok(store::put_transaction(&self.tips.0.pool, &row, keep).await?)
    }
}

/// What the node says of a tip that does not stand: the most hopeful of its transactions. `None`: nothing was looked at yet.
fn seen(chain: &Chain, open: &Open) -> Option<TipReport> {
    let sights = chain.board.sights();
    let hope = |sight: TipSight| match sight {
        TipSight::Mined { .. } | TipSight::Pending => 0,
        TipSight::Reverted => 1,
        TipSight::Replaced => 2,
        TipSight::Dropped => 3,
        TipSight::Unknown => 4,
    };
    let looked = open
        .hashes
        .into_iter()
        .flatten()
        .filter(|hash| sights.looked(*hash).is_some());
    let reports = looked.map(|hash| sights.last(hash));
    reports.min_by_key(|report| hope(report.sight))
}

fn damaged() -> LedgerError {
    LedgerError::Defect
}

/// So that the log says once what goes on, however often and in whatever words it fails.
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
