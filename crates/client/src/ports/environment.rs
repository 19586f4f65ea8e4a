//! Time and randomness.

use protocol::UnixMillis;

/// Where the client has its time and its randomness from.
pub trait Environment {
    /// The wall clock. It may be wrong and may jump; nothing but what people see and when things are tried again
    /// depends on it.
    fn now(&self) -> UnixMillis;

    /// Fills `bytes` with randomness fit for keys.
    fn fill(&self, bytes: &mut [u8]);
}
