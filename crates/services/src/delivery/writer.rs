//! Hands publishes to the committers.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use protocol::{ErrorCode, InstallationId, Publish};
use tokio::sync::{mpsc, oneshot};
use tracing::Span;

use super::queue::{Answer, Poisoned, Waiting};

/// Hands publishes of one installation to the committers; each socket has its own. Publishes to one topic are stored in the order in
/// which they are handed in.
///
/// After the first publish whose outcome is unknown, later ones are refused with `Unavailable`, to keep order: otherwise the first one,
/// repeated later, would be stored after those that followed it. The sender then takes a new writer and repeats everything that was not
/// answered, oldest first.
#[derive(Debug)]
pub struct Writer {
    lanes: Arc<[mpsc::Sender<Waiting>]>,
    installation: InstallationId,
    poisoned: Poisoned,
}

impl Writer {
    pub(super) fn new(lanes: Arc<[mpsc::Sender<Waiting>]>, installation: InstallationId) -> Self {
        Self {
            lanes,
            installation,
            poisoned: Poisoned::default(),
        }
    }

    /// Hands a publish in. Waits only while the queue is full.
    ///
    /// # Errors
    /// `TooLarge` or `Malformed` for what could never be stored; everything else is the answer of [`Pending`].
    pub async fn submit(&self, publish: Publish) -> Result<Pending, ErrorCode> {
        sequencer::check(&publish, self.installation)?;
        let lane = usize::from(publish.topic.0[0]) % self.lanes.len();
        let (answer, pending) = oneshot::channel();
        let waiting = Waiting {
            sender: self.installation,
            publish,
            answer,
            poisoned: self.poisoned.clone(),
            span: Span::current(),
        };
        self.lanes[lane]
            .send(waiting)
            .await
            .map_err(|_| ErrorCode::Unavailable)?;
        Ok(Pending(pending))
    }
}

/// The coming answer to a publish that was handed in. Dropping it does not take the publish back.
#[derive(Debug)]
pub struct Pending(oneshot::Receiver<Answer>);

impl Future for Pending {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // A committer never drops a publish unanswered, unless the pool is closed or the runtime is shutting down.
        Pin::new(&mut self.0)
            .poll(context)
            .map(|answer| answer.unwrap_or(Err(ErrorCode::Unavailable)))
    }
}
