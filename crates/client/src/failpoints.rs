//! The names of this crate's failpoints ([`failpoint`]); the drill must catch both.

/// Effects of a step are carried out before the vault has stored it.
pub const SAVED_AFTER_SENDING: &str = "state-saved-after-sending";
/// What a failed step did to the encryption engine is not rolled back.
pub const NO_DISCARD: &str = "no-discard-on-error";
