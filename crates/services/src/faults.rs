//! Deliberate faults, so that the drill can show that it notices them (`docs/reliability.md`). They exist only in a server
//! built with the feature `drill`, which nothing that ships has; without it [`broken`] is always false and costs nothing.

/// Something done wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A publish is answered before its transaction is committed.
    AckBeforeCommit,
    /// A repeated id is stored once more.
    NoIdempotency,
    /// Who comes back is given only what is new from then on.
    NoResume,
    /// What is committed is forwarded even if it is not the next place.
    NoSequenceCheck,
    /// A publish is taken on top of any commit.
    NoCompareAndSet,
    /// What was handed in behind something that may not stand is stored all the same.
    NoOrderAfterFailure,
}

/// Whether this is to be done wrong.
#[cfg(not(feature = "drill"))]
#[inline]
pub(crate) const fn broken(_: Fault) -> bool {
    false
}

/// Whether this is to be done wrong: `JACKDAW_BREAK` names at most one fault.
#[cfg(feature = "drill")]
pub(crate) fn broken(fault: Fault) -> bool {
    static CHOSEN: std::sync::LazyLock<Option<Fault>> = std::sync::LazyLock::new(|| {
        let name = std::env::var("JACKDAW_BREAK").ok()?;
        Some(match name.as_str() {
            "ack-before-commit" => Fault::AckBeforeCommit,
            "no-idempotency" => Fault::NoIdempotency,
            "no-resume" => Fault::NoResume,
            "no-sequence-check" => Fault::NoSequenceCheck,
            "no-compare-and-set" => Fault::NoCompareAndSet,
            "no-order-after-failure" => Fault::NoOrderAfterFailure,
            other => panic!("JACKDAW_BREAK knows no {other}"),
        })
    });
    *CHOSEN == Some(fault)
}
