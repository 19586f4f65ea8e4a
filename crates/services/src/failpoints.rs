//! The names of this crate's failpoints ([`failpoint`]); `sequencer` has one more.

/// A publish is answered before its transaction is committed. Caught by the drill, as are the next four.
pub(crate) const ACK_BEFORE_COMMIT: &str = "ack-before-commit";
/// A repeated id is stored once more.
pub(crate) const NO_IDEMPOTENCY: &str = "no-idempotency";
/// A follower is given only what is new from then on, whatever its cursor.
pub(crate) const NO_RESUME: &str = "no-resume";
/// What is committed is forwarded even if it is not the next place.
pub(crate) const NO_SEQUENCE_CHECK: &str = "no-sequence-check";
/// What a writer handed in behind a publish of unknown outcome is stored all the same.
pub(crate) const NO_ORDER_AFTER_FAILURE: &str = "no-order-after-failure";

/// Panics before publishes are committed.
pub const STORE: &str = "store";
/// Panics after publishes are committed and before anybody is told.
pub const STORED: &str = "stored";
/// Panics while a page of a log is read.
pub const PAGE: &str = "page";
