//! What is said of tips and read from a chain: never more than a reference, for the chain is what counts.

use serde::{Deserialize, Serialize};

use crate::{Address, TxHash, U256, unknown::skips_unknown};

/// What the server has seen of a tip. A hint: no client believes it further than "Reported by the server".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TipReport {
    /// The transaction in which it stands, or which is being waited for.
    pub hash: Option<TxHash>,
    /// How far it is.
    pub sight: TipSight,
}

/// How far a tip is, seen from the server's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub enum TipSight {
    /// Neither transaction nor event, or a state of a newer server: nothing follows from it.
    Unknown,
    /// The transaction waits for a block.
    Pending,
    /// The event stands in a block; this many blocks count, its own included.
    Mined {
        /// At least 1.
        confirmations: u32,
        /// Whom the contract paid.
        recipient: Address,
        /// In the smallest unit of the native coin.
        amount: U256,
    },
    /// The transaction is in a block and moved nothing.
    Reverted,
    /// Another transaction of the same sender and nonce is in a block instead, and this tip is not in it.
    Replaced,
    /// The chain's nodes have forgotten the transaction.
    Dropped,
}

skips_unknown!(TipSight, Frame, First);

/// In what a tip's message and the chain differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TipMismatch {
    /// The network is not one of this site.
    Network,
    /// Not the contract for tips.
    Contract,
    /// The transaction holds no such tip.
    NoSuchTip,
    /// Somebody else paid.
    Sender,
    /// Somebody else was paid.
    Recipient,
    /// Another amount.
    Amount,
    /// Another coin.
    Token,
    /// The tip belongs to another message.
    Id,
}

/// What a transaction came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Its hash, as it was given back.
    pub hash: TxHash,
    /// Status 1: it was carried out.
    pub succeeded: bool,
    /// The number of its block.
    pub block: u64,
    /// What contracts said in it.
    pub logs: Vec<Log>,
}

/// One event of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// Which contract.
    pub address: Address,
    /// At most four words; the first names the event.
    pub topics: Vec<[u8; 32]>,
    /// The rest, ABI-encoded.
    #[serde(with = "serde_bytes")]
    pub data: Vec<u8>,
}

/// A transaction as the chain's nodes know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// Its hash.
    pub hash: TxHash,
    /// Who signed it.
    pub from: Address,
    /// Its place among the sender's.
    pub nonce: u64,
    /// The number of its block, if it is in one.
    pub block: Option<u64>,
}
