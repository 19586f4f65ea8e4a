//! Reads a chain: blocks, events, transactions. Every answer is compared with its question; what does not fit is garbage.

use std::time::Duration;

use alloy_primitives::{B256, U64, hex};
use alloy_provider::Provider;
use alloy_rpc_types_eth::{Filter, Log as RawLog, TransactionRequest};
use protocol::{Address, Log, Receipt, Transaction, TxHash, U256};
use serde::Deserialize;
use serde_json::json;

use crate::rpc::{Rpc, RpcError};

/// A block, as far as its place is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// How many are before it.
    pub number: u64,
    /// The block's hash.
    pub hash: [u8; 32],
    /// The one before it.
    pub parent: [u8; 32],
    /// In seconds since 1970.
    pub time: u64,
}

/// Which events of a contract are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventFilter {
    /// The contract that emits the event.
    pub contract: Address,
    /// The first topic: the hash of the event's signature.
    pub topic: [u8; 32],
}

/// An event in a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The block's number.
    pub block: u64,
    /// The block's hash.
    pub block_hash: [u8; 32],
    /// The place among the block's logs.
    pub index: u64,
    /// The transaction's hash.
    pub hash: TxHash,
    /// What the contract emitted.
    pub log: Log,
}

// Blocks, receipts and transactions are read as far as they are needed and no further: chains have kinds of transactions, and
// leave out fields, that alloy's types do not allow.

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawBlock {
    number: U64,
    hash: B256,
    parent_hash: B256,
    timestamp: U64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawReceipt {
    transaction_hash: B256,
    block_number: U64,
    /// Before Byzantium `root` stood in its place, and whether it was carried out was not said.
    status: Option<U64>,
    root: Option<B256>,
    logs: Vec<RawLog>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawTransaction {
    hash: B256,
    from: Address,
    nonce: U64,
    block_number: Option<U64>,
    to: Option<Address>,
    #[serde(default)]
    value: U256,
}

#[derive(Debug, Deserialize)]
struct FullBlock {
    number: U64,
    transactions: Vec<Placed>,
}

#[derive(Debug, Deserialize)]
struct Placed {
    hash: B256,
    from: Option<Address>,
    nonce: Option<U64>,
}

/// Reads one chain. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Reader {
    rpc: Rpc,
}

impl From<Rpc> for Reader {
    fn from(rpc: Rpc) -> Self {
        Self { rpc }
    }
}

impl Reader {
    /// For the chain with this RPC. Does not ask it yet.
    ///
    /// # Errors
    /// `BadUrl`.
    pub fn new(url: &str) -> Result<Self, RpcError> {
        Ok(Self { rpc: Rpc::new(url)? })
    }

    /// As it is, but giving the chain up after this time.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self {
            rpc: self.rpc.with_patience(patience),
        }
    }

    /// EIP-155.
    ///
    /// # Errors
    /// If the chain does not say.
    pub async fn chain_id(&self) -> Result<u64, RpcError> {
        Ok(self.rpc.provider().get_chain_id().await?)
    }

    /// The newest block.
    ///
    /// # Errors
    /// If the chain does not say.
    pub async fn head(&self) -> Result<Block, RpcError> {
        let block: Option<RawBlock> = self.rpc.ask("eth_getBlockByNumber", json!(["latest", false])).await?;
        let block = block.ok_or_else(|| RpcError::garbage("no newest block"))?;
        Ok(block.into())
    }

    /// The block of this number, if the chain is as long.
    ///
    /// # Errors
    /// If the chain does not say.
    pub async fn block(&self, number: u64) -> Result<Option<Block>, RpcError> {
        let asked = json!([quantity(number), false]);
        let block: Option<RawBlock> = self.rpc.ask("eth_getBlockByNumber", asked).await?;
        let block = block.map(Block::from);
        if block.is_some_and(|block| block.number != number) {
            return Err(RpcError::garbage("another block"));
        }
        Ok(block)
    }

    /// The events in the blocks from `first` to `last`, both included, in their order.
    ///
    /// # Errors
    /// `Refused` or `TooMuch` for a range that is too long for this node, or if the chain does not say.
    pub async fn events_between(&self, event: EventFilter, first: u64, last: u64) -> Result<Vec<Seen>, RpcError> {
        let found = self
            .events(event, Filter::new().from_block(first).to_block(last))
            .await?;
        if found.iter().any(|seen| !(first..=last).contains(&seen.block)) {
            return Err(RpcError::garbage("events of other blocks"));
        }
        Ok(found)
    }

    /// The events in exactly this block. A node that does not know it refuses.
    ///
    /// # Errors
    /// If the chain does not say.
    pub async fn events_in(&self, event: EventFilter, block: &Block) -> Result<Vec<Seen>, RpcError> {
        let found = self.events(event, Filter::new().at_block_hash(block.hash)).await?;
        let there = |seen: &Seen| seen.block == block.number && seen.block_hash == block.hash;
        if !found.iter().all(there) {
            return Err(RpcError::garbage("events of other blocks"));
        }
        Ok(found)
    }

    async fn events(&self, event: EventFilter, filter: Filter) -> Result<Vec<Seen>, RpcError> {
        let filter = filter.address(event.contract).event_signature(B256::from(event.topic));
        let logs = self.rpc.provider().get_logs(&filter).await?;
        let wanted = |seen: &Seen| seen.log.address == event.contract && seen.log.topics.first() == Some(&event.topic);
        let mut found = logs
            .into_iter()
            .filter(|log| !log.removed)
            .map(|log| seen(log).filter(wanted))
            .collect::<Option<Vec<Seen>>>()
            .ok_or_else(|| RpcError::garbage("logs that were not asked for"))?;
        found.sort_by_key(|seen| (seen.block, seen.index));
        Ok(found)
    }

    /// A transaction, in a block or waiting for one.
    ///
    /// # Errors
    /// If the chain does not say.
    pub async fn transaction(&self, hash: TxHash) -> Result<Option<Transaction>, RpcError> {
        let asked = json!([hex::encode_prefixed(hash)]);
        let found: Option<RawTransaction> = self.rpc.ask("eth_getTransactionByHash", asked).await?;
        let Some(found) = found else { return Ok(None) };
        if found.hash.0 != hash.0 {
            return Err(RpcError::garbage("another transaction"));
        }
        Ok(Some(Transaction {
            hash,
            from: found.from,
            nonce: found.nonce.to(),
            block: found.block_number.map(|number| number.to()),
            to: found.to,
            value: found.value,
        }))
    }

    /// The transaction of this account and nonce in the block of this number, if it is there.
    ///
    /// # Errors
    /// `TooMuch` for a block that is too long, or if the chain does not say.
    pub async fn transaction_at(&self, block: u64, account: Address, nonce: u64) -> Result<Option<TxHash>, RpcError> {
        let asked = json!([quantity(block), true]);
        let found: Option<FullBlock> = self.rpc.ask("eth_getBlockByNumber", asked).await?;
        let Some(found) = found else { return Ok(None) };
        if found.number.to::<u64>() != block {
            return Err(RpcError::garbage("another block"));
        }
        let wanted = |placed: &Placed| placed.from == Some(account) && placed.nonce == Some(U64::from(nonce));
        let placed = found.transactions.into_iter().find(wanted);
        Ok(placed.map(|placed| TxHash(placed.hash.0)))
    }

    /// What a transaction came to, if it is in a block. One from before Byzantium (2017), which does not say, counts as not
    /// carried out: nobody could have tipped then.
    ///
    /// # Errors
    /// If the chain does not say.
    pub async fn receipt(&self, hash: TxHash) -> Result<Option<Receipt>, RpcError> {
        let asked = json!([hex::encode_prefixed(hash)]);
        let found: Option<RawReceipt> = self.rpc.ask("eth_getTransactionReceipt", asked).await?;
        found.map(|found| found.of(hash)).transpose()
    }

    /// How many transactions of this account stand in the blocks up to this one: every nonce below it is used up.
    ///
    /// # Errors
    /// If the chain does not say.
    pub async fn transactions_of(&self, account: Address, block: u64) -> Result<u64, RpcError> {
        let count = self.rpc.provider().get_transaction_count(account);
        Ok(count.number(block).await?)
    }

    /// Whether a contract stands at this address.
    ///
    /// # Errors
    /// If the chain does not say.
    pub async fn has_code(&self, address: Address) -> Result<bool, RpcError> {
        Ok(!self.rpc.provider().get_code_at(address).await?.is_empty())
    }

    /// What a contract returns to a call that changes nothing, with at most this much gas.
    ///
    /// # Errors
    /// `Refused` with the bytes it reverted with, or if the chain does not say.
    pub async fn call(&self, to: Address, data: &[u8], gas: u64) -> Result<Vec<u8>, RpcError> {
        let call = TransactionRequest::default().to(to).gas_limit(gas);
        self.rpc.call(call, data.to_vec()).await
    }
}

fn quantity(number: u64) -> String {
    format!("{number:#x}")
}

impl From<RawBlock> for Block {
    fn from(block: RawBlock) -> Self {
        Self {
            number: block.number.to(),
            hash: block.hash.0,
            parent: block.parent_hash.0,
            time: block.timestamp.to(),
        }
    }
}

impl RawReceipt {
    fn of(self, hash: TxHash) -> Result<Receipt, RpcError> {
        if self.transaction_hash.0 != hash.0 {
            return Err(RpcError::garbage("another receipt"));
        }
        if self.status.is_none() && self.root.is_none() {
            return Err(RpcError::garbage("a receipt that does not say what it came to"));
        }
        Ok(Receipt {
            hash,
            succeeded: self.status == Some(U64::from(1)),
            block: self.block_number.to(),
            logs: self.logs.into_iter().map(log).collect(),
        })
    }
}

/// A log that says where it is.
fn seen(raw: RawLog) -> Option<Seen> {
    let (block, block_hash) = (raw.block_number?, raw.block_hash?.0);
    let (index, hash) = (raw.log_index?, TxHash(raw.transaction_hash?.0));
    Some(Seen {
        block,
        block_hash,
        index,
        hash,
        log: log(raw),
    })
}

fn log(raw: RawLog) -> Log {
    let (topics, data) = raw.inner.data.split();
    Log {
        address: raw.inner.address,
        topics: topics.into_iter().map(|topic| topic.0).collect(),
        data: data.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: TxHash = TxHash([0x11; 32]);

    /// A receipt as nodes give it, with this said of what it came to.
    fn receipt(said: &str, what: &str) -> Result<Receipt, RpcError> {
        let mut raw = json!({
            "transactionHash": hex::encode_prefixed(HASH), "blockHash": hex::encode_prefixed([9; 32]),
            "blockNumber": "0xb443", "from": format!("{:#x}", Address::repeat_byte(1)), "gasUsed": "0x5208", "logs": [],
        });
        raw[said] = json!(what);
        serde_json::from_value::<RawReceipt>(raw).unwrap().of(HASH)
    }

    #[test]
    fn a_receipt_says_whether_it_was_carried_out() {
        assert!(receipt("status", "0x1").unwrap().succeeded);
        assert!(!receipt("status", "0x0").unwrap().succeeded);
    }

    #[test]
    fn a_receipt_from_before_byzantium_is_a_receipt() {
        let old = receipt("root", &hex::encode_prefixed([5; 32])).unwrap();
        assert_eq!((old.hash, old.block, old.succeeded), (HASH, 0xb443, false));
        // One that says neither is none.
        assert!(matches!(receipt("type", "0x0"), Err(RpcError::Garbage(_))));
    }
}
