//! One worker for one account: the Web Lock that keeps two tabs from writing into the same vault.

use std::{cell::RefCell, rc::Rc};

use futures::channel::oneshot;
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::AbortController;

#[wasm_bindgen]
extern "C" {
    /// `LockManager`, which web-sys has behind a compiler flag only.
    type Locks;

    #[wasm_bindgen(method, catch)]
    fn request(this: &Locks, name: &str, options: &Object, callback: &Function) -> Result<Promise, JsValue>;
}

/// The wish for the lock, and later the lock. Dropping it gives either up; so does the end of the worker.
pub struct Lease {
    abort: AbortController,
    release: Rc<RefCell<Option<Function>>>,
    _granted: Closure<dyn FnMut(JsValue) -> Promise>,
}

impl Lease {
    /// Ask for the lock of this name. The receiver hears when it is ours.
    ///
    /// # Errors
    /// `None` where the browser offers no locks: without HTTPS, away from localhost.
    pub fn request(name: &str) -> Option<(Self, oneshot::Receiver<()>)> {
        let locks = locks()?;
        let (granted, hear) = oneshot::channel();
        let release = Rc::new(RefCell::new(None));
        let callback = {
            let (release, mut granted) = (Rc::clone(&release), Some(granted));
            Closure::new(move |_lock: JsValue| {
                if let Some(granted) = granted.take() {
                    // Nobody listens any more: the lease was dropped, and the abort below has come too late.
                    if granted.send(()).is_err() {
                        return Promise::resolve(&JsValue::UNDEFINED);
                    }
                }
                // The lock is held until this promise is settled.
                Promise::new(&mut |resolve, _| *release.borrow_mut() = Some(resolve))
            })
        };
        let abort = AbortController::new().ok()?;
        let options = Object::new();
        Reflect::set(&options, &"signal".into(), &abort.signal()).ok()?;
        let promise = locks.request(name, &options, callback.as_ref().unchecked_ref()).ok()?;
        // It is rejected when the wish is aborted; unheard, that would count as a defect of the worker.
        spawn_local(async move {
            let _ = JsFuture::from(promise).await;
        });
        Some((
            Self {
                abort,
                release,
                _granted: callback,
            },
            hear,
        ))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        match self.release.borrow_mut().take() {
            Some(release) => {
                let _ = release.call0(&JsValue::UNDEFINED);
            }
            None => self.abort.abort(),
        }
    }
}

fn locks() -> Option<Locks> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
    let locks = Reflect::get(&navigator, &"locks".into()).ok()?;
    locks.is_object().then(|| locks.unchecked_into())
}
