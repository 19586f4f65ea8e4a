//! The vault conformance suite as an export, for a page that runs it in a real browser.

use client::{Space, Vault, VaultError, conformance};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

use crate::vault::IdbVault;

/// How many spaces the first vaults had.
const FIRST_SPACES: usize = 8;

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

    async fn visit(&self, account: &str) -> Result<IdbVault, VaultError> {
        IdbVault::visit(&self.name(account)).await
    }

    async fn damage(&self, account: &str, space: Space, key: &[u8]) -> bool {
        IdbVault::damage(&self.name(account), space.name(), Some(key))
            .await
            .is_ok()
    }

    async fn set_full(&self, _account: &str, _full: bool) -> bool {
        // A quota is set from outside, by the driver of the browser: see `fill_until_refused`.
        false
    }
}

/// Run every story of [`client::conformance`] against `IndexedDB`. Answers "ok", or the first story that does not hold.
#[wasm_bindgen]
pub async fn run_vault_suite() -> String {
    let run = js_sys::Date::now().to_string();
    let name = format!("jackdaw-suite-{run}-older");
    let told = match conformance::run(&Browser { run }).await {
        Ok(()) => grows(&name).await.map_err(|error| error.to_string()),
        refused => refused,
    };
    match told {
        Ok(()) => "ok".to_owned(),
        Err(story) => story,
    }
}

/// A vault of every earlier build opens, keeps everything, and has room for what is new; the earlier build then says that it
/// is newer, and harms nothing.
async fn grows(name: &str) -> Result<(), VaultError> {
    let broken = |what: &str| VaultError::Unavailable(format!("a vault of an earlier build: {what}"));
    for count in FIRST_SPACES..Space::ALL.len() {
        let name = format!("{name}-{count}");
        let (older, newer) = Space::ALL.split_at(count);
        let version = u32::try_from(count).unwrap_or_default();
        let vault = IdbVault::open_older(&name, version).await?;
        let mut batch = client::Batch::default();
        for space in older {
            batch.put(*space, *b"key", space.name().into());
        }
        vault.commit(batch).await?;
        vault.close();
        let vault = IdbVault::open(&name).await?;
        for space in older {
            if vault.get(*space, b"key").await?.as_deref() != Some(space.name().as_bytes()) {
                return Err(broken(space.name()));
            }
        }
        let mut batch = client::Batch::default();
        for space in newer {
            batch.put(*space, *b"key", space.name().into());
        }
        batch.put(Space::Meta, *b"new", vec![1]);
        vault.commit(batch).await?;
        vault.close();
        if IdbVault::open_older(&name, version).await.err() != Some(VaultError::Newer) {
            return Err(broken("an old build opens a new vault"));
        }
        let vault = IdbVault::open(&name).await?;
        for space in Space::ALL {
            if vault.get(space, b"key").await?.as_deref() != Some(space.name().as_bytes()) {
                return Err(broken(space.name()));
            }
        }
        vault.close();
        IdbVault::delete(&name).await?;
    }
    Ok(())
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
