//! The blocks of one chain with the events in them: read forward, taken back where the chain was reorganised.
//!
//! Whatever is written is written together with the move of the cursor, and only if nobody else has moved it: a crash between
//! two steps repeats one, and two watchers over one database do each step once. Blocks near the head are read one by one by
//! their hash, each of which must follow on the one before; only what is far behind is read in ranges.

use std::{sync::Arc, time::Duration};

use chain::{
    reader::{Block, Reader, Seen},
    rpc::RpcError,
};
use sqlx::PgPool;

use super::{
    Chain, Events,
    store::{self, BlockRow, Cursor, signed},
};
use crate::db::DbError;

/// Blocks so near to the head are read one by one: no reorganisation of any chain people pay on was ever deeper.
const NEAR: u64 = 64;
/// How many of these are read before they are written.
const STRIDE: u64 = 32;
/// The most blocks in one question for what is farther behind; nodes refuse more, some of them less.
const RANGE: u64 = 2_000;
/// So many of the newest blocks are kept without gaps.
const KEPT: i64 = 256;
/// Of older blocks, one is kept for every this many.
const MILESTONE: i64 = 1_024;

/// Why a step was not made. Nothing half done stays.
#[derive(Debug, thiserror::Error)]
pub(super) enum LedgerError {
    /// The chain's node could not be read.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// The database could not be read or written.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A stored row is not what it must be, or something panicked.
    #[error("a defect")]
    Defect,
    /// The node serves another chain than the one it is configured for.
    #[error("the node serves chain {0}")]
    WrongChain(u64),
    /// The node has fewer blocks than were read already.
    #[error("the node is at block {head}, {cursor} were read: waiting for it")]
    Behind {
        /// The number of the node's newest block.
        head: u64,
        /// The number of the last block that this server has read.
        cursor: u64,
    },
    /// What the node says does not fit together, however often it is asked: two nodes behind one address, say.
    #[error("the node contradicts itself: its blocks do not follow on one another")]
    Contradiction,
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(DbError::from(error))
    }
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The cursor has moved, and may move on.
    Moved,
    /// Somebody else has moved the cursor meanwhile: nothing was written.
    Again,
    /// The node contradicts what it said before: nothing was written, or blocks were taken back. This passes after a reorganisation, but
    /// not with a node that stays inconsistent.
    Doubt,
    /// Everything is read.
    Still,
}

/// Reads one chain into the database.
#[derive(Debug)]
pub(super) struct Ledger {
    pool: PgPool,
    reader: Reader,
    chain_id: u64,
    chain: i64,
    /// The block at which reading begins on a database that has none of this chain; `None`: at its head.
    since: Option<u64>,
    /// A shorter chain is believed after so many looks.
    patience: u32,
    range: u64,
    shorter: u32,
    events: Vec<Arc<dyn Events>>,
    /// The newest block seen, and how long blocks take.
    seen: Option<Block>,
    block_time: Option<Duration>,
}

impl Ledger {
    pub(super) fn new(pool: PgPool, chain: &Chain) -> Self {
        Self {
            pool,
            reader: chain.reader.clone(),
            chain_id: chain.id,
            chain: signed(chain.id),
            since: chain.since,
            patience: chain.policy.shorter,
            events: chain.events.clone(),
            range: RANGE,
            shorter: 0,
            seen: None,
            block_time: None,
        }
    }

    /// How long a block takes, if that has been seen.
    pub(super) fn block_time(&self) -> Option<Duration> {
        self.block_time
    }

    /// Is it the chain it should be?
    pub(super) async fn verify(&self) -> Result<(), LedgerError> {
        match self.reader.chain_id().await? {
            id if id == self.chain_id => Ok(()),
            other => Err(LedgerError::WrongChain(other)),
        }
    }

    /// One step towards the head of the chain.
    pub(super) async fn step(&mut self) -> Result<Step, LedgerError> {
        let head = self.reader.head().await?;
        self.time(head);
        let Some(cursor) = store::cursor(&self.pool, self.chain).await? else {
            return self.begin(head).await;
        };
        let at = cursor.number.unsigned_abs();
        if head.number < at {
            return self.wait_or_go_back(&cursor, head).await;
        }
        self.shorter = 0;
        let here = if head.number == at {
            Some(head)
        } else {
            self.reader.block(at).await?
        };
        let here = here.ok_or_else(|| RpcError::Garbage("a block is missing before the head".to_owned()))?;
        if cursor.hash != here.hash {
            return self.go_back(&cursor, head).await;
        }
        if head.number == at {
            return Ok(Step::Still);
        }
        if head.number - at > NEAR {
            self.read_range(&cursor, head.number - NEAR).await
        } else {
            self.read_blocks(&cursor, head).await
        }
    }

    fn time(&mut self, head: Block) {
        let before = self.seen.replace(head);
        if let Some(before) = before.filter(|before| before.number < head.number && before.time < head.time) {
            let each = (head.time - before.time).saturating_mul(1000) / (head.number - before.number);
            self.block_time = Some(Duration::from_millis(each));
        }
    }

    /// The first time: what was before is not read.
    async fn begin(&mut self, head: Block) -> Result<Step, LedgerError> {
        self.verify().await?;
        let genesis = self.reader.block(0).await?.map_or([0; 32], |block| block.hash);
        let start = match self.since {
            Some(since) if since <= head.number => self.reader.block(since.saturating_sub(1)).await?,
            _ => Some(head),
        };
        let start = start.ok_or_else(|| RpcError::Garbage("a block is missing before the head".to_owned()))?;
        let cursor = Cursor {
            genesis: genesis.to_vec(),
            number: signed(start.number),
            hash: start.hash.to_vec(),
        };
        let mut transaction = self.pool.begin().await?;
        if !store::begin(&mut transaction, self.chain, &cursor).await? {
            return Ok(Step::Again);
        }
        store::put_blocks(&mut transaction, self.chain, &[cursor.number], &[&cursor.hash]).await?;
        transaction.commit().await?;
        let chain_id = self.chain_id;
        tracing::info!(
            chain_id,
            block = start.number,
            "chain {chain_id} is read from block {} on",
            start.number
        );
        Ok(Step::Moved)
    }

    /// Far behind: a range in one question.
    async fn read_range(&mut self, cursor: &Cursor, near: u64) -> Result<Step, LedgerError> {
        let first = cursor.number.unsigned_abs() + 1;
        let last = near.min(first + self.range - 1);
        let Some(end) = self.reader.block(last).await? else {
            return Ok(Step::Doubt);
        };
        let mut found = vec![Vec::new(); self.events.len()];
        for (events, found) in self.events.iter().zip(&mut found) {
            *found = match self.reader.events_between(events.filter(), first, last).await {
                Err(RpcError::Refused { .. } | RpcError::TooMuch) if self.range > 1 => {
                    self.range /= 2;
                    return Ok(Step::Moved);
                }
                found => checked(events.as_ref(), found?)?,
            };
        }
        // The range belongs to one chain only if its end has not changed meanwhile.
        if self.reader.block(last).await? != Some(end) {
            return Ok(Step::Doubt);
        }
        self.range = (self.range * 2).min(RANGE);
        self.write(cursor, &[end], &found).await
    }

    /// Near the head: block by block.
    async fn read_blocks(&self, cursor: &Cursor, head: Block) -> Result<Step, LedgerError> {
        let at = cursor.number.unsigned_abs();
        let (mut blocks, mut found) = (Vec::<Block>::new(), vec![Vec::new(); self.events.len()]);
        'blocks: for number in at + 1..=head.number.min(at + STRIDE) {
            let block = if number == head.number {
                Some(head)
            } else {
                self.reader.block(number).await?
            };
            let parent = blocks.last().map_or(&cursor.hash[..], |block| &block.hash);
            let Some(block) = block.filter(|block| block.parent == parent) else {
                break;
            };
            let mut here = Vec::new();
            for events in &self.events {
                match self.reader.events_in(events.filter(), &block).await {
                    Ok(more) => here.push(checked(events.as_ref(), more)?),
                    // Not there any more, or this node does not know it yet.
                    Err(RpcError::Refused { .. }) if !blocks.is_empty() => break 'blocks,
                    Err(error) => return Err(error.into()),
                }
            }
            found.iter_mut().zip(here).for_each(|(found, here)| found.extend(here));
            blocks.push(block);
        }
        self.write(cursor, &blocks, &found).await
    }

    /// Writes blocks and events; `found` holds the events of each area.
    async fn write(&self, cursor: &Cursor, blocks: &[Block], found: &[Vec<Seen>]) -> Result<Step, LedgerError> {
        let Some(last) = blocks.last() else {
            return Ok(Step::Doubt);
        };
        let mut transaction = self.pool.begin().await?;
        let to = signed(last.number);
        if !store::move_cursor(&mut transaction, self.chain, cursor, to, &last.hash).await? {
            return Ok(Step::Again);
        }
        let numbers: Vec<i64> = blocks.iter().map(|block| signed(block.number)).collect();
        let hashes: Vec<&[u8]> = blocks.iter().map(|block| &block.hash[..]).collect();
        store::put_blocks(&mut transaction, self.chain, &numbers, &hashes).await?;
        store::thin_out(&mut transaction, self.chain, to - KEPT, MILESTONE).await?;
        for (events, found) in self.events.iter().zip(found) {
            events.keep(&mut transaction, self.chain, found).await?;
        }
        transaction.commit().await?;
        Ok(Step::Moved)
    }

    /// The node is behind us: one of several nodes that lags, a chain that was cut, or another chain of the same number.
    async fn wait_or_go_back(&mut self, cursor: &Cursor, head: Block) -> Result<Step, LedgerError> {
        let behind = LedgerError::Behind {
            head: head.number,
            cursor: cursor.number.unsigned_abs(),
        };
        if self.is_reset(cursor).await? {
            return self.begin_anew(cursor).await;
        }
        let known = store::blocks(&self.pool, self.chain, signed(head.number)).await?;
        if known.is_empty() {
            return Err(behind);
        }
        match self.last_common(&known).await? {
            None => self.begin_anew(cursor).await,
            // All of ours that it could have are its own.
            Some(common) if Some(&common) == known.last() => {
                let short = common.number == signed(head.number) && common.hash == head.hash;
                self.shorter += u32::from(short);
                if self.shorter < self.patience {
                    return Err(behind);
                }
                self.shorter = 0;
                self.take_back(cursor, &common).await
            }
            Some(common) => self.take_back(cursor, &common).await,
        }
    }

    /// The block we stand on was replaced.
    async fn go_back(&self, cursor: &Cursor, head: Block) -> Result<Step, LedgerError> {
        if self.is_reset(cursor).await? {
            return self.begin_anew(cursor).await;
        }
        let up_to = cursor.number.min(signed(head.number));
        let known = store::blocks(&self.pool, self.chain, up_to).await?;
        match self.last_common(&known).await? {
            Some(common) if common.number == cursor.number => Ok(Step::Doubt),
            Some(common) => self.take_back(cursor, &common).await,
            None => self.begin_anew(cursor).await,
        }
    }

    async fn is_reset(&self, cursor: &Cursor) -> Result<bool, LedgerError> {
        self.verify().await?;
        let genesis = self.reader.block(0).await?.map_or([0; 32], |block| block.hash);
        Ok(cursor.genesis != genesis)
    }

    /// The last of these blocks that is still on the chain. A binary search, as every ancestor of a block on the chain is on it too.
    async fn last_common(&self, known: &[BlockRow]) -> Result<Option<BlockRow>, LedgerError> {
        let (mut have, mut lack) = (0, known.len());
        // Most reorganisations are a few blocks deep: look near the end first, then halve.
        let mut stride = 1;
        while have < lack {
            let middle = if stride < lack - have {
                lack - stride
            } else {
                have + (lack - have) / 2
            };
            stride = stride.saturating_mul(2);
            let row = &known[middle];
            let there = self.reader.block(row.number.unsigned_abs()).await?;
            if there.is_some_and(|block| row.hash == block.hash) {
                have = middle + 1;
                stride = usize::MAX;
            } else {
                lack = middle;
            }
        }
        Ok(have.checked_sub(1).map(|place| known[place].clone()))
    }

    async fn take_back(&self, cursor: &Cursor, to: &BlockRow) -> Result<Step, LedgerError> {
        let mut transaction = self.pool.begin().await?;
        if !store::move_cursor(&mut transaction, self.chain, cursor, to.number, &to.hash).await? {
            return Ok(Step::Again);
        }
        store::take_back(&mut transaction, self.chain, to.number).await?;
        let mut taken = 0;
        for events in &self.events {
            taken += events.take_back(&mut transaction, self.chain, to.number).await?;
        }
        transaction.commit().await?;
        let (chain_id, blocks) = (self.chain_id, cursor.number - to.number);
        tracing::info!(
            chain_id,
            blocks,
            events = taken,
            "chain {chain_id} was reorganised: {blocks} blocks with {taken} events are read again"
        );
        Ok(Step::Doubt)
    }

    async fn begin_anew(&self, cursor: &Cursor) -> Result<Step, LedgerError> {
        if !store::forget(&self.pool, self.chain, cursor).await? {
            return Ok(Step::Again);
        }
        let chain_id = self.chain_id;
        tracing::warn!(chain_id, "chain {chain_id} is another one than before: it is read anew");
        Ok(Step::Doubt)
    }
}

/// The events, if all of them are some.
fn checked(events: &dyn Events, found: Vec<Seen>) -> Result<Vec<Seen>, RpcError> {
    if found.iter().all(|seen| events.is_event(seen)) {
        Ok(found)
    } else {
        Err(RpcError::Garbage("logs that no contract emits so".to_owned()))
    }
}
