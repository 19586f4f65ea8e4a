//! The machine's clock and randomness.

use std::time::{SystemTime, UNIX_EPOCH};

use client::Environment;
use protocol::UnixMillis;

/// The machine's clock and randomness.
pub(crate) struct Machine;

impl Environment for Machine {
    fn now(&self) -> UnixMillis {
        #[expect(clippy::disallowed_methods, reason = "this is where the clock comes from")]
        let now = SystemTime::now();
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("an operating system without randomness cannot hold keys");
    }
}
