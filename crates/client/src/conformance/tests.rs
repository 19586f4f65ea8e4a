//! The suite lets the vault in memory pass, and finds out a broken one.

use std::{cell::RefCell, collections::BTreeMap};

use super::{Harness, run};
use crate::{Batch, Records, Space, Vault, VaultError, memory::MemoryVault};

#[derive(Default)]
struct Memory(RefCell<BTreeMap<String, MemoryVault>>);

impl Memory {
    fn vault(&self, account: &str) -> MemoryVault {
        self.0.borrow_mut().entry(account.to_owned()).or_default().clone()
    }
}

impl Harness for Memory {
    type Vault = MemoryVault;

    async fn open(&self, account: &str) -> Result<MemoryVault, VaultError> {
        Ok(self.vault(account).open_again())
    }

    async fn visit(&self, account: &str) -> Result<MemoryVault, VaultError> {
        Ok(self.vault(account).visit())
    }

    async fn damage(&self, account: &str, space: Space, key: &[u8]) -> bool {
        self.vault(account).damage(space, key);
        true
    }

    async fn set_full(&self, account: &str, full: bool) -> bool {
        self.vault(account).set_full(full);
        true
    }
}

/// A vault that writes half a batch before it finds itself full.
#[derive(Clone)]
struct Halves(MemoryVault, bool);

impl Vault for Halves {
    async fn all(&self, space: Space) -> Result<Records, VaultError> {
        self.0.all(space).await
    }
    async fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, VaultError> {
        self.0.get(space, key).await
    }
    async fn before(
        &self,
        space: Space,
        prefix: &[u8],
        end: Option<&[u8]>,
        limit: usize,
    ) -> Result<Records, VaultError> {
        self.0.before(space, prefix, end, limit).await
    }
    async fn commit(&self, batch: Batch) -> Result<(), VaultError> {
        if self.1 {
            let half = batch.changes.into_iter().take(1).collect();
            self.0.commit(Batch { changes: half }).await?;
            return Err(VaultError::Full);
        }
        self.0.commit(batch).await
    }
}

#[derive(Default)]
struct HalfHarness(Memory, RefCell<bool>);

impl Harness for HalfHarness {
    type Vault = Halves;

    async fn open(&self, account: &str) -> Result<Halves, VaultError> {
        Ok(Halves(self.0.vault(account).open_again(), *self.1.borrow()))
    }

    async fn visit(&self, account: &str) -> Result<Halves, VaultError> {
        Ok(Halves(self.0.vault(account).visit(), false))
    }

    async fn damage(&self, account: &str, space: Space, key: &[u8]) -> bool {
        self.0.damage(account, space, key).await
    }

    async fn set_full(&self, _: &str, full: bool) -> bool {
        *self.1.borrow_mut() = full;
        true
    }
}

#[test]
fn the_vault_in_memory_conforms() {
    assert_eq!(futures::executor::block_on(run(&Memory::default())), Ok(()));
}

#[test]
fn a_vault_that_writes_halves_is_found_out() {
    let told = futures::executor::block_on(run(&HalfHarness::default()));
    assert!(told.is_err_and(|problem| problem.starts_with("all of a batch or nothing of it")));
}

/// Opens the same vault again as the same owner: two tabs that do not know of each other.
#[derive(Default)]
struct Careless(Memory);

impl Harness for Careless {
    type Vault = MemoryVault;

    async fn open(&self, account: &str) -> Result<MemoryVault, VaultError> {
        Ok(self.0.vault(account))
    }

    async fn visit(&self, account: &str) -> Result<MemoryVault, VaultError> {
        Ok(self.0.vault(account))
    }

    async fn damage(&self, account: &str, space: Space, key: &[u8]) -> bool {
        self.0.damage(account, space, key).await
    }

    async fn set_full(&self, account: &str, full: bool) -> bool {
        self.0.set_full(account, full).await
    }
}

#[test]
fn a_vault_that_lets_two_owners_write_is_found_out() {
    let told = futures::executor::block_on(run(&Careless::default()));
    assert!(told.is_err_and(|problem| problem.starts_with("whoever opens it again ousts the owner before")));
}

/// A defective vault: visitors may write into every space.
#[derive(Default)]
struct Generous(Memory);

impl Harness for Generous {
    type Vault = MemoryVault;

    async fn open(&self, account: &str) -> Result<MemoryVault, VaultError> {
        self.0.open(account).await
    }

    async fn visit(&self, account: &str) -> Result<MemoryVault, VaultError> {
        self.0.open(account).await
    }

    async fn damage(&self, account: &str, space: Space, key: &[u8]) -> bool {
        self.0.damage(account, space, key).await
    }

    async fn set_full(&self, account: &str, full: bool) -> bool {
        self.0.set_full(account, full).await
    }
}

#[test]
fn a_vault_that_lets_visitors_write_is_found_out() {
    let told = futures::executor::block_on(run(&Generous::default()));
    assert!(told.is_err_and(|problem| problem.starts_with("a visitor leaves wishes and nothing else")));
}
