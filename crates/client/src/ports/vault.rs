//! The vault: all that an installation keeps, one per account and browser profile.

/// A part of the vault with keys of its own: one object store in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// What there is once: settings of the installation.
    Meta,
    /// Records of the encryption engine, opaque.
    Mls,
    /// Verified associations by hash.
    Association,
    /// Conversations, by their id.
    Conversation,
    /// Logs that are read, by topic: cursor and state.
    Topic,
    /// Messages by conversation, time and id.
    Message,
    /// From a message's id to its key in `Message`; from a reaction's id to the message it is of.
    Index,
    /// What is to be sent, in order.
    Outbox,
    /// Tips, by the id of the message that speaks of them.
    Tip,
    /// Messages that a tab without the lead has stored for the owner to send, by their id.
    PendingSend,
    /// Reactions to messages that are not here, by conversation and message.
    Early,
}

impl Space {
    /// Every space there is.
    pub const ALL: [Self; 11] = [
        Self::Meta,
        Self::Mls,
        Self::Association,
        Self::Conversation,
        Self::Topic,
        Self::Message,
        Self::Index,
        Self::Outbox,
        Self::Tip,
        Self::PendingSend,
        Self::Early,
    ];

    /// Its name in a database; never changes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Mls => "mls",
            Self::Association => "association",
            Self::Conversation => "conversation",
            Self::Topic => "topic",
            Self::Message => "message",
            Self::Index => "index",
            Self::Outbox => "outbox",
            Self::Tip => "tip",
            Self::PendingSend => "wish",
            Self::Early => "early",
        }
    }
}

/// A key and its value.
pub type Record = (Vec<u8>, Vec<u8>);

/// What was read: the records that are whole, and the keys of those that are not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    /// Whole records, in the order asked for.
    pub rows: Vec<Record>,
    /// Keys of records that are there but cannot be read.
    pub damaged: Vec<Vec<u8>>,
}

/// Changes that become true together or not at all. Of several changes of one key the last one counts, whether put
/// or delete.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// In the order they were made.
    pub changes: Vec<Change>,
}

/// One change of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The space that holds the record.
    pub space: Space,
    /// The record's key within its space.
    pub key: Vec<u8>,
    /// The new value; `None` deletes.
    pub value: Option<Vec<u8>>,
}

impl Batch {
    /// Whether only the owner may do this.
    pub fn needs_owner(&self) -> bool {
        self.changes.iter().any(|change| change.space != Space::PendingSend)
    }

    /// Nothing to change.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Adds a put; replaces what is there.
    pub fn put(&mut self, space: Space, key: impl Into<Vec<u8>>, value: Vec<u8>) {
        self.changes.push(Change {
            space,
            key: key.into(),
            value: Some(value),
        });
    }

    /// Adds a deletion; of nothing, if nothing is there.
    pub fn delete(&mut self, space: Space, key: impl Into<Vec<u8>>) {
        self.changes.push(Change {
            space,
            key: key.into(),
            value: None,
        });
    }

    /// The changes with only the last one of every key left, for databases that do not keep the order.
    pub fn last_of_each_key(self) -> impl Iterator<Item = Change> {
        let mut last = sorted::Map::default();
        for change in self.changes {
            last.insert((change.space, change.key), change.value);
        }
        last.into_iter()
            .map(|((space, key), value)| Change { space, key, value })
    }
}

/// Why the vault did not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// No room. Nothing was changed.
    #[error("the vault is full")]
    Full,
    /// A record is there but is not what was written.
    #[error("a record of {} is damaged", space.name())]
    Damaged {
        /// The space that holds the record.
        space: Space,
        /// The record's key within its space.
        key: Vec<u8>,
    },
    /// Written by a newer version of Jackdaw.
    #[error("the vault is of a newer version")]
    Newer,
    /// The vault was closed or deleted under us, or somebody else owns it now.
    #[error("the vault is closed")]
    Closed,
    /// There is no storage, or it fails for a reason of its own.
    #[error("the vault cannot be used: {0}")]
    Unavailable(String),
}

/// Where an installation keeps everything: keys, ratchets, messages, what waits to be sent. [`crate::conformance`] says in
/// tests what each of these promises means.
///
/// Keys and values are any bytes; keys are ordered byte by byte.
///
/// A vault has one owner, which makes one call after another. Opening it as the owner ousts the previous one: from that moment no write of
/// the previous owner is stored, even if it was suspended and does not know. Visitors may read, and write into [`Space::PendingSend`] only.
#[expect(async_fn_in_trait, reason = "one thread in the browser: futures need not be Send")]
pub trait Vault {
    /// All records of a space, in the order of their keys.
    ///
    /// # Errors
    /// Damaged records are no error: they are listed.
    async fn all(&self, space: Space) -> Result<Records, VaultError>;

    /// One record.
    ///
    /// # Errors
    /// `Damaged` if it cannot be read.
    async fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, VaultError>;

    /// The last `limit` records whose keys start with `prefix` and are less than `end` (a whole key, prefix included),
    /// last first. Damaged records count.
    ///
    /// # Errors
    /// Damaged records are no error: they are listed.
    async fn before(
        &self,
        space: Space,
        prefix: &[u8],
        end: Option<&[u8]>,
        limit: usize,
    ) -> Result<Records, VaultError>;

    /// Makes all changes of the batch, or none. When it returns `Ok` they survive a crash of browser and machine.
    ///
    /// # Errors
    /// Nothing was changed. `Closed`: there is another owner, and something else than pending sends was to be changed.
    async fn commit(&self, batch: Batch) -> Result<(), VaultError>;
}
