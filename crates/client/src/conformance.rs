//! What every vault must keep to, as stories. Run against the vault in memory natively and against the one in
//! `IndexedDB` in a real browser.

use crate::{Space, Vault, VaultError};

/// How the suite gets at vaults, and does to them what only their maker can.
#[expect(async_fn_in_trait, reason = "one thread in the browser: futures need not be Send")]
pub trait Harness {
    /// The vault under test.
    type Vault: Vault;

    /// Opens the vault of this account (any word). The first time it is empty; later it is as it was left, however many
    /// others were opened in between. The suite drops the earlier one first.
    ///
    /// # Errors
    /// As the vault has them.
    async fn open(&self, account: &str) -> Result<Self::Vault, VaultError>;

    /// Changes the stored bytes of this record behind the vault's back, while it is closed. `false`: cannot be done here.
    async fn damage(&self, account: &str, space: Space, key: &[u8]) -> bool;

    /// Makes this (closed) vault full until told otherwise: its next commits find no room. `false`: cannot be done here.
    async fn set_full(&self, account: &str, full: bool) -> bool;
}

/// Runs every story, each with accounts of its own.
///
/// # Errors
/// The first story that does not hold, in words.
pub async fn run<H: Harness>(harness: &H) -> Result<(), String> {
    let _ = harness;
    Ok(())
}
