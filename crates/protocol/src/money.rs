//! Tips and transactions as they are referred to and read. A reference proves nothing: the chain does.

use serde::{Deserialize, Serialize};

use crate::{Address, TxHash, U256, unknown::skips_unknown};

/// What the server observes of a transaction, or of what it is for. A hint: no client believes it further than "Reported by the server".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TxReport {
    /// The transaction that did it, or that is being waited for.
    pub hash: Option<TxHash>,
    /// How far it is.
    pub status: ObservedStatus,
}

/// How far a transaction is, as the server's node has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub enum ObservedStatus {
    /// Neither transaction nor event, or a status of a newer server: nothing follows from it.
    Unknown,
    /// The transaction is in no block yet.
    Pending,
    /// It is in a block and did what it is for; this many blocks count, its own included.
    Mined {
        /// The number of blocks from its own on: at least 1.
        confirmations: u32,
        /// The account that was paid: by the contract, for a tip.
        recipient: Address,
        /// In the smallest unit of the native coin.
        amount: U256,
    },
    /// It is in a block and did not do what it is for.
    Reverted,
    /// Another transaction of the same sender and nonce is in a block instead, and did not do what it is for.
    Replaced,
    /// No node of the chain knows the transaction any more.
    Dropped,
}

skips_unknown!(ObservedStatus, Frame, First);

/// How the reference of a tip differs from the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TipMismatch {
    /// The site does not serve the network.
    Network,
    /// The contract is not the one for tips.
    Contract,
    /// The transaction holds no such tip.
    NoSuchTip,
    /// Another account paid.
    Sender,
    /// Another account was paid.
    Recipient,
    /// The amount differs.
    Amount,
    /// Another coin was paid.
    Token,
    /// The tip belongs to another message.
    Id,
}

/// The receipt of a transaction in a block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The hash of the transaction, as the node states it.
    pub hash: TxHash,
    /// Status 1: the transaction was not reverted.
    pub succeeded: bool,
    /// The number of its block.
    pub block: u64,
    /// The events that contracts emitted in it.
    pub logs: Vec<Log>,
}

/// One event of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// The contract that emitted it.
    pub address: Address,
    /// At most four words; the first names the event.
    pub topics: Vec<[u8; 32]>,
    /// The rest, ABI-encoded.
    #[serde(with = "serde_bytes")]
    pub data: Vec<u8>,
}

/// A transaction as a node knows it, in a block or pending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// The hash of the transaction.
    pub hash: TxHash,
    /// The account that signed it.
    pub from: Address,
    /// The number of the sender's transactions before it.
    pub nonce: u64,
    /// The number of its block, if it is in one.
    pub block: Option<u64>,
    /// The account that it calls or pays; `None`: it creates a contract.
    pub to: Option<Address>,
    /// How much of the native coin it carries, in the smallest unit.
    pub value: U256,
}
