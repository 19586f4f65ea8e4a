//! What came of tests.

use std::ops::AddAssign;

/// How many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Went well.
    pub passed: u64,
    /// Did not.
    pub failed: u64,
    /// Were not run.
    pub skipped: u64,
    /// The names of those that failed, as far as they are known.
    pub names: Vec<String>,
    /// Every Rust test that was run or left out by its own `#[ignore]`.
    pub ran: Vec<String>,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.names.extend(other.names);
        self.ran.extend(other.ran);
    }
}
