//! What a [`Writer`](super::Writer) hands to a committer.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use protocol::{ErrorCode, InstallationId, Publish};
use sequencer::Stored;
use tokio::sync::oneshot;
use tracing::Span;

use crate::failpoints::NO_ORDER_AFTER_FAILURE;

/// The place of a publish, or why it was refused. After `Unavailable` it may be stored or not.
pub(super) type Answer = Result<Stored, ErrorCode>;

/// A publish in the queue.
#[derive(Debug)]
pub(super) struct Waiting {
    pub sender: InstallationId,
    pub publish: Publish,
    pub answer: oneshot::Sender<Answer>,
    /// Shared by everything of the same writer.
    pub poisoned: Poisoned,
    /// Tracing span to log this publish's failure under.
    pub span: Span,
}

impl Waiting {
    /// Answers, and poisons the writer if the outcome is unknown.
    pub(super) fn answer(self, answer: Answer) {
        if answer == Err(ErrorCode::Unavailable) {
            self.poisoned.set();
        }
        // The writer may be gone.
        let _ = self.answer.send(answer);
    }
}

/// Whether a publish of this writer has an unknown outcome: later ones are refused, to keep their order. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Poisoned(Arc<AtomicBool>);

impl Poisoned {
    fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire) && !failpoint::is_active(NO_ORDER_AFTER_FAILURE)
    }
}
