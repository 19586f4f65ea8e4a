//! One who hands publishes in.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use protocol::{ErrorCode, InstallationId, Publish};
use tokio::sync::{mpsc, oneshot};
use tracing::Span;

use super::{
    batch,
    committer::{Answer, Waiting},
};
use crate::faults::{Fault, broken};

/// Hands publishes in for one installation: one for each socket. What it hands in for one topic is stored in that order.
///
/// So it ends with the first thing that may not stand: everything behind that is answered `Unavailable` too, and stored
/// nowhere. Otherwise what was sent first and is repeated later would stand behind what was sent after it. Whoever goes on
/// takes a new one, and begins with the oldest that was not answered.
#[derive(Debug)]
pub struct Writer {
    lanes: Arc<[mpsc::Sender<Waiting>]>,
    installation: InstallationId,
    over: Over,
}

impl Writer {
    pub(super) fn new(lanes: Arc<[mpsc::Sender<Waiting>]>, installation: InstallationId) -> Self {
        Self {
            lanes,
            installation,
            over: Over::default(),
        }
    }

    /// Hands a publish in. Waits only while the queue is full.
    ///
    /// # Errors
    /// `TooLarge` or `Malformed` for what could never be stored; everything else is the answer of [`Pending`].
    pub async fn submit(&self, publish: Publish) -> Result<Pending, ErrorCode> {
        batch::check(&publish, self.installation)?;
        let lane = usize::from(publish.topic.0[0]) % self.lanes.len();
        let (answer, pending) = oneshot::channel();
        let waiting = Waiting {
            sender: self.installation,
            publish,
            answer,
            over: self.over.clone(),
            span: Span::current(),
        };
        self.lanes[lane]
            .send(waiting)
            .await
            .map_err(|_| ErrorCode::Unavailable)?;
        Ok(Pending(pending))
    }
}

/// Whether a writer has ended. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Over(Arc<AtomicBool>);

impl Over {
    pub(super) fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(super) fn begun(&self) -> bool {
        self.0.load(Ordering::Acquire) && !broken(Fault::NoOrderAfterFailure)
    }
}

/// A publish that was handed in and is not answered yet. Dropping it does not take it back.
#[derive(Debug)]
pub struct Pending(oneshot::Receiver<Answer>);

impl Future for Pending {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // The committer never drops a publish unanswered, unless the pool is closed or the runtime is shutting down.
        Pin::new(&mut self.0)
            .poll(context)
            .map(|answer| answer.unwrap_or(Err(ErrorCode::Unavailable)))
    }
}
