//! The vault conformance suite as an export, for a page that runs it in a real browser.

use client::{Space, Vault, VaultError, conformance};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::vault::IdbVault;

/// Vaults under names of their own, so that a suite never meets a person's.
struct Browser {
    run: String,
}

impl Browser {
    fn name(&self, account: &str) -> String {
        format!("jackdaw-suite-{}-{account}", self.run)
    }
}

impl conformance::Harness for Browser {
    type Vault = IdbVault;

    async fn open(&self, account: &str) -> Result<IdbVault, VaultError> {
        IdbVault::open(&self.name(account)).await
    }

    async fn damage(&self, account: &str, space: Space, key: &[u8]) -> bool {
        IdbVault::damage(&self.name(account), space.name(), Some(key))
            .await
            .is_ok()
    }

    async fn set_full(&self, _account: &str, _full: bool) -> bool {
        // A quota is set from outside, by whoever drives the browser: see `fill_until_refused`.
        false
    }
}

/// Run every story of [`client::conformance`] against `IndexedDB`. Answers "ok", or the first story that does not hold.
#[wasm_bindgen]
pub async fn run_vault_suite() -> String {
    let run = js_sys::Date::now().to_string();
    match conformance::run(&Browser { run }).await {
        Ok(()) => "ok".to_owned(),
        Err(story) => story,
    }
}

/// Change a byte in a record of a vault of this name (`jackdaw-1-0x…`): the newest one of the store of this name. For
/// journeys that want to see what the page says then.
///
/// # Errors
/// If there is no such vault, store or record.
#[wasm_bindgen]
pub async fn damage_vault(name: String, store: String) -> Result<(), JsValue> {
    IdbVault::damage(&name, &store, None)
        .await
        .map_err(|error| JsValue::from(error.to_string()))
}

/// Write records of a megabyte each into a fresh vault until the browser refuses, at most so many. Answers what the vault
/// said: "full" is right where a quota is set; "room" if there was room for all.
///
/// Chromium reckons with the room it was last told for up to 30 seconds: set the quota before the origin's first vault is
/// opened, or wait that long.
#[wasm_bindgen]
pub async fn fill_until_refused(megabytes: u32) -> String {
    let name = format!("jackdaw-suite-{}-full", js_sys::Date::now());
    let said = fill(&name, megabytes).await;
    let _ = IdbVault::delete(&name).await;
    said
}

async fn fill(name: &str, megabytes: u32) -> String {
    let vault = match IdbVault::open(name).await {
        Ok(vault) => vault,
        Err(error) => return error.to_string(),
    };
    for number in 0..megabytes {
        let mut batch = client::Batch::default();
        batch.put(Space::Message, number.to_be_bytes(), vec![1; 1 << 20]);
        // The second record of the same commit must share its fate.
        batch.put(Space::Meta, number.to_be_bytes(), vec![1]);
        match vault.commit(batch).await {
            Ok(()) => {}
            Err(VaultError::Full) => {
                let torn = vault.get(Space::Meta, &number.to_be_bytes()).await != Ok(None);
                let kept = number == 0 || vault.get(Space::Meta, &0_u32.to_be_bytes()).await == Ok(Some(vec![1]));
                vault.close();
                return match (torn, kept) {
                    (false, true) => "full".to_owned(),
                    (true, _) => "half of a refused commit was kept".to_owned(),
                    (_, false) => "an earlier commit was lost".to_owned(),
                };
            }
            Err(error) => return error.to_string(),
        }
    }
    vault.close();
    "room".to_owned()
}
