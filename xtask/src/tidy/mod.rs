//! `cargo xtask tidy`: the invariants of the architecture, checked over the text of the repository.
//!
//! A check is a row of [`CHECKS`]: a rule in words, a function over a [`Tree`], and the smallest trees that break it. One test walks the
//! table and demands that every bad tree is found and that a good one passes, so no check can go blind unnoticed.

mod circles;
mod code;
mod dependencies;
mod documents;
mod manifest;
mod prose;
mod tests;
mod tree;

pub use tree::Tree;

use crate::{place::Places, say};
use anyhow::{Result, bail};

/// A file of a made-up tree: path and text.
type File = (&'static str, &'static str);

/// One invariant.
struct Check {
    /// What must hold, in words.
    rule: &'static str,
    /// Finds what does not, each in a sentence that begins with the place.
    find: fn(&Tree) -> Vec<String>,
    /// Trees that break it.
    #[cfg_attr(not(test), expect(dead_code, reason = "the examples are for the tests"))]
    bad: &'static [&'static [File]],
    /// A tree that comes close but does not.
    #[cfg_attr(not(test), expect(dead_code, reason = "the examples are for the tests"))]
    good: &'static [File],
}

/// All of them, in the order of architecture.md as far as it numbers them.
fn checks() -> impl Iterator<Item = &'static Check> {
    [
        dependencies::CHECKS,
        manifest::CHECKS,
        code::CHECKS,
        circles::CHECKS,
        documents::CHECKS,
        prose::CHECKS,
        tests::CHECKS,
    ]
    .into_iter()
    .flatten()
}

/// Checks the repository.
pub fn run(places: &Places) -> Result<()> {
    say::step("Tidy: the invariants of the architecture", || {
        let tree = Tree::read(places)?;
        let mut count = 0;
        for check in checks() {
            let found = (check.find)(&tree);
            if !found.is_empty() {
                eprintln!("✗ {}", check.rule);
            }
            for finding in &found {
                eprintln!("    {finding}");
            }
            count += found.len();
        }
        if count > 0 {
            bail!("tidy found {count} places to mend: they stand above");
        }
        Ok(())
    })
}

#[cfg(test)]
mod examples {
    use super::*;

    #[test]
    fn every_check_can_fail() {
        for check in checks() {
            assert!(!check.bad.is_empty(), "no bad example: {}", check.rule);
            for (index, bad) in check.bad.iter().enumerate() {
                assert!(
                    !(check.find)(&Tree::of(bad)).is_empty(),
                    "example {index} is not found: {}",
                    check.rule
                );
            }
        }
    }

    #[test]
    fn every_check_lets_the_good_pass() {
        for check in checks() {
            assert_eq!(
                (check.find)(&Tree::of(check.good)),
                Vec::<String>::new(),
                "{}",
                check.rule
            );
        }
    }
}
