//! Somebody with a wallet, a vault, a worker and a page.

use std::{cell::Cell, collections::VecDeque, rc::Rc};

use bridge::{ConversationId, Event, MessageView};
use client::{Client, Effect, Environment, memory::MemoryVault};
use protocol::UnixMillis;

use crate::{
    page::{Answer, Page},
    wallet::Wallet,
};

pub type Name = &'static str;

pub struct Env {
    pub now: Rc<Cell<i64>>,
    /// How far this machine's clock is off.
    pub offset: Rc<Cell<i64>>,
    pub seed: Rc<Cell<u64>>,
}

impl Environment for Env {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.now.get() + self.offset.get())
    }

    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            // splitmix64
            self.seed.set(self.seed.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
            let mut z = self.seed.get();
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (z ^ (z >> 31)).to_le_bytes()[0];
        }
    }
}

pub struct Person {
    pub wallet: Wallet,
    pub vault: MemoryVault,
    pub client: Client<MemoryVault, Env>,
    pub events: Vec<Event>,
    pub queue: VecDeque<Effect>,
    /// The wallet at the page, if there is one.
    pub page: Option<Page>,
    /// What it has answered, on its way to the worker.
    pub answers: VecDeque<(u32, Answer)>,
    pub socket: Option<u32>,
    pub wake: Option<i64>,
    /// Effects carried out so far.
    pub steps: usize,
    /// Dies just before this effect.
    pub crash_at: Option<usize>,
    /// How far its clock is off, in milliseconds.
    pub offset: Rc<Cell<i64>>,
    pub seed: Rc<Cell<u64>>,
    pub shown: Option<ConversationId>,
    /// What a page would hold of the shown thread.
    pub thread: Vec<MessageView>,
}

impl Person {
    pub fn note(&mut self, event: Event) {
        match &event {
            Event::Thread {
                conversation, messages, ..
            } if self.shown == Some(*conversation) => self.thread.clone_from(messages),
            Event::Messages { conversation, messages } if self.shown == Some(*conversation) => {
                for message in messages {
                    match self.thread.iter_mut().find(|known| known.id == message.id) {
                        Some(known) => known.clone_from(message),
                        None => self.thread.push(message.clone()),
                    }
                }
                self.thread.sort_by_key(|message| message.at);
            }
            Event::Discarded { id, .. } => self.thread.retain(|message| message.id != *id),
            _ => {}
        }
        self.events.push(event);
    }
}
