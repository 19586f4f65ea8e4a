//! One socket's end of the bus.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use protocol::{ErrorCode, InstallationId};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::Push;

/// Where pushes for one socket are put.
#[derive(Debug)]
pub struct Subscriber {
    number: u64,
    installation: OnceLock<InstallationId>,
    mailbox: Mutex<VecDeque<Push>>,
    wake: Notify,
    end_reason: OnceLock<ErrorCode>,
    ended: CancellationToken,
}

impl Subscriber {
    pub(super) fn new(number: u64) -> Self {
        Self {
            number,
            installation: OnceLock::new(),
            mailbox: Mutex::default(),
            wake: Notify::new(),
            end_reason: OnceLock::new(),
            ended: CancellationToken::new(),
        }
    }

    /// Differs from that of every other subscriber of this node.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The installation the socket speaks for, once it is known.
    pub fn installation(&self) -> Option<InstallationId> {
        self.installation.get().copied()
    }

    /// Puts a push into the mailbox, in the place of an older one of the same subject if that was not fetched yet. Never waits.
    pub fn push(&self, push: Push) {
        let mut mailbox = self.mailbox();
        match mailbox.iter_mut().find(|older| push.replaces(older)) {
            Some(older) => *older = push,
            None => mailbox.push_back(push),
        }
        drop(mailbox);
        self.wake.notify_one();
    }

    /// The session of the socket is over. The first reason counts.
    pub(super) fn end(&self, reason: ErrorCode) {
        let _ = self.end_reason.set(reason);
        self.ended.cancel();
    }

    /// False if it was known already.
    pub(super) fn speaks_for(&self, installation: InstallationId) -> bool {
        self.installation.set(installation).is_ok()
    }

    pub(super) async fn next(&self) -> Push {
        loop {
            let push = self.mailbox().pop_front();
            if let Some(push) = push {
                return push;
            }
            self.wake.notified().await;
        }
    }

    /// Waits until the session is over, on whichever node it was ended; returns the reason. It is no push: it must interrupt a socket that
    /// is waiting to write.
    pub async fn ended(&self) -> ErrorCode {
        self.ended.cancelled().await;
        self.end_reason.get().copied().unwrap_or(ErrorCode::SessionEnded)
    }

    fn mailbox(&self) -> MutexGuard<'_, VecDeque<Push>> {
        // Whole between two statements: a panic elsewhere leaves nothing half done.
        self.mailbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
