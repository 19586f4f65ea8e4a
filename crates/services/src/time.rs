//! Clock and randomness as parameters, so that tests control them.

use std::time::{SystemTime, UNIX_EPOCH};

use protocol::UnixMillis;
use time::OffsetDateTime;

/// Tells the time.
pub trait Clock: Send + Sync + std::fmt::Debug + 'static {
    /// The current time.
    fn now(&self) -> UnixMillis;
}

/// Draws bytes nobody can guess.
pub trait Randomness: Send + Sync + std::fmt::Debug + 'static {
    /// Fills all of `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The system clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the machine's clock is read"
    )]
    fn now(&self) -> UnixMillis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The machine's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandomness;

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("a kernel without randomness can run nothing here");
    }
}

/// The time as the database has it.
pub(crate) fn to_db(at: UnixMillis) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// The time as it goes over the wire, in whole milliseconds.
pub(crate) fn from_db(at: OffsetDateTime) -> UnixMillis {
    UnixMillis(i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX))
}

/// Adds seconds to a time.
pub(crate) fn after(at: UnixMillis, seconds: i64) -> UnixMillis {
    UnixMillis(at.0.saturating_add(seconds.saturating_mul(1000)))
}
