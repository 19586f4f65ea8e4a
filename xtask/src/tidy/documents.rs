//! What documents and lock files say.

use super::{Check, Tree};

pub const CHECKS: &[Check] = &[
    Check {
        rule: "the paths that ARCHITECTURE.md and README.md name exist",
        find: paths,
        bad: &[
            &[("ARCHITECTURE.md", "see `crates/gone/src/lib.rs`")],
            &[("ARCHITECTURE.md", "as [decided](docs/adr/0099-gone.md)")],
            &[("README.md", "no map")],
        ],
        good: &[
            (
                "ARCHITECTURE.md",
                "see `app/src/lib.rs`, `app/src/`, `GET /ws`, `ws/dispatch`, [here](app/src/lib.rs#a) and [there](https://x.org/app)",
            ),
            ("app/src/lib.rs", ""),
        ],
    },
    Check {
        rule: "nothing names a package registry's host or a folder of somebody's machine",
        find: machines,
        bad: &[
            &[("docs/a.md", concat!("from https://registry.", "npmjs.org/x"))],
            &[("README.md", concat!("cd ", "/ro", "ot/jackdaw"))],
            &[("server/src/a.rs", concat!("\"/ho", "me/alice/x\""))],
            &[("xtask/tools/package-lock.json", concat!("{\"resol", "ved\": \"x\"}"))],
        ],
        good: &[("README.md", "cd ~/jackdaw; see docs/root/a and `GET /homework`")],
    },
];

/// Top-level folders whose names make a word a path.
const ROOTS: [&str; 15] = [
    "app",
    "server",
    "frontend",
    "crates",
    "tools",
    "web",
    "xtask",
    "docs",
    "style",
    "public",
    "end2end",
    "contracts",
    "deploy",
    ".ci",
    ".cargo",
];

fn paths(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    if tree.get("ARCHITECTURE.md").is_none() {
        found.push("ARCHITECTURE.md: the map of the house is missing".to_owned());
    }
    for document in ["ARCHITECTURE.md", "README.md"] {
        for (number, line) in tree.get(document).unwrap_or_default().lines().enumerate() {
            let code = line.split('`').skip(1).step_by(2).filter(|word| looks_like_path(word));
            let links = line
                .split("](")
                .skip(1)
                .filter_map(|rest| rest.split(')').next())
                .filter(|link| !link.contains("://"));
            let links = links
                .filter_map(|link| link.split('#').next())
                .filter(|link| !link.is_empty());
            for path in code.chain(links) {
                if !tree.has(path.trim_start_matches("./")) {
                    found.push(format!("{document}:{}: there is no {path}", number + 1));
                }
            }
        }
    }
    found
}

/// A word such as `app/src/lib.rs`, without blanks or patterns.
fn looks_like_path(word: &str) -> bool {
    let plain = word
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || "/._-".contains(letter));
    plain && word.split_once('/').is_some_and(|(first, _)| ROOTS.contains(&first))
}

fn machines(tree: &Tree) -> Vec<String> {
    // Put together here, so that this file does not find itself.
    let hosts = [
        concat!("registry.", "npmjs.org"),
        concat!("static.cra", "tes.io"),
        concat!("index.cra", "tes.io"),
        concat!("registry.", "yarnpkg"),
    ];
    let folders = [
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
        concat!("/wo", "rk/"),
    ];
    let mut found = Vec::new();
    for (path, text) in tree.files() {
        if path.ends_with("package-lock.json") && text.contains(concat!("\"resol", "ved\"")) {
            found.push(format!(
                "{path}: names where packages came from (npm's `omit-lockfile-registry-resolved` leaves that out)"
            ));
        }
        for (number, line) in text.lines().enumerate() {
            let host = hosts.iter().find(|host| line.contains(**host));
            let folder = folders.iter().find(|folder| begins_path(line, folder));
            if let Some(word) = host.or(folder) {
                found.push(format!("{path}:{}: names {word}", number + 1));
            }
        }
    }
    found
}

/// Does a path begin here, rather than go on?
fn begins_path(line: &str, folder: &str) -> bool {
    let before = |at: usize| line[..at].chars().next_back();
    line.match_indices(folder)
        .any(|(at, _)| before(at).is_none_or(|letter| !(letter.is_alphanumeric() || "._-~}/".contains(letter))))
}
