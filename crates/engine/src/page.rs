//! The page: commands come from it, events go to it.
//!
//! A message to the page is an array: first how many commands are done with, counted from the last `Started`, then the events
//! as bytes. The page keeps what is not done with, and says it again when it is told `Started`: by another worker, should this
//! one die, or by this one, when another tab has come to lead. It answers `Started` with `null`.

use bridge::{Command, Event};
use js_sys::{Array, Function, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, PromiseRejectionEvent};

use crate::{clock, inputs::Inputs};

/// More events than this do not wait for each other.
const BATCH: u32 = 64;
/// Nor do events wait longer than this, in milliseconds, while there is more to do: about one picture of the screen.
const PATIENCE: i64 = 16;

/// The way to the page.
pub struct Page {
    scope: DedicatedWorkerGlobalScope,
    done: u32,
    told: u32,
    waiting: Array,
    transfer: Array,
    since: i64,
}

impl Page {
    /// Listen to the page's commands from now on.
    ///
    /// # Errors
    /// `None` if this is no worker.
    pub fn listen(inputs: &Inputs) -> Option<Self> {
        let scope: DedicatedWorkerGlobalScope = js_sys::global().dyn_into().ok()?;
        let inputs = inputs.clone();
        let listener = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let data = event.data();
            if data.is_null() {
                // It has heard `Started`: what comes from here on is said to a worker that knows nothing.
                return inputs.page_hears();
            }
            let command = data.dyn_into::<Uint8Array>().ok();
            match command.map(|bytes| bridge::decode::<Command>(&bytes.to_vec())) {
                Some(Ok(command)) => inputs.command(command),
                // Page and worker come from one build; the page takes this for a death and starts afresh.
                _ => report("the page said something that is no command"),
            }
        });
        scope.set_onmessage(Some(listener.into_js_value().unchecked_ref()));
        Some(Self {
            scope,
            done: 0,
            told: 0,
            waiting: Array::new(),
            transfer: Array::new(),
            since: 0,
        })
    }

    /// So many commands are done with.
    pub fn done(&mut self, done: u32) {
        self.done = done;
    }

    /// Ask the page to say everything again, as to a new worker.
    pub fn start_over(&mut self) {
        self.flush();
        (self.done, self.told) = (0, 0);
        self.event(&Event::Started);
        self.flush();
    }

    /// Put an event into the next message.
    pub fn event(&mut self, event: &Event) {
        if let Some(bytes) = encode(event) {
            self.bytes(&bytes);
        }
    }

    /// Put an event, as bytes, into the next message.
    pub fn bytes(&mut self, bytes: &Uint8Array) {
        if self.waiting.length() == 0 {
            self.since = clock::now().0;
        }
        self.transfer.push(&bytes.buffer());
        self.waiting.push(bytes);
    }

    /// Send what waits, unless there is more to do and little waits.
    pub fn flush_unless(&mut self, more: bool) {
        let little = self.waiting.length() < BATCH && clock::now().0 - self.since < PATIENCE;
        if !(more && little) {
            self.flush();
        }
    }

    /// Send what waits.
    pub fn flush(&mut self) {
        if self.waiting.length() == 0 && self.told == self.done {
            return;
        }
        let message = std::mem::take(&mut self.waiting);
        message.unshift(&JsValue::from(self.done));
        let transfer = std::mem::take(&mut self.transfer);
        if self.scope.post_message_with_transfer(&message, &transfer).is_err() {
            report("the page cannot be reached");
        }
        self.told = self.done;
    }
}

/// An event as bytes of its own.
pub fn encode(event: &Event) -> Option<Uint8Array> {
    let Ok(bytes) = bridge::encode(event) else {
        report("an event does not encode");
        return None;
    };
    Some(Uint8Array::from(bytes.as_slice()))
}

/// Make every end of this worker heard: a panic, and whatever else is thrown where only a promise would notice, reach the
/// page as an `error` of the worker. The page then starts another one.
pub fn report_death() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        report("the worker panicked");
    }));
    let listener = Closure::<dyn FnMut(PromiseRejectionEvent)>::new(|event: PromiseRejectionEvent| {
        // Said once, as an error.
        event.prevent_default();
        report_value(&event.reason());
    });
    if let Ok(scope) = js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() {
        let _ = scope.add_event_listener_with_callback("unhandledrejection", listener.as_ref().unchecked_ref());
        listener.forget();
    }
}

fn report(words: &str) {
    report_value(&js_sys::Error::new(words));
}

/// `reportError`, the same as throwing outside of everything (HTML, "report an exception").
fn report_value(value: &JsValue) {
    let global = js_sys::global();
    let report = Reflect::get(&global, &"reportError".into()).and_then(JsCast::dyn_into::<Function>);
    if let Ok(report) = report {
        let _ = report.call1(&global, value);
    }
}
