//! Which tests are run.

use super::{
    Check, Tree,
    manifest::{crate_of, members},
};
use crate::test;

pub const CHECKS: &[Check] = &[Check {
    rule: "a crate with tests is in a test command",
    find: untested,
    bad: &[
        // Tests that only a browser could run, and does not.
        &[
            ("Cargo.toml", WORKSPACE),
            ("crates/engine/Cargo.toml", ""),
            ("crates/engine/src/a.rs", "#[test]\nfn a() {}\n"),
        ],
        // A crate that is no member of the workspace.
        &[
            ("Cargo.toml", WORKSPACE),
            ("bench/Cargo.toml", ""),
            (
                "bench/src/lib.rs",
                "    #[tokio::test(flavor = \"multi_thread\")]\n    async fn a() {}\n",
            ),
        ],
        // Nobody's file.
        &[("Cargo.toml", WORKSPACE), ("scripts/a.rs", "#[test]\nfn a() {}\n")],
    ],
    good: &[
        ("Cargo.toml", WORKSPACE),
        ("app/Cargo.toml", ""),
        ("app/src/a.rs", "#[test]\nfn a() {}\n"),
        ("crates/protocol/Cargo.toml", ""),
        ("crates/protocol/tests/a.rs", "#[tokio::test]\nasync fn a() {}\n"),
        ("crates/engine/Cargo.toml", ""),
        ("crates/engine/src/a.rs", "// as #[test]s do\n"),
        ("xtask/Cargo.toml", ""),
        ("xtask/src/a.rs", "#[test]\nfn a() {}\n"),
    ],
}];

const WORKSPACE: &str = "[workspace]\nmembers = [\"app\", \"crates/*\"]\n";

fn untested(tree: &Tree) -> Vec<String> {
    let members = members(tree);
    let crates: Vec<&str> = tree
        .ending("/Cargo.toml")
        .filter_map(|(path, _)| path.strip_suffix("/Cargo.toml"))
        .collect();
    let is_tested = |path: &str| {
        let of = crates.iter().filter(|folder| path.starts_with(&format!("{folder}/")));
        of.max_by_key(|folder| folder.len()).is_some_and(|folder| {
            let member = members.iter().any(|member| match member.strip_suffix("/*") {
                Some(parent) => folder.rsplit_once('/').is_some_and(|(above, _)| above == parent),
                None => member == folder,
            });
            *folder == "xtask" || (member && test::is_native(crate_of(&format!("{folder}/Cargo.toml"))))
        })
    };
    let files = tree
        .ending(".rs")
        .filter(|(_, text)| text.lines().any(test::is_attribute));
    files
        .filter(|(path, _)| !is_tested(path))
        .map(|(path, _)| format!("{path}: has tests that no test command runs"))
        .collect()
}
