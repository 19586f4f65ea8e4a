//! The worker's side of a browser: the composition root that gives [`client::Client`] its vault, socket, clock and
//! randomness, and answers the page in the words of [`bridge`].
//!
//! It never touches the DOM, never opens a wallet, and never decides anything: what to do stands in `client`, this crate
//! only carries it out. Inputs (commands of the page, frames of the socket, wakes of the clock) are taken one after another
//! by one loop in [`worker`]; every input is finished, its effects included, before the next one is looked at.
//!
//! Of the workers of several tabs one leads ([`lead`]), the others follow ([`election`], ADR 13).
//!
//! To add an ability: a new [`client::Effect`] and one arm in [`lead`]. Everything the browser keeps stands behind names
//! that carry the version of the arrangement; builds that share it never work at the same time.

#![cfg(target_arch = "wasm32")]

mod channel;
mod clock;
mod context;
mod election;
mod input;
mod inputs;
mod lead;
mod leader;
mod page;
#[cfg(feature = "testing")]
mod suite;
mod transport;
mod vault;
mod worker;

use wasm_bindgen::{JsCast, prelude::wasm_bindgen};

/// The name under which everything of one account is kept and locked in this browser. The number is the version of the
/// arrangement: a build that changes it starts from nothing beside the old one.
fn place_of(account: protocol::Address) -> String {
    format!("jackdaw-1-{}", hex(account))
}

/// Where this worker's script comes from, which is where its page stands (a worker's script is of its page's origin). Nobody but the
/// browser says so: sign-in texts and signatures name this site. `None` for a host that no sign-in text can name.
fn origin() -> Option<identity::Origin> {
    let scope: web_sys::WorkerGlobalScope = js_sys::global().dyn_into().ok()?;
    identity::Origin::parse(&scope.location().origin()).ok()
}

/// Lower-case, so that the same account is the same place however it was written.
fn hex(account: protocol::Address) -> String {
    format!("{account:#x}")
}

/// What the worker's script calls once its wasm is there. Answers with [`bridge::Event::Started`].
#[wasm_bindgen]
pub fn start() {
    page::report_death();
    worker::start();
}
