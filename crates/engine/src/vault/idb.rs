//! `IndexedDB`, awaited.

use std::{cell::Cell, rc::Rc};

use client::{Change, Space, VaultError};
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    CryptoKey, DomException, Event, IdbCursorDirection, IdbCursorWithValue, IdbDatabase, IdbFactory, IdbKeyRange,
    IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransaction,
};

use super::Record;

/// The version of the database: it grows with every space that is added, so that an old build finds a newer vault `Newer`
/// and a new build adds what is missing to an older one.
#[expect(clippy::cast_possible_truncation, reason = "a handful of spaces")]
const VERSION: u32 = Space::ALL.len() as u32;
/// The store of what there is once: the vault's key, and the token of its owner.
const KEYS: &str = "Key";
const KEY: &str = "vault";
const OWNER: &str = "owner";

#[wasm_bindgen]
extern "C" {
    /// `IDBDatabase`, with the options that web-sys has behind a compiler flag only.
    type Durable;

    #[wasm_bindgen(method, catch)]
    fn transaction(this: &Durable, stores: &Array, mode: &str, options: &Object) -> Result<IdbTransaction, JsValue>;

    /// `IDBTransaction`, whose `commit` web-sys has as deprecated, which it is not.
    type Committing;

    #[wasm_bindgen(method, catch)]
    fn commit(this: &Committing) -> Result<(), JsValue>;
}

/// An open database.
pub struct Database {
    idb: IdbDatabase,
    closed: Rc<Cell<bool>>,
    /// Our token; `None`: we only visit.
    owner: Option<[u8; 16]>,
    /// There was no room for our token: it is written with the first changes for which there is some.
    unwritten: Cell<bool>,
    _listener: Closure<dyn FnMut(Event)>,
}

impl Database {
    /// Open, make or complete the database of this name.
    pub async fn open(name: &str) -> Result<Self, VaultError> {
        Self::open_version(name, VERSION).await
    }

    /// With the stores of the first so many spaces: as the build of that version has made it.
    pub async fn open_version(name: &str, version: u32) -> Result<Self, VaultError> {
        let request = factory()?
            .open_with_u32(name, version)
            .map_err(|error| failed(&error))?;
        let complete = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            let request = event.target().map(JsCast::unchecked_into::<IdbOpenDbRequest>);
            if let Some(database) = request.and_then(|request| request.result().ok()) {
                let database: IdbDatabase = database.unchecked_into();
                let there = database.object_store_names();
                let spaces = Space::ALL.iter().take(version as usize);
                for name in spaces.map(|space| space.name()).chain([KEYS]) {
                    // A store that cannot be made aborts the change, and the request fails.
                    if !there.contains(name) {
                        let _ = database.create_object_store(name);
                    }
                }
            }
        });
        request.set_onupgradeneeded(Some(complete.as_ref().unchecked_ref()));
        let database: IdbDatabase = answer(&request).await?.unchecked_into();

        let closed = Rc::new(Cell::new(false));
        let listener = {
            let (closed, database) = (Rc::clone(&closed), database.clone());
            // `versionchange`: another context deletes the database, or a newer build upgrades it; an open connection would block both.
            // `close`: the browser has closed it by itself, because the person cleared the site's data.
            Closure::new(move |_: Event| {
                closed.set(true);
                database.close();
            })
        };
        let function: &Function = listener.as_ref().unchecked_ref();
        database.set_onversionchange(Some(function));
        database.set_onclose(Some(function));
        Ok(Self {
            idb: database,
            closed,
            owner: None,
            unwritten: Cell::new(false),
            _listener: listener,
        })
    }

    pub async fn delete(name: &str) -> Result<(), VaultError> {
        let request = factory()?.delete_database(name).map_err(|error| failed(&error))?;
        answer(&request).await.map(drop)
    }

    pub fn close(&self) {
        self.closed.set(true);
        self.idb.close();
    }

    pub fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// Make it ours.
    pub async fn own(&mut self) -> Result<(), VaultError> {
        let mut token = [0; 16];
        getrandom::fill(&mut token).map_err(|error| unavailable(&error.to_string()))?;
        self.owner = Some(token);
        let transaction = self.write(&Array::of1(&KEYS.into()))?;
        self.put_token(&transaction).map_err(|error| failed(&error))?;
        match complete(&transaction).await {
            Err(VaultError::Full) => {}
            done => return done,
        }
        // A full vault is still read. To take the other's token away needs no room; from then on it is nobody's, until
        // somebody finds room for a token of their own.
        let transaction = self.write(&Array::of1(&KEYS.into()))?;
        let store = transaction.object_store(KEYS).map_err(|error| failed(&error))?;
        store.delete(&OWNER.into()).map_err(|error| failed(&error))?;
        self.unwritten.set(true);
        complete(&transaction).await
    }

    fn put_token(&self, transaction: &IdbTransaction) -> Result<(), JsValue> {
        if let Some(token) = &self.owner {
            let store = transaction.object_store(KEYS)?;
            store.put_with_key(&Uint8Array::from(token.as_slice()), &OWNER.into())?;
        }
        Ok(())
    }

    /// The vault's key, if it was kept.
    pub async fn key(&self) -> Result<Option<CryptoKey>, VaultError> {
        let request = self.read(KEYS)?.get(&KEY.into()).map_err(|error| failed(&error))?;
        Ok(answer(&request).await?.dyn_into().ok())
    }

    pub async fn keep_key(&self, key: &CryptoKey) -> Result<(), VaultError> {
        let transaction = self.write(&Array::of1(&KEYS.into()))?;
        let store = transaction.object_store(KEYS).map_err(|error| failed(&error))?;
        store.add_with_key(key, &KEY.into()).map_err(|error| failed(&error))?;
        complete(&transaction).await
    }

    pub async fn get(&self, space: Space, key: &[u8]) -> Result<Option<Record>, VaultError> {
        let js_key = Uint8Array::from(key);
        let request = self.read(space.name())?.get(&js_key).map_err(|error| failed(&error))?;
        let value = answer(&request).await?;
        Ok((!value.is_undefined()).then(|| Record::new(&js_key, value)))
    }

    pub async fn all(&self, space: Space) -> Result<Vec<Record>, VaultError> {
        let store = self.read(space.name())?;
        let keys = store.get_all_keys().map_err(|error| failed(&error))?;
        let values = store.get_all().map_err(|error| failed(&error))?;
        // Both belong to one transaction and see the same state.
        let keys = Array::from(&answer(&keys).await?);
        let values = Array::from(&answer(&values).await?);
        Ok(keys
            .iter()
            .zip(values.iter())
            .map(|(key, value)| Record::new(&key, value))
            .collect())
    }

    pub async fn before(
        &self,
        space: Space,
        prefix: &[u8],
        end: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Record>, VaultError> {
        let mut records = Vec::new();
        let Some(range) = range(prefix, end)? else {
            return Ok(records);
        };
        let request = self
            .read(space.name())?
            .open_cursor_with_range_and_direction(&range, IdbCursorDirection::Prev)
            .map_err(|error| failed(&error))?;
        while records.len() < limit {
            let Ok(cursor) = answer(&request).await?.dyn_into::<IdbCursorWithValue>() else {
                break;
            };
            let key = cursor.key().map_err(|error| failed(&error))?;
            let value = cursor.value().map_err(|error| failed(&error))?;
            records.push(Record::new(&key, value));
            if records.len() < limit {
                cursor.continue_().map_err(|error| failed(&error))?;
            }
        }
        Ok(records)
    }

    /// One transaction: `sealed` are the new values of the changes. With `owned`, only if it is still ours.
    pub async fn commit(
        &self,
        changes: &[Change],
        sealed: &[Option<Uint8Array>],
        owned: bool,
    ) -> Result<(), VaultError> {
        let mut spaces: Vec<&str> = Vec::new();
        for change in changes {
            if !spaces.contains(&change.space.name()) {
                spaces.push(change.space.name());
            }
        }
        if spaces.is_empty() {
            return if self.closed.get() {
                Err(VaultError::Closed)
            } else {
                Ok(())
            };
        }
        if owned {
            spaces.push(KEYS);
        }
        let transaction = self.write(&spaces.into_iter().map(JsValue::from).collect())?;
        let guard = match owned.then(|| self.guard(&transaction)).transpose() {
            Ok(guard) => guard,
            Err(error) => {
                let _ = transaction.abort();
                return Err(error);
            }
        };
        let unwritten = owned && self.unwritten.get();
        let requested = request_all(&transaction, changes, sealed);
        let requested = requested.and_then(|()| {
            if unwritten {
                self.put_token(&transaction)
            } else {
                Ok(())
            }
        });
        if let Err(error) = requested {
            // Half of it may be requested already: all or nothing.
            let _ = transaction.abort();
            return Err(failed(&error));
        }
        let ended = match guard {
            // It commits or aborts.
            Some(_) => ended(&transaction).await,
            None => complete(&transaction).await,
        };
        drop(guard);
        if unwritten && ended.is_ok() {
            self.unwritten.set(false);
        }
        ended
    }

    /// Asks, before all else in this transaction, who owns the vault. The answer commits the transaction, or aborts it.
    fn guard(&self, transaction: &IdbTransaction) -> Result<Closure<dyn FnMut(Event)>, VaultError> {
        let mine = self.owner.ok_or(VaultError::Closed)?;
        let mine = (!self.unwritten.get()).then(|| mine.to_vec());
        let store = transaction.object_store(KEYS).map_err(|error| failed(&error))?;
        let request = store.get(&OWNER.into()).map_err(|error| failed(&error))?;
        let (transaction, closed) = (transaction.clone(), Rc::clone(&self.closed));
        let guard = Closure::new(move |event: Event| {
            let request = event.target().map(JsCast::unchecked_into::<IdbRequest>);
            let owner = request.and_then(|request| request.result().ok()?.dyn_into::<Uint8Array>().ok());
            if owner.map(|owner| owner.to_vec()) == mine {
                let _ = transaction.unchecked_ref::<Committing>().commit();
            } else {
                closed.set(true);
                let _ = transaction.abort();
            }
        });
        request.set_onsuccess(Some(guard.as_ref().unchecked_ref()));
        Ok(guard)
    }

    #[cfg(feature = "testing")]
    pub async fn damage(&self, store: &str, key: Option<&[u8]>) -> Result<(), VaultError> {
        let request = match key {
            Some(key) => self.read(store)?.open_cursor_with_range(&Uint8Array::from(key)),
            None => self
                .read(store)?
                .open_cursor_with_range_and_direction(&JsValue::NULL, IdbCursorDirection::Prev),
        };
        let cursor = answer(&request.map_err(|error| failed(&error))?)
            .await?
            .dyn_into::<IdbCursorWithValue>();
        let cursor = cursor.map_err(|_| unavailable("no such record"))?;
        let key = cursor.key().map_err(|error| failed(&error))?;
        let value = Uint8Array::new(&cursor.value().map_err(|error| failed(&error))?);
        let last = value.length() - 1;
        value.set_index(last, value.get_index(last) ^ 1);
        let transaction = self.write(&Array::of1(&store.into()))?;
        let store = transaction.object_store(store).map_err(|error| failed(&error))?;
        store.put_with_key(&value, &key).map_err(|error| failed(&error))?;
        complete(&transaction).await
    }

    fn read(&self, store: &str) -> Result<IdbObjectStore, VaultError> {
        if self.closed.get() {
            return Err(VaultError::Closed);
        }
        let transaction = self.idb.transaction_with_str(store).map_err(|error| failed(&error))?;
        transaction.object_store(store).map_err(|error| failed(&error))
    }

    fn write(&self, stores: &Array) -> Result<IdbTransaction, VaultError> {
        if self.closed.get() {
            return Err(VaultError::Closed);
        }
        let options = Object::new();
        Reflect::set(&options, &"durability".into(), &"strict".into()).map_err(|error| failed(&error))?;
        let database: &Durable = self.idb.unchecked_ref();
        database
            .transaction(stores, "readwrite", &options)
            .map_err(|error| failed(&error))
    }
}

impl Drop for Database {
    /// A connection that is left open would keep everybody from deleting the database, and call a listener that is gone.
    fn drop(&mut self) {
        self.idb.set_onversionchange(None);
        self.idb.set_onclose(None);
        self.close();
    }
}

fn request_all(transaction: &IdbTransaction, changes: &[Change], sealed: &[Option<Uint8Array>]) -> Result<(), JsValue> {
    for (change, sealed) in changes.iter().zip(sealed) {
        let store = transaction.object_store(change.space.name())?;
        let key = Uint8Array::from(change.key.as_slice());
        match sealed {
            Some(value) => store.put_with_key(value, &key)?,
            None => store.delete(&key)?,
        };
    }
    Ok(())
}

/// All keys that start with `prefix` and are below `end`; `None` if there can be none.
fn range(prefix: &[u8], end: Option<&[u8]>) -> Result<Option<IdbKeyRange>, VaultError> {
    let lower = Uint8Array::from(prefix);
    let behind = behind(prefix);
    // The lower of both ends.
    let upper = match (end, behind.as_deref()) {
        (Some(end), Some(behind)) => Some(end.min(behind)),
        (end, behind) => end.or(behind),
    };
    let range = match upper {
        // IndexedDB refuses an empty range.
        Some(upper) if upper <= prefix => return Ok(None),
        Some(upper) => IdbKeyRange::bound_with_lower_open_and_upper_open(&lower, &Uint8Array::from(upper), false, true),
        None => IdbKeyRange::lower_bound(&lower),
    };
    range.map(Some).map_err(|error| failed(&error))
}

/// The first key behind all that start with `prefix`, if there is one.
fn behind(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut behind = prefix[..=last].to_vec();
    behind[last] += 1;
    Some(behind)
}

/// The result of a request.
async fn answer(request: &IdbRequest) -> Result<JsValue, VaultError> {
    let promise = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    // On an error too, the request itself says more than the event.
    let _ = JsFuture::from(promise).await;
    match request.error() {
        Ok(Some(error)) => Err(failed(&error)),
        _ => request.result().map_err(|error| failed(&error)),
    }
}

/// The end of a transaction that writes: durable, or nothing of it is there.
async fn complete(transaction: &IdbTransaction) -> Result<(), VaultError> {
    // Not to wait until the browser finds out by itself that nothing more comes.
    transaction
        .unchecked_ref::<Committing>()
        .commit()
        .map_err(|error| failed(&error))?;
    ended(transaction).await
}

/// The end of a transaction that somebody else commits.
async fn ended(transaction: &IdbTransaction) -> Result<(), VaultError> {
    let promise = Promise::new(&mut |resolve, reject| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
    });
    match JsFuture::from(promise).await {
        Ok(_) => Ok(()),
        // Without an error it was ended from outside: the database is being closed.
        Err(_) => Err(transaction.error().map_or(VaultError::Closed, |error| failed(&error))),
    }
}

fn factory() -> Result<IdbFactory, VaultError> {
    let absent = |_| unavailable("no IndexedDB");
    let factory = Reflect::get(&js_sys::global(), &"indexedDB".into()).map_err(absent)?;
    factory.dyn_into().map_err(absent)
}

/// The browser offers no storage or no encryption.
pub fn unavailable(why: &str) -> VaultError {
    VaultError::Unavailable(why.to_owned())
}

/// What the browser's error is for the client.
pub fn failed(error: &JsValue) -> VaultError {
    let error: Option<&DomException> = error.dyn_ref();
    let name = error.map(DomException::name).unwrap_or_default();
    match name.as_str() {
        "QuotaExceededError" => VaultError::Full,
        "VersionError" => VaultError::Newer,
        // `AbortError`: closed under a running transaction.
        "InvalidStateError" | "AbortError" => VaultError::Closed,
        _ => unavailable(&error.map_or(name.clone(), |error| format!("{name}: {}", error.message()))),
    }
}
