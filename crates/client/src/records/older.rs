//! Records as earlier builds wrote them.

use bridge::{Consent, MessageState, TxState, Unsent, Witness};
use protocol::{Address, MessageId, Seq, TipId, TxHash, U256, UnixMillis, Welcome};
use serde::{Deserialize, Serialize};

use super::{Awaited, Membership, PendingAlert, PendingCommit, Sealed};

/// [`super::Conversation`] before messages had typed bodies.
#[derive(Serialize, Deserialize)]
pub(crate) struct Conversation {
    pub consent: Consent,
    pub preview: String,
    pub mine: bool,
    pub at: UnixMillis,
    pub unread: u32,
}

/// [`super::Message`] before messages had typed bodies.
#[derive(Serialize, Deserialize)]
pub(crate) struct Message {
    pub author: Address,
    pub mine: bool,
    pub text: String,
    pub at: UnixMillis,
    pub state: MessageState,
}

/// [`super::Intent`] before messages had typed bodies.
#[derive(Serialize, Deserialize)]
pub(crate) struct Intent {
    pub id: MessageId,
    pub peer: Address,
    pub at: UnixMillis,
    pub text: String,
    pub sealed: Option<Sealed>,
    pub unsent: Option<Unsent>,
}

/// [`super::TopicState`] before conversations had ids.
#[derive(Serialize, Deserialize)]
pub(crate) struct LogV4 {
    pub peer: Option<Address>,
    pub stage: Membership,
    pub cursor: Seq,
    pub last_commit: Seq,
    pub newest: UnixMillis,
    pub commit: Option<PendingCommit>,
    pub renewed: UnixMillis,
    pub since: u32,
    pub awaited: Vec<Awaited>,
    pub alert: Option<PendingAlert>,
    pub reread: Seq,
}

/// [`super::TopicState`] as it was before ciphertexts were marked and logs read anew.
#[derive(Serialize, Deserialize)]
pub(crate) struct LogV3 {
    pub peer: Option<Address>,
    pub stage: Membership,
    pub cursor: Seq,
    pub last_commit: Seq,
    pub newest: UnixMillis,
    pub commit: Option<PendingCommit>,
    pub renewed: UnixMillis,
    pub since: u32,
    pub awaited: Vec<MessageId>,
    pub alert: Option<PendingAlert>,
}

/// [`super::TopicState`] as it was before keys were renewed and installations removed.
#[derive(Serialize, Deserialize)]
pub(crate) struct LogV1 {
    pub peer: Option<Address>,
    pub stage: Membership,
    pub cursor: Seq,
    pub last_commit: Seq,
    pub newest: UnixMillis,
    pub commit: Option<PendingCommitV1>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct PendingCommitV1 {
    pub id: MessageId,
    pub last_commit: Seq,
    #[serde(with = "serde_bytes")]
    pub commit: Vec<u8>,
    pub welcomes: Vec<Welcome>,
}

/// [`super::Tx`] when tips were the only transactions.
#[expect(clippy::struct_excessive_bools, reason = "as it was")]
#[derive(Serialize, Deserialize)]
pub(crate) struct Tip {
    pub peer: Address,
    pub mine: bool,
    pub chain_id: u64,
    pub contract: Address,
    pub id: TipId,
    pub amount: U256,
    pub at: UnixMillis,
    pub hash: Option<TxHash>,
    pub nonce: Option<u64>,
    pub state: TxState,
    pub witness: Witness,
    pub settled: bool,
    pub asked: u8,
    pub told: bool,
    pub gone: bool,
}
