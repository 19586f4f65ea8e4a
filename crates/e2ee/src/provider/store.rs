//! Records in memory: the durable ones (`snapshot`), and the pending changes (`diff`).

use std::{cell::RefCell, collections::BTreeMap};

use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::described;
use crate::changes::Changes;

/// Records hold keys: they are zeroized when they are replaced.
type Value = Zeroizing<Vec<u8>>;

/// Why a record was not read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("a record does not decode")]
    Unreadable,
    #[error("a record does not encode")]
    Unwritable,
}

#[derive(Default)]
struct Inner {
    snapshot: BTreeMap<Vec<u8>, Value>,
    /// Pending writes; `None` deletes.
    diff: BTreeMap<Vec<u8>, Option<Value>>,
}

/// The records of one installation. OpenMLS writes through shared references, hence the cell.
#[derive(Default)]
pub(crate) struct Store {
    inner: RefCell<Inner>,
}

impl Store {
    /// A store of exactly these records, without pending changes.
    pub(crate) fn from_records(records: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>) -> Self {
        let snapshot = records
            .into_iter()
            .map(|(key, value)| (key, Value::new(value)))
            .collect();
        Self {
            inner: RefCell::new(Inner {
                snapshot,
                diff: BTreeMap::new(),
            }),
        }
    }

    pub(crate) fn get_bytes(&self, key: &[u8]) -> Option<Value> {
        let inner = self.inner.borrow();
        inner
            .diff
            .get(key)
            .map_or_else(|| inner.snapshot.get(key).cloned(), Clone::clone)
    }

    pub(crate) fn has(&self, key: &[u8]) -> bool {
        let inner = self.inner.borrow();
        inner
            .diff
            .get(key)
            .map_or_else(|| inner.snapshot.contains_key(key), Option::is_some)
    }

    pub(crate) fn put_bytes(&self, key: Vec<u8>, value: Vec<u8>) {
        self.inner.borrow_mut().diff.insert(key, Some(Value::new(value)));
    }

    pub(crate) fn delete(&self, key: Vec<u8>) {
        self.inner.borrow_mut().diff.insert(key, None);
    }

    /// All keys that begin with `prefix`, in order.
    pub(crate) fn keys(&self, prefix: &[u8]) -> Vec<Vec<u8>> {
        let inner = self.inner.borrow();
        let in_snapshot = inner.snapshot.range(prefix.to_vec()..).map(|(key, _)| key);
        let in_diff = inner.diff.range(prefix.to_vec()..).map(|(key, _)| key);
        let begins = |key: &&Vec<u8>| key.starts_with(prefix);
        let mut keys: Vec<_> = in_snapshot
            .take_while(begins)
            .chain(in_diff.take_while(begins))
            .cloned()
            .collect();
        drop(inner);
        keys.sort_unstable();
        keys.dedup();
        keys.retain(|key| self.has(key));
        keys
    }

    /// Writes a value of OpenMLS in postcard, which needs 47 KB (brotli) less code in the browser than CBOR.
    pub(crate) fn get<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, StoreError> {
        self.get_bytes(key)
            .map(|bytes| postcard::from_bytes(&bytes).map_err(|_| StoreError::Unreadable))
            .transpose()
    }

    /// Reads the first part of a value that is a tuple.
    pub(crate) fn get_first<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, StoreError> {
        let first = |bytes: Value| Ok(postcard::take_from_bytes(&bytes).map_err(|_| StoreError::Unreadable)?.0);
        self.get_bytes(key).map(first).transpose()
    }

    /// Reads a value of OpenMLS in postcard.
    pub(crate) fn put<T: Serialize>(&self, key: Vec<u8>, value: &T) -> Result<(), StoreError> {
        let bytes = postcard::to_stdvec(value).map_err(|_| StoreError::Unwritable)?;
        self.put_bytes(key, bytes);
        Ok(())
    }

    /// Reads a value that postcard cannot load by itself.
    pub(crate) fn get_described<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, StoreError> {
        self.get_bytes(key)
            .map(|bytes| described::from_bytes(&bytes).map_err(|_| StoreError::Unreadable))
            .transpose()
    }

    /// The pending changes, without values that are stored already.
    pub(crate) fn changes(&self) -> Changes {
        let inner = self.inner.borrow();
        let mut changes = Changes::default();
        for (key, value) in &inner.diff {
            match (value, inner.snapshot.get(key)) {
                (Some(value), before) if before != Some(value) => changes.puts.push((key.clone(), value.to_vec())),
                (None, Some(_)) => changes.deletes.push(key.clone()),
                _ => {}
            }
        }
        changes
    }

    /// States that the pending changes are durable.
    pub(crate) fn changes_persisted(&self) {
        let mut inner = self.inner.borrow_mut();
        for (key, value) in std::mem::take(&mut inner.diff) {
            match value {
                Some(value) => inner.snapshot.insert(key, value),
                None => inner.snapshot.remove(&key),
            };
        }
    }

    /// Drops the pending changes.
    pub(crate) fn roll_back(&self) {
        self.inner.borrow_mut().diff.clear();
    }
}
