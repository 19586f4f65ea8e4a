//! AES-GCM-256 by the browser, with a key that it does not hand out.

use client::{Change, Space, VaultError};
use futures::future::join_all;
use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AesGcmParams, AesKeyGenParams, CryptoKey, SubtleCrypto};

use super::{Record, idb};

const ALGORITHM: &str = "AES-GCM";
/// Random for every value: with one key, 2^32 values before two nonces meet with a chance of 2^-32 (SP 800-38D, 8.3).
const NONCE: usize = 12;
const NONCE_LENGTH: u32 = 12;

/// The key and who works with it.
#[derive(Clone)]
pub struct Cipher {
    subtle: SubtleCrypto,
    key: CryptoKey,
}

impl Cipher {
    /// Work with a key that was kept.
    pub fn with(key: CryptoKey) -> Result<Self, VaultError> {
        Ok(Self { subtle: subtle()?, key })
    }

    /// Draw a key.
    pub async fn generate() -> Result<Self, VaultError> {
        let subtle = subtle()?;
        let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
        // Not extractable: scripts may use it and never see it.
        let promise = subtle
            .generate_key_with_object(&AesKeyGenParams::new(ALGORITHM, 256), false, &usages)
            .map_err(|error| idb::failed(&error))?;
        let key = JsFuture::from(promise).await.map_err(|error| idb::failed(&error))?;
        Ok(Self {
            subtle,
            key: key.unchecked_into(),
        })
    }

    /// The key, to be kept.
    pub fn key(&self) -> &CryptoKey {
        &self.key
    }

    /// Nonce and ciphertext of every change that puts something; `None` for the deletions.
    pub async fn seal_many(&self, changes: &[Change]) -> Result<Vec<Option<Uint8Array>>, VaultError> {
        let sealed = join_all(changes.iter().map(|change| self.seal(change))).await;
        sealed.into_iter().collect()
    }

    /// The values of these records, in order; `None` for one that is not what was put there.
    pub async fn open_many(&self, space: Space, records: &[Record]) -> Vec<Option<Vec<u8>>> {
        join_all(records.iter().map(|record| self.open(space, record))).await
    }

    async fn seal(&self, change: &Change) -> Result<Option<Uint8Array>, VaultError> {
        let Some(value) = &change.value else { return Ok(None) };
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|error| idb::unavailable(&error.to_string()))?;
        let params = params(change.space, &change.key, &nonce);
        let promise = self
            .subtle
            .encrypt_with_object_and_js_u8_array(&params, &self.key, &value.as_slice().into())
            .map_err(|error| idb::failed(&error))?;
        let ciphertext = Uint8Array::new(&JsFuture::from(promise).await.map_err(|error| idb::failed(&error))?);
        let sealed = Uint8Array::new_with_length(NONCE_LENGTH + ciphertext.length());
        sealed.subarray(0, NONCE_LENGTH).copy_from(&nonce);
        sealed.set(&ciphertext, NONCE_LENGTH);
        Ok(Some(sealed))
    }

    async fn open(&self, space: Space, record: &Record) -> Option<Vec<u8>> {
        let nonce = record.sealed.subarray(0, NONCE_LENGTH).to_vec();
        let ciphertext = record.sealed.subarray(NONCE_LENGTH, record.sealed.length());
        let params = params(space, &record.key, &nonce);
        let promise = self
            .subtle
            .decrypt_with_object_and_js_u8_array(&params, &self.key, &ciphertext)
            .ok()?;
        let value = JsFuture::from(promise).await.ok()?;
        Some(Uint8Array::new(&value).to_vec())
    }
}

fn params(space: Space, key: &[u8], nonce: &[u8]) -> AesGcmParams {
    let name = space.name().as_bytes();
    let mut place = Vec::with_capacity(name.len() + 1 + key.len());
    place.extend_from_slice(name);
    place.push(0);
    place.extend_from_slice(key);
    let params = AesGcmParams::new_with_u8_array(ALGORITHM, &nonce.into());
    params.set_additional_data_u8_array(&place.as_slice().into());
    params
}

/// `WebCrypto`; absent without HTTPS away from localhost.
fn subtle() -> Result<SubtleCrypto, VaultError> {
    let absent = |_| idb::unavailable("no WebCrypto");
    let crypto = Reflect::get(&js_sys::global(), &"crypto".into()).map_err(absent)?;
    let subtle = Reflect::get(&crypto, &"subtle".into()).map_err(absent)?;
    subtle.dyn_into().map_err(absent)
}
