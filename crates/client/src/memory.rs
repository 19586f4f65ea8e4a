//! A vault in memory, for tests, benchmarks and installations without a browser. It can be told to fail.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use crate::{Batch, Records, Space, Vault, VaultError};

#[derive(Default)]
struct State {
    records: BTreeMap<(Space, Vec<u8>), Vec<u8>>,
    damaged: BTreeSet<(Space, Vec<u8>)>,
    full: bool,
    failing: u32,
    /// Commits that still succeed.
    left: Option<u32>,
    commits: u64,
    /// Which of those who opened it owns it.
    owner: u64,
}

/// A vault in memory. Clones share the contents and are the same owner.
#[derive(Clone)]
pub struct MemoryVault {
    state: Rc<RefCell<State>>,
    /// Who this is; `None`: a visitor.
    owner: Option<u64>,
}

impl MemoryVault {
    /// An empty vault.
    pub fn new() -> Self {
        Self {
            state: Rc::default(),
            owner: Some(0),
        }
    }

    /// The same contents with a new owner: the one before writes nothing any more.
    #[must_use]
    pub fn open_again(&self) -> Self {
        let mut state = self.state.borrow_mut();
        state.owner += 1;
        Self {
            state: Rc::clone(&self.state),
            owner: Some(state.owner),
        }
    }

    /// The same contents in the hands of somebody who only leaves wishes.
    #[must_use]
    pub fn visit(&self) -> Self {
        Self {
            state: Rc::clone(&self.state),
            owner: None,
        }
    }

    /// From now on every commit that puts something fails with `Full`, or no longer.
    pub fn set_full(&self, full: bool) {
        self.state.borrow_mut().full = full;
    }

    /// The next `count` commits fail with `Unavailable`.
    pub fn fail_commits(&self, count: u32) {
        self.state.borrow_mut().failing = count;
    }

    /// After `count` more commits all fail with `Unavailable`; `None`: no longer.
    pub fn fail_after(&self, count: Option<u32>) {
        self.state.borrow_mut().left = count;
    }

    /// Makes this record unreadable until it is written again.
    pub fn damage(&self, space: Space, key: &[u8]) {
        self.state.borrow_mut().damaged.insert((space, key.to_vec()));
    }

    /// How many commits succeeded.
    pub fn commits(&self) -> u64 {
        self.state.borrow().commits
    }

    /// The keys of a space.
    pub fn keys(&self, space: Space) -> Vec<Vec<u8>> {
        self.state
            .borrow()
            .records
            .keys()
            .filter(|(of, _)| *of == space)
            .map(|(_, key)| key.clone())
            .collect()
    }

    /// A vault of its own with the same contents: the state at this moment, as a crash would leave it.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        let state = self.state.borrow();
        let copy = State {
            records: state.records.clone(),
            damaged: state.damaged.clone(),
            ..State::default()
        };
        let copy = Self {
            state: Rc::new(RefCell::new(copy)),
            owner: None,
        };
        copy.open_again()
    }
}

impl Default for MemoryVault {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn sort<'a>(&self, rows: impl Iterator<Item = (&'a (Space, Vec<u8>), &'a Vec<u8>)>) -> Records {
        let mut records = Records::default();
        for (place, value) in rows {
            if self.damaged.contains(place) {
                records.damaged.push(place.1.clone());
            } else {
                records.rows.push((place.1.clone(), value.clone()));
            }
        }
        records
    }
}

impl Vault for MemoryVault {
    async fn all(&self, space: Space) -> Result<Records, VaultError> {
        let state = self.state.borrow();
        Ok(state.sort(state.records.iter().filter(|((of, _), _)| *of == space)))
    }

    async fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, VaultError> {
        let place = (space, key.to_vec());
        let state = self.state.borrow();
        if state.damaged.contains(&place) {
            return Err(VaultError::Damaged { space, key: place.1 });
        }
        Ok(state.records.get(&place).cloned())
    }

    async fn before(
        &self,
        space: Space,
        prefix: &[u8],
        end: Option<&[u8]>,
        limit: usize,
    ) -> Result<Records, VaultError> {
        let state = self.state.borrow();
        let rows = state
            .records
            .iter()
            .rev()
            .filter(|((of, key), _)| *of == space && key.starts_with(prefix))
            .filter(|((_, key), _)| end.is_none_or(|end| key.as_slice() < end))
            .take(limit);
        Ok(state.sort(rows))
    }

    async fn commit(&self, batch: Batch) -> Result<(), VaultError> {
        let mut state = self.state.borrow_mut();
        if batch.needs_owner() && self.owner != Some(state.owner) {
            return Err(VaultError::Closed);
        }
        if state.failing > 0 {
            state.failing -= 1;
            return Err(VaultError::Unavailable("told to fail".into()));
        }
        match &mut state.left {
            Some(0) => return Err(VaultError::Unavailable("told to fail".into())),
            Some(left) => *left -= 1,
            None => {}
        }
        if state.full && batch.changes.iter().any(|change| change.value.is_some()) {
            return Err(VaultError::Full);
        }
        for change in batch.changes {
            let place = (change.space, change.key);
            state.damaged.remove(&place);
            match change.value {
                Some(value) => state.records.insert(place, value),
                None => state.records.remove(&place),
            };
        }
        state.commits += 1;
        Ok(())
    }
}
