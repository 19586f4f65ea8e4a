//! Web Locks: the one that says which worker leads, and one for the life of every worker.

use std::{cell::RefCell, rc::Rc};

use client::Tab;
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::AbortController;

use crate::{input::Lock, inputs::Inputs};

#[wasm_bindgen]
extern "C" {
    /// `LockManager`, which web-sys has behind a compiler flag only.
    type Locks;

    #[wasm_bindgen(method, catch)]
    fn request(this: &Locks, name: &str, options: &Object, callback: &Function) -> Result<Promise, JsValue>;
}

/// The name of the lock that the worker of a tab holds as long as it lives.
pub fn life_of(tab: Tab) -> String {
    format!("jackdaw-tab-{}", tab.0)
}

/// How to come by a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// When it is free.
    Waiting,
    /// At once, taking the lock from its current holder.
    Stealing,
}

/// A request for a lock, and later the lock. Dropping it gives either up; so does the end of the worker.
pub struct Lease {
    number: u32,
    abort: AbortController,
    release: Rc<RefCell<Option<Function>>>,
    _granted: Closure<dyn FnMut(JsValue) -> Promise>,
}

impl Lease {
    /// Ask for the lock of this name. What comes of it arrives in `inputs` under this number.
    ///
    /// # Errors
    /// `None` where the browser offers no locks: without HTTPS, away from localhost.
    pub fn request(name: &str, by: By, number: u32, inputs: &Inputs) -> Option<Self> {
        let locks = locks()?;
        let release = Rc::new(RefCell::new(None));
        let abort = AbortController::new().ok()?;
        let callback = {
            let (release, inputs, signal) = (Rc::clone(&release), inputs.clone(), abort.signal());
            Closure::new(move |_lock: JsValue| {
                // Given up, too late for the browser to hear of it in time.
                if signal.aborted() {
                    return Promise::resolve(&JsValue::UNDEFINED);
                }
                inputs.lock(number, Lock::Granted);
                // The lock is held until this promise is settled.
                Promise::new(&mut |resolve, _| *release.borrow_mut() = Some(resolve))
            })
        };
        let options = Object::new();
        if by == By::Stealing {
            Reflect::set(&options, &"steal".into(), &JsValue::TRUE).ok()?;
        } else {
            Reflect::set(&options, &"signal".into(), &abort.signal()).ok()?;
        }
        let promise = locks.request(name, &options, callback.as_ref().unchecked_ref()).ok()?;
        let inputs = inputs.clone();
        spawn_local(async move {
            // Rejected when it is stolen; also when the request was given up, which nobody listens to any more.
            if JsFuture::from(promise).await.is_err() {
                inputs.lock(number, Lock::Lost);
            }
        });
        Some(Self {
            number,
            abort,
            release,
            _granted: callback,
        })
    }

    /// The number under which it was asked for.
    pub fn number(&self) -> u32 {
        self.number
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.abort.abort();
        if let Some(release) = self.release.borrow_mut().take() {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
    }
}

fn locks() -> Option<Locks> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
    let locks = Reflect::get(&navigator, &"locks".into()).ok()?;
    locks.is_object().then(|| locks.unchecked_into())
}
