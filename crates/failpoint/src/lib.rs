//! Failpoints: named places where a drill or a test makes the code fail on purpose (`docs/reliability.md`, ADR 19).
//!
//! With the feature `enabled` they are those of the crate [`fail`](https://docs.rs/fail): a name is set to an action (`return`,
//! `panic`, `1*panic`, …) with [`set`], or by the variable `FAILPOINTS` and a [`FailScenario`]. The registry belongs to the process, so
//! tests that use it stand in a binary of their own and hold a [`FailScenario`].
//!
//! Without the feature, as in everything that ships, [`is_active`] is a constant and [`panic_point`] is empty: the optimiser removes the
//! branch and the name. The crate then has no dependencies, so that it costs the browser nothing either.

#[cfg(feature = "enabled")]
pub use fail::{FailScenario, cfg as set, remove};

/// Whether the failpoint `name` is set to `return`: the caller then does the wrong thing it stands for.
#[cfg(feature = "enabled")]
pub fn is_active(name: &str) -> bool {
    fail::fail_point!(name, |_| true);
    false
}

/// Whether the failpoint `name` is set: never, in a build without the feature `enabled`.
#[cfg(not(feature = "enabled"))]
#[inline]
#[must_use]
pub const fn is_active(_name: &str) -> bool {
    false
}

/// Panics if the failpoint `name` is set to `panic`.
///
/// # Panics
/// Then, and only in a build with the feature `enabled`.
#[cfg(feature = "enabled")]
pub fn panic_point(name: &str) {
    fail::fail_point!(name);
}

/// Does nothing in a build without the feature `enabled`.
#[cfg(not(feature = "enabled"))]
#[inline]
pub const fn panic_point(_name: &str) {}

#[cfg(all(test, feature = "enabled"))]
mod tests {
    use super::*;

    #[test]
    fn a_point_does_what_it_is_set_to_and_no_more_often() {
        let scenario = FailScenario::setup();
        assert!(!is_active("here"));
        set("here", "return").unwrap();
        assert!(is_active("here") && !is_active("there"));
        remove("here");
        assert!(!is_active("here"));
        set("there", "1*panic").unwrap();
        assert!(std::panic::catch_unwind(|| panic_point("there")).is_err());
        panic_point("there");
        scenario.teardown();
    }
}
