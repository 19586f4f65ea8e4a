//! What waits for the worker: locks and other workers before commands of pages, those before wakes, wakes before what the socket
//! brings, so that a person is not kept waiting by a thousand messages.

use std::{
    cell::RefCell,
    collections::VecDeque,
    future::poll_fn,
    rc::Rc,
    task::{Poll, Waker},
};

use bridge::Command;
use client::{SocketEvent, Tab};

use crate::input::{Input, Lock, Word};

/// The queue; clones are the same queue.
#[derive(Clone, Default)]
pub struct Inputs(Rc<RefCell<Queue>>);

#[derive(Default)]
struct Queue {
    tabs: VecDeque<Input>,
    look: bool,
    commands: VecDeque<Command>,
    asked: VecDeque<(Tab, Command)>,
    wake: bool,
    socket: VecDeque<(u32, SocketEvent)>,
    /// The page has not heard yet that it is to say everything again.
    deaf: bool,
    waker: Option<Waker>,
}

impl Inputs {
    pub fn lock(&self, number: u32, lock: Lock) {
        self.put(|queue| queue.tabs.push_back(Input::Lock(number, lock)));
    }

    pub fn word(&self, word: Word) {
        self.put(|queue| queue.tabs.push_back(Input::Word(word)));
    }

    pub fn look(&self) {
        // Several that come while the worker is busy are one: in between nobody could have answered.
        self.put(|queue| queue.look = true);
    }

    pub fn command(&self, command: Command) {
        self.put(|queue| {
            if !queue.deaf {
                queue.commands.push_back(command);
            }
        });
    }

    pub fn asked(&self, tab: Tab, command: Command) {
        self.put(|queue| queue.asked.push_back((tab, command)));
    }

    pub fn wake(&self) {
        self.put(|queue| queue.wake = true);
    }

    pub fn socket(&self, number: u32, event: SocketEvent) {
        self.put(|queue| queue.socket.push_back((number, event)));
    }

    /// This command is to be looked at again, before all others.
    pub fn put_back(&self, command: Command) {
        self.put(|queue| queue.commands.push_front(command));
    }

    /// The page is asked to say everything again: what it says until [`Self::page_hears`] is of before.
    pub fn start_over(&self) {
        let mut queue = self.0.borrow_mut();
        queue.commands.clear();
        queue.deaf = true;
    }

    /// The page says everything again from here on.
    pub fn page_hears(&self) {
        self.0.borrow_mut().deaf = false;
    }

    /// Forget what a leader had to do.
    pub fn forget_lead(&self) {
        let mut queue = self.0.borrow_mut();
        queue.wake = false;
        queue.socket.clear();
        queue.asked.clear();
    }

    pub fn is_empty(&self) -> bool {
        let queue = self.0.borrow();
        queue.tabs.is_empty()
            && !queue.look
            && queue.commands.is_empty()
            && queue.asked.is_empty()
            && !queue.wake
            && queue.socket.is_empty()
    }

    /// The next thing to do. As long as nobody is known to lead, commands wait.
    pub async fn next(&self, led: bool) -> Input {
        poll_fn(|context| {
            let mut queue = self.0.borrow_mut();
            if let Some(input) = queue.next(led) {
                return Poll::Ready(input);
            }
            queue.waker = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    fn put(&self, change: impl FnOnce(&mut Queue)) {
        let waker = {
            let mut queue = self.0.borrow_mut();
            change(&mut queue);
            queue.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Queue {
    fn next(&mut self, led: bool) -> Option<Input> {
        if let Some(input) = self.tabs.pop_front() {
            return Some(input);
        }
        if std::mem::take(&mut self.look) {
            return Some(Input::Look);
        }
        if led {
            if let Some(command) = self.commands.pop_front() {
                return Some(Input::Command(command));
            }
            if let Some((tab, command)) = self.asked.pop_front() {
                return Some(Input::Asked(tab, command));
            }
        }
        if std::mem::take(&mut self.wake) {
            return Some(Input::Wake);
        }
        let (number, event) = self.socket.pop_front()?;
        Some(Input::Socket(number, event))
    }
}
