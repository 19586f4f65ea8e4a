//! What lies in the vault: keys, and values as one version byte followed by postcard.
//!
//! A stored shape never changes; a new one gets a new version byte and is read beside the old one.

use bridge::{Consent, ConversationId, MessageState, TxState, Unsent, Witness};
use content::{Body, Kind, Text};
use identity::{Association, Revocation};
use protocol::{Address, Incarnation, InstallationId, MessageId, Seq, TipId, Topic, TxHash, U256, UnixMillis, Welcome};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Space, VaultError};

/// A record and the versions in which it is read.
pub(crate) trait Stored: Serialize + DeserializeOwned {
    /// The version that is written.
    const VERSION: u8 = 1;

    /// The record in the bytes of an older version.
    fn older(version: u8, bytes: &[u8]) -> Option<Self> {
        let _ = (version, bytes);
        None
    }
}

impl Stored for Settings {}
impl Stored for Early {}

impl Stored for Tx {
    const VERSION: u8 = 2;

    fn older(_: u8, bytes: &[u8]) -> Option<Self> {
        let old: older::Tip = whole(bytes)?;
        Some(Self {
            purpose: Purpose::Tip(Tip {
                peer: old.peer,
                mine: old.mine,
                contract: old.contract,
                id: old.id,
                told: old.told,
            }),
            chain_id: old.chain_id,
            amount: old.amount,
            at: old.at,
            hash: old.hash,
            nonce: old.nonce,
            state: old.state,
            witness: old.witness,
            settled: old.settled,
            asked: old.asked,
            gone: old.gone,
        })
    }
}

impl Stored for Conversation {
    const VERSION: u8 = 2;

    fn older(_: u8, bytes: &[u8]) -> Option<Self> {
        let old: older::Conversation = whole(bytes)?;
        let latest = (!old.preview.is_empty()).then(|| Latest {
            id: MessageId([0; 16]),
            body: text(old.preview),
        });
        Some(Self {
            consent: old.consent,
            latest,
            mine: old.mine,
            at: old.at,
            unread: old.unread,
        })
    }
}

impl Stored for Message {
    const VERSION: u8 = 2;

    fn older(_: u8, bytes: &[u8]) -> Option<Self> {
        let old: older::Message = whole(bytes)?;
        Some(Self {
            author: old.author,
            mine: old.mine,
            at: old.at,
            state: old.state,
            content: text(old.text).into(),
            quoted: None,
            reactions: Vec::new(),
        })
    }
}

impl Stored for Intent {
    const VERSION: u8 = 2;

    fn older(_: u8, bytes: &[u8]) -> Option<Self> {
        let old: older::Intent = whole(bytes)?;
        Some(Self {
            id: old.id,
            conversation: ConversationId::Direct(old.peer),
            at: old.at,
            content: text(old.text).into(),
            sealed: old.sealed,
            unsent: old.unsent,
        })
    }
}

/// The body of a text from before bodies had kinds. A tip was one too: [`crate::upgrade`] gives it its kind.
pub(crate) fn text(text: String) -> Body {
    Body {
        kind: Text::NUMBER,
        bytes: text.into_bytes(),
        fallback: String::new(),
    }
}

impl Stored for TopicState {
    const VERSION: u8 = 5;

    fn older(version: u8, bytes: &[u8]) -> Option<Self> {
        if version == 4 {
            let old: older::LogV4 = whole(bytes)?;
            return Some(Self {
                cursor: old.cursor,
                last_commit: old.last_commit,
                newest: old.newest,
                commit: old.commit,
                since: old.since,
                awaited: old.awaited,
                alert: old.alert,
                reread: old.reread,
                ..Self::new(old.peer.map(ConversationId::Direct), old.stage, old.renewed)
            });
        }
        if version == 2 || version == 3 {
            // What came with the third stands behind: nothing awaited, nothing alert.
            let later: &[u8] = if version == 2 { &[0, 0] } else { &[] };
            let old: older::LogV3 = whole(&[bytes, later].concat())?;
            let awaited = old.awaited.into_iter().map(|id| Awaited { id, mark: None });
            return Some(Self {
                cursor: old.cursor,
                last_commit: old.last_commit,
                newest: old.newest,
                commit: old.commit,
                since: old.since,
                awaited: awaited.collect(),
                alert: old.alert,
                ..Self::new(old.peer.map(ConversationId::Direct), old.stage, old.renewed)
            });
        }
        let old: older::LogV1 = whole(bytes)?;
        Some(Self {
            cursor: old.cursor,
            last_commit: old.last_commit,
            newest: old.newest,
            commit: old.commit.map(|old| PendingCommit {
                id: old.id,
                last_commit: old.last_commit,
                commit: old.commit,
                welcomes: old.welcomes,
                removed: Vec::new(),
            }),
            // Nobody has counted: due with the next message.
            ..Self::new(old.peer.map(ConversationId::Direct), old.stage, UnixMillis(0))
        })
    }
}

/// The version of what is kept of a revocation. Earlier builds did not know such records in their space.
const REVOCATION: u8 = 2;

/// Before the installation in the key of a revocation.
const REVOKED: &[u8] = b"revoked/";

/// The key of the revocation of this installation, beside the settings.
pub(crate) fn revocation_key(installation: InstallationId) -> Vec<u8> {
    [REVOKED, &installation.0].concat()
}

/// Whether a revocation stands under this key.
pub(crate) fn is_revocation_key(key: &[u8]) -> bool {
    key.starts_with(REVOKED)
}

/// A revocation's own bytes.
pub(crate) fn write_revocation(revocation: &Revocation) -> Vec<u8> {
    [&[REVOCATION], &revocation.to_bytes()[..]].concat()
}

/// Reads what [`write_revocation`] wrote.
pub(crate) fn read_revocation(bytes: &[u8]) -> Option<Revocation> {
    Revocation::from_bytes(bytes.strip_prefix(&[REVOCATION])?).ok()
}

/// The key of [`Settings`]; its space holds only revocations beside it.
pub(crate) const SETTINGS: &[u8] = b"settings";

/// The byte appended to a stored association once its chain has confirmed the signature.
const PROVEN: u8 = 1;

/// An association's own bytes, which are its name too, and what its chain said.
pub(crate) fn write_association(association: &Association, proven: bool) -> Vec<u8> {
    let mut bytes = association.to_bytes();
    bytes.extend(proven.then_some(PROVEN));
    bytes
}

/// Reads what [`write_association`] wrote. An association has one encoding, so that no byte can be meant both ways.
pub(crate) fn read_association(bytes: &[u8]) -> Option<(Association, bool)> {
    if let Ok(association) = Association::from_bytes(bytes) {
        return Some((association, false));
    }
    let association = Association::from_bytes(bytes.strip_suffix(&[PROVEN])?).ok()?;
    Some((association, true))
}

/// The settings of the installation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// The life of the server's database that was last seen.
    pub incarnation: Option<Incarnation>,
    /// A last-resort key package was given to that life.
    pub last_resort: bool,
}

/// A conversation, by [`ConversationId::key`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Conversation {
    pub consent: Consent,
    /// The newest message.
    pub latest: Option<Latest>,
    /// The newest message is ours.
    pub mine: bool,
    /// The time of the newest message.
    pub at: UnixMillis,
    /// Received and not seen.
    pub unread: u32,
}

/// The newest message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Latest {
    pub id: MessageId,
    /// The body, shortened by [`crate::content::short`].
    pub body: Body,
}

/// The state of a topic that is read: our inbox or the group of a conversation, by topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TopicState {
    /// Of which conversation; `None`: our inbox.
    pub conversation: Option<ConversationId>,
    /// Accounts that are to become members of a group and are not yet.
    pub invited: Vec<Address>,
    pub stage: Membership,
    /// The last sequence number that was read and kept.
    pub cursor: Seq,
    /// The sequence number of the last commit that was read, valid or not.
    pub last_commit: Seq,
    /// The time given to the newest message of this log: the next one is later.
    pub newest: UnixMillis,
    /// Our own commit, until it is read back or another one was faster.
    pub commit: Option<PendingCommit>,
    /// When our keys in it were renewed last.
    pub renewed: UnixMillis,
    /// How many messages came since, or [`SPENT`].
    pub since: u32,
    /// Messages of ours that the server has stored and that have not come back from the log yet. Each comes back once.
    pub awaited: Vec<Awaited>,
    /// What is wrong with it, until a page has received that.
    pub alert: Option<PendingAlert>,
    /// It was read up to here before the server lost a part of it and it had to be read again: what is known is repeated
    /// there.
    pub reread: Seq,
}

/// A message of ours that is to come back from the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Awaited {
    pub id: MessageId,
    /// Of its ciphertext ([`e2ee::mark`]): the id beside it is the server's word. `None`: of a build that kept none.
    pub mark: Option<[u8; 8]>,
}

impl TopicState {
    /// A topic with cursor 0 and freshly renewed keys.
    pub fn new(conversation: Option<ConversationId>, stage: Membership, now: UnixMillis) -> Self {
        Self {
            conversation,
            invited: Vec::new(),
            stage,
            cursor: Seq(0),
            last_commit: Seq(0),
            newest: UnixMillis(0),
            commit: None,
            renewed: now,
            since: 0,
            awaited: Vec::new(),
            alert: None,
            reread: Seq(0),
        }
    }

    /// This ciphertext of ours is stored, or may be, and is to come back.
    pub fn await_back(&mut self, id: MessageId, payload: &[u8]) {
        let mark = Some(e2ee::ciphertext_digest(payload));
        self.awaited.push(Awaited { id, mark });
    }

    /// Whether this ciphertext was to come back under this id. It is not awaited any more.
    pub fn has_come_back(&mut self, id: MessageId, payload: &[u8]) -> bool {
        let mark = e2ee::ciphertext_digest(payload);
        let same = |awaited: &Awaited| awaited.id == id && awaited.mark.is_none_or(|kept| kept == mark);
        let place = self.awaited.iter().position(same);
        place.map(|place| self.awaited.remove(place)).is_some()
    }
}

/// An alert about a topic, kept until a page has received it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PendingAlert {
    /// Something in it could not be read.
    Unreadable,
    /// Our keys are used elsewhere.
    Copied,
}

/// Value of `since` when our keys have sealed a message that this vault does not know. They are renewed before they seal again.
pub(crate) const SPENT: u32 = u32::MAX;

/// Our membership in the group of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Membership {
    /// Made here; the server does not know it before its first commit is stored.
    Made,
    /// We are a member.
    Joined,
    /// Not read or written any more.
    Left,
}

/// A commit of ours on its way; repeated with the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PendingCommit {
    pub id: MessageId,
    pub last_commit: Seq,
    #[serde(with = "serde_bytes")]
    pub commit: Vec<u8>,
    pub welcomes: Vec<Welcome>,
    /// The installations that it removes.
    pub removed: Vec<InstallationId>,
}

/// What a message says and how it relates to others, without what the message's own record and envelope hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Written {
    /// The message that it answers or annotates.
    pub in_reply_to: Option<MessageId>,
    /// The message whose place it takes.
    pub replaces: Option<MessageId>,
    /// How long it is to be kept, in seconds.
    pub expires: Option<u32>,
    pub body: Body,
}

impl From<Body> for Written {
    fn from(body: Body) -> Self {
        Self {
            in_reply_to: None,
            replaces: None,
            expires: None,
            body,
        }
    }
}

/// A message, by [`message_key`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Message {
    pub author: Address,
    pub mine: bool,
    pub at: UnixMillis,
    pub state: MessageState,
    pub content: Written,
    /// The message that it answers, if that one was here.
    pub quoted: Option<Quoted>,
    pub reactions: Vec<Reacted>,
}

/// What a message said when it was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Quoted {
    pub author: Address,
    /// The body, shortened by [`crate::content::short`].
    pub body: Body,
}

/// An emoji that an author has set at a message, or taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reacted {
    pub author: Address,
    pub emoji: String,
    /// The last that the log holds.
    pub read: Option<Vote>,
    /// Ours, until it has come back from the log.
    pub pending: Option<Vote>,
}

/// A reaction is set, or taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Vote {
    pub set: bool,
    /// The time of its place in the log; of one that is pending: when it was made.
    pub at: UnixMillis,
    /// The message that said so.
    pub id: MessageId,
}

/// Reactions to a message that is not here, by [`early_key`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Early {
    pub reactions: Vec<Reacted>,
}

/// A message to be sent, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Intent {
    pub id: MessageId,
    pub conversation: ConversationId,
    pub at: UnixMillis,
    pub content: Written,
    /// Encrypted, if it is: these bytes are repeated until they are stored or refused.
    pub sealed: Option<Sealed>,
    /// It waits for the person.
    pub unsent: Option<Unsent>,
}

/// The ciphertext of an intent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sealed {
    pub topic: Topic,
    pub last_commit: Seq,
    #[serde(with = "serde_bytes")]
    pub payload: Vec<u8>,
}

/// A transaction by its id, which for a tip is the id of the message that speaks of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tx {
    /// What it is for.
    pub purpose: Purpose,
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// How much of the native coin it pays, in the smallest unit.
    pub amount: U256,
    /// When it was drafted, or heard of.
    pub at: UnixMillis,
    /// The transaction that counts, as far as is known.
    pub hash: Option<TxHash>,
    /// That transaction's nonce, once this device has read it.
    pub nonce: Option<u64>,
    pub state: TxState,
    pub witness: Witness,
    /// Read by this device, and so deep that nothing changes it any more.
    pub settled: bool,
    /// How often the wallet was asked to send it without an answer that is known.
    pub asked: u8,
    /// Put away. Kept because it may have been sent after all.
    pub gone: bool,
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Purpose {
    /// A tip, through its contract.
    Tip(Tip),
    /// A plain transfer by this account.
    Transfer { to: Address },
}

/// A tip: whose, and what its message claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tip {
    /// The other side of the conversation.
    pub peer: Address,
    /// This account pays; otherwise the peer does.
    pub mine: bool,
    /// The contract, by the sender's word.
    pub contract: Address,
    pub id: TipId,
    /// The reference is in the outbox, or was.
    pub told: bool,
}

/// The bytes of a record.
pub(crate) fn write<T: Stored>(record: &T) -> Vec<u8> {
    postcard::to_extend(record, vec![T::VERSION]).expect("plain data always encodes")
}

/// The record in `value`, which stands under `key`.
pub(crate) fn read<T: Stored>(space: Space, key: &[u8], value: &[u8]) -> Result<T, VaultError> {
    let damaged = || VaultError::Damaged {
        space,
        key: key.to_vec(),
    };
    let (version, rest) = value.split_first().ok_or_else(damaged)?;
    match version.cmp(&T::VERSION) {
        std::cmp::Ordering::Greater => Err(VaultError::Newer),
        std::cmp::Ordering::Less => T::older(*version, rest).ok_or_else(damaged),
        std::cmp::Ordering::Equal => whole(rest).ok_or_else(damaged),
    }
}

/// What all of these bytes are.
pub(crate) fn whole<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    match postcard::take_from_bytes(bytes) {
        Ok((record, [])) => Some(record),
        _ => None,
    }
}

/// Conversation, time, id: a thread in order.
pub(crate) fn message_key(conversation: ConversationId, at: UnixMillis, id: MessageId) -> Vec<u8> {
    let time = u64::try_from(at.0).unwrap_or(0);
    [&conversation.key()[..], &time.to_be_bytes(), &id.0].concat()
}

/// The conversation and the id in a key made by [`message_key`].
pub(crate) fn parse_message_key(key: &[u8]) -> Option<(ConversationId, MessageId)> {
    let (conversation, rest) = key.split_first_chunk::<{ ConversationId::LEN }>()?;
    let (_, id) = rest.split_first_chunk::<8>()?;
    Some((ConversationId::from_key(conversation)?, MessageId::from_slice(id)?))
}

/// The key of what is kept for a message that is not here. Also what the index has for a reaction: the message it is of.
pub(crate) fn early_key(conversation: ConversationId, target: MessageId) -> Vec<u8> {
    [&conversation.key()[..], &target.0].concat()
}

/// The conversation and the message in a key made by [`early_key`].
pub(crate) fn parse_early_key(key: &[u8]) -> Option<(ConversationId, MessageId)> {
    let (conversation, target) = key.split_first_chunk::<{ ConversationId::LEN }>()?;
    Some((ConversationId::from_key(conversation)?, MessageId::from_slice(target)?))
}

/// Intents stand in the order in which they were made.
pub(crate) fn order_key(order: u64) -> [u8; 8] {
    order.to_be_bytes()
}

/// The order in a key made by [`order_key`].
pub(crate) fn parse_order_key(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.try_into().ok()?))
}

pub(crate) mod older;
#[cfg(test)]
mod tests;
