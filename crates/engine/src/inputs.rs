//! What waits for the worker: wishes of the page before wakes, wakes before what the socket brings, so that a person is not
//! kept waiting by a thousand messages.

use std::{
    cell::RefCell,
    collections::VecDeque,
    future::poll_fn,
    rc::Rc,
    task::{Poll, Waker},
};

use bridge::Command;
use client::SocketEvent;
use protocol::Address;

/// One thing to do.
pub enum Input {
    /// The page wishes.
    Command(Command),
    /// The alarm went off.
    Wake,
    /// The socket with this number says.
    Socket(u32, SocketEvent),
}

/// The queue; clones are the same queue.
#[derive(Clone, Default)]
pub struct Inputs(Rc<RefCell<Queue>>);

#[derive(Default)]
struct Queue {
    commands: VecDeque<Command>,
    wake: bool,
    socket: VecDeque<(u32, SocketEvent)>,
    waker: Option<Waker>,
}

impl Inputs {
    pub fn command(&self, command: Command) {
        self.put(|queue| queue.commands.push_back(command));
    }

    pub fn wake(&self) {
        self.put(|queue| queue.wake = true);
    }

    pub fn socket(&self, number: u32, event: SocketEvent) {
        self.put(|queue| queue.socket.push_back((number, event)));
    }

    /// Forget what the account before has left.
    pub fn forget_socket_and_wake(&self) {
        let mut queue = self.0.borrow_mut();
        queue.wake = false;
        queue.socket.clear();
    }

    pub fn is_empty(&self) -> bool {
        let queue = self.0.borrow();
        queue.commands.is_empty() && !queue.wake && queue.socket.is_empty()
    }

    /// The next thing to do.
    pub async fn next(&self) -> Input {
        self.until(|queue| {
            if let Some(command) = queue.commands.pop_front() {
                Some(Input::Command(command))
            } else if std::mem::take(&mut queue.wake) {
                Some(Input::Wake)
            } else {
                queue
                    .socket
                    .pop_front()
                    .map(|(number, event)| Input::Socket(number, event))
            }
        })
        .await
    }

    /// Until the page wishes to open the vault of an account that is not this one. Takes nothing out.
    pub async fn another_open(&self, than: Address) {
        let is_another = |command: &Command| matches!(command, Command::Open { account, .. } if *account != than);
        self.until(|queue| queue.commands.iter().any(is_another).then_some(()))
            .await;
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

    async fn until<T>(&self, mut take: impl FnMut(&mut Queue) -> Option<T>) -> T {
        poll_fn(|context| {
            let mut queue = self.0.borrow_mut();
            if let Some(taken) = take(&mut queue) {
                return Poll::Ready(taken);
            }
            queue.waker = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}
