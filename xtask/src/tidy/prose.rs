//! Names and comments: what docs/style.md asks for, as far as a program can see it.

use super::{Check, Tree};
use std::collections::BTreeMap;

pub const CHECKS: &[Check] = &[
    Check {
        rule: "style 1: a doc comment is a clause of three words or more",
        find: short,
        bad: &[
            &[("crates/a/src/lib.rs", "/// Whose.\npub owner: Address,\n")],
            &[("server/src/a.rs", "    /// The topic.\n    topic: Topic,\n")],
        ],
        good: &[
            (
                "crates/a/src/lib.rs",
                "/// The account that is asked about.\npub owner: Address,\n/// Seconds.\n/// Zero means never.\npub after: u32,\n",
            ),
            ("server/src/a.rs", "// Why.\nlet a = 1; // Never.\n"),
        ],
    },
    Check {
        rule: "style 7: sentences have subjects: no \"whoever\", no \"of whom\"",
        find: dialect,
        bad: &[
            &[("crates/a/src/lib.rs", "/// Tells whoever waits for it.\nfn a() {}\n")],
            &[("app/src/a.rs", "    // The account of whom the log speaks.\n")],
            &[("crates/a/src/lib.rs", "//! Whoever asks is answered.\n")],
        ],
        good: &[(
            "crates/a/src/lib.rs",
            "/// Notifies every subscriber.\nlet text = \"whoever\";\n",
        )],
    },
    Check {
        rule: "style 3: one name, one thing: a public type's name stands once in what ships, `NOT_YET` in xtask/src/tidy/prose.rs aside",
        find: homonyms,
        bad: &[&[
            ("crates/a/src/lib.rs", "pub struct Lamp {\n"),
            ("server/src/a.rs", "    pub enum Lamp {\n"),
        ]],
        good: &[
            ("crates/a/src/lib.rs", "pub struct Lamp;\npub struct Lamps;\n"),
            (
                "server/src/a.rs",
                "struct Lamp;\npub(crate) enum Lamp {}\npub(super) type Lamp = u8;\n",
            ),
            ("tools/stage/src/a.rs", "pub struct Lamp;\n"),
            ("crates/a/tests/b.rs", "pub struct Lamp;\n"),
        ],
    },
];

/// Names that are still to be told apart. The list only shrinks.
const NOT_YET: [&str; 23] = [
    "Act",
    "Answer",
    "Asked",
    "Asker",
    "Body",
    "Call",
    "Change",
    "Config",
    "Database",
    "Input",
    "Kind",
    "Known",
    "Opened",
    "Page",
    "Randomness",
    "Request",
    "Revocation",
    "Row",
    "Session",
    "SignedIn",
    "Site",
    "Text",
    "Work",
];

/// Rust of ours, tests included.
fn rust(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.ending(".rs").filter(|(path, _)| !path.starts_with("xtask/"))
}

fn short(tree: &Tree) -> Vec<String> {
    let doc = |line: Option<&&str>| line.is_some_and(|line| line.trim_start().starts_with("///"));
    let mut found = Vec::new();
    for (path, text) in rust(tree) {
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            let Some(words) = line.trim_start().strip_prefix("///") else {
                continue;
            };
            let alone = !doc(at.checked_sub(1).and_then(|before| lines.get(before))) && !doc(lines.get(at + 1));
            let code = words.trim_start().starts_with('`');
            if alone && !code && words.split_whitespace().count() < 3 {
                found.push(format!("{path}:{}: {}", at + 1, line.trim()));
            }
        }
    }
    found
}

fn dialect(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in rust(tree) {
        for (at, line) in text.lines().enumerate() {
            let comment = line.trim_start().strip_prefix("//").unwrap_or_default().to_lowercase();
            if ["whoever", "of whom"].iter().any(|words| comment.contains(words)) {
                found.push(format!("{path}:{}: {}", at + 1, line.trim()));
            }
        }
    }
    found
}

fn homonyms(tree: &Tree) -> Vec<String> {
    let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let ships = rust(tree)
        .filter(|(path, _)| !path.starts_with("tools/") && !path.contains("/tests/") && !path.ends_with("/tests.rs"));
    for (path, text) in ships {
        for line in text.lines() {
            let declared = line.trim_start().strip_prefix("pub ").and_then(|rest| {
                ["struct ", "enum ", "trait ", "type "]
                    .iter()
                    .find_map(|kind| rest.strip_prefix(kind))
            });
            let name = declared.and_then(|rest| {
                rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
                    .next()
            });
            if let Some(name) = name {
                places.entry(name).or_default().push(path);
            }
        }
    }
    places
        .into_iter()
        .filter(|(name, places)| places.len() > 1 && !NOT_YET.contains(name))
        .map(|(name, places)| format!("{name}: {}", places.join(", ")))
        .collect()
}
