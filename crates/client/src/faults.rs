//! Deliberate faults, so that the drill can show that it notices them (`docs/reliability.md`). They exist only with the feature
//! `drill`, which nothing that ships has; without it [`broken`] is always false and costs nothing.

/// Something done wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// What was done is told and sent before the vault has it.
    SaveAfterSending,
    /// What a step that failed did to the encryption engine stays.
    NoDiscard,
}

#[cfg(feature = "drill")]
thread_local! {
    static CHOSEN: std::cell::Cell<Option<Fault>> = const { std::cell::Cell::new(None) };
}

/// From now on, on this thread, this is done wrong.
#[cfg(feature = "drill")]
pub fn choose(fault: Option<Fault>) {
    CHOSEN.set(fault);
}

/// Whether this is to be done wrong.
#[cfg(feature = "drill")]
pub(crate) fn broken(fault: Fault) -> bool {
    CHOSEN.get() == Some(fault)
}

/// Whether this is to be done wrong.
#[cfg(not(feature = "drill"))]
#[inline]
pub(crate) const fn broken(_: Fault) -> bool {
    false
}
