//! What the worker asks the page's wallet, and what it answers. The wallet reads and writes only the chain it is on.

use protocol::{Address, Receipt, Transaction, TxHash, U256};
use serde::{Deserialize, Serialize};

/// A question for the wallet. The page checks chain and account before it asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum WalletRequest {
    /// Would this go through, and what would it cost? Asks nobody. Answered by `Tried` or `Reverts`.
    Try(Call),
    /// Sign and send. Asks the person. Answered by `Sent`.
    Send(Call),
    /// The receipt of a transaction and the newest block. Asks nobody. Answered by `Receipt`.
    Receipt {
        /// On this chain.
        chain_id: u64,
        /// Of this transaction.
        hash: TxHash,
    },
    /// A transaction, in a block or waiting. Asks nobody. Answered by `Transaction`.
    Transaction {
        /// On this chain.
        chain_id: u64,
        /// The hash of the transaction.
        hash: TxHash,
    },
    /// Run code and give back what it returns, changing nothing (`eth_call`). Asks nobody. Answered by `Returned` or `Reverts`.
    Call {
        /// On this chain.
        chain_id: u64,
        /// The contract; `None`: `data` is creation code.
        to: Option<Address>,
        /// Calldata (ABI-encoded), or creation code.
        #[serde(with = "serde_bytes")]
        data: Vec<u8>,
    },
}

/// A transaction to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// On this chain.
    pub chain_id: u64,
    /// By this account.
    pub from: Address,
    /// To this contract.
    pub to: Address,
    /// With this much of the native coin.
    pub value: U256,
    /// With this input.
    #[serde(with = "serde_bytes")]
    pub data: Vec<u8>,
}

/// What the wallet answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum WalletAnswer {
    /// It would go through.
    Tried {
        /// Gas it would take.
        gas: u64,
        /// What a unit of gas costs at most now, in the smallest unit of the coin.
        gas_price: U256,
        /// What the account has.
        balance: U256,
    },
    /// It would not: the bytes given as the reason (ABI-encoded error), if the wallet passed them on.
    Reverts(#[serde(with = "serde_bytes")] Vec<u8>),
    /// It is on its way.
    Sent(TxHash),
    /// What the chain has of it.
    Receipt {
        /// `None`: in no block.
        receipt: Option<Receipt>,
        /// The number of the newest block.
        head: u64,
    },
    /// What the chain knows of it; `None`: nothing.
    Transaction(Option<Transaction>),
    /// What the code returned.
    Returned(#[serde(with = "serde_bytes")] Vec<u8>),
}

/// Why the wallet did not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum WalletRefusal {
    /// There is none, or it is not connected.
    NoWallet,
    /// The person said no (4001).
    Rejected,
    /// A prompt is open already (-32002).
    Busy,
    /// The account is not connected to this site (4100).
    NotAuthorised,
    /// It is on another chain.
    WrongChain,
    /// It is at another account.
    WrongAccount,
    /// It lost its connection to the chain (4900, 4901), or does not answer in time.
    Offline,
    /// Less in the account than amount and fee.
    NotEnough,
    /// Something that makes no sense.
    Garbage,
    /// Anything else, in the wallet's words.
    Other(String),
}
