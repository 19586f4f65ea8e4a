//! What the workers of one account say to each other, over a `BroadcastChannel`.
//!
//! A word is an array with its kind in front. The first three kinds are the same in every build; the others are
//! heard by workers of the same build only, because they carry the leader's term, and a worker joins no leader of another build.

use std::{cell::Cell, rc::Rc};

use bridge::Command;
use client::Tab;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

use crate::{input::Word, inputs::Inputs};

const WHO: u32 = 0;
const LEADS: u32 = 1;
const PENDING: u32 = 2;
const ASK: u32 = 3;
const SAY: u32 = 4;

/// The way to the other workers.
pub struct Channel {
    web: BroadcastChannel,
    build: Rc<str>,
    /// Our term, while we lead.
    term: Rc<Cell<Option<u32>>>,
    _listener: Closure<dyn FnMut(MessageEvent)>,
}

impl Channel {
    /// Listen and speak.
    ///
    /// # Errors
    /// `None` where the browser has no such channels.
    pub fn join(name: &str, build: Rc<str>, inputs: &Inputs) -> Option<Self> {
        let web = BroadcastChannel::new(name).ok()?;
        let term = Rc::new(Cell::new(None));
        let listener = {
            let (inputs, term, build, web) = (inputs.clone(), Rc::clone(&term), Rc::clone(&build), web.clone());
            Closure::new(move |event: MessageEvent| {
                let _ = hear(&event.data(), &inputs, term.get(), &build, &web);
            })
        };
        web.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        Some(Self {
            web,
            build,
            term,
            _listener: listener,
        })
    }

    /// Is anybody there who leads?
    pub fn ask_who(&self) {
        post(&self.web, &Array::of1(&WHO.into()));
    }

    /// Announces this worker as the leader of `term` at once, and answers later questions about the leader with it.
    pub fn lead(&self, term: u32) {
        self.term.set(Some(term));
        post(&self.web, &leads(&self.build, term));
    }

    /// We do not lead any more.
    pub fn stop_leading(&self) {
        self.term.set(None);
    }

    /// The vault holds pending sends.
    pub fn tell_pending_sends(&self) {
        post(&self.web, &Array::of1(&PENDING.into()));
    }

    /// A command of this tab for the leader of this term.
    pub fn ask(&self, term: u32, tab: Tab, command: &[u8]) {
        let bytes = Uint8Array::from(command);
        post(&self.web, &Array::of4(&ASK.into(), &term.into(), &tab.0.into(), &bytes));
    }

    /// The leader's words: pairs of a tab (or null: all) and an event, or how many of its commands are done with.
    pub fn say(&self, parts: &Array) {
        if let Some(term) = self.term.get() {
            post(&self.web, &Array::of3(&SAY.into(), &term.into(), parts));
        }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.web.set_onmessage(None);
        self.web.close();
    }
}

fn leads(build: &str, term: u32) -> Array {
    Array::of3(&LEADS.into(), &build.into(), &term.into())
}

fn post(web: &BroadcastChannel, word: &JsValue) {
    // Fails only on a channel that is closed, and for what cannot be copied.
    let _ = web.post_message(word);
}

/// A number of ours in a word.
pub fn number(value: &JsValue) -> Option<u32> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "we say numbers of 32 bits only"
    )]
    Some(value.as_f64()? as u32)
}

/// `None`: no word of ours.
fn hear(data: &JsValue, inputs: &Inputs, term: Option<u32>, build: &str, web: &BroadcastChannel) -> Option<()> {
    let word: &Array = data.dyn_ref()?;
    match number(&word.get(0))? {
        // Answered here and not in the worker's turn: that it has much to do does not make it dead.
        WHO => post(web, &leads(build, term?)),
        LEADS => inputs.word(Word::Leads {
            build: word.get(1).as_string()?,
            term: number(&word.get(2))?,
        }),
        PENDING => inputs.word(Word::PendingSends),
        ASK if number(&word.get(1))? == term? => {
            let command: Uint8Array = word.get(3).dyn_into().ok()?;
            let command = bridge::decode::<Command>(&command.to_vec()).ok()?;
            inputs.asked(Tab(number(&word.get(2))?), command);
        }
        SAY => inputs.word(Word::Say {
            term: number(&word.get(1))?,
            parts: word.get(2).dyn_into().ok()?,
        }),
        _ => {}
    }
    Some(())
}
