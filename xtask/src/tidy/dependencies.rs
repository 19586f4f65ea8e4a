//! Who may know whom, and what may come in from outside.

use super::{
    Check, Tree,
    tree::{LICENCES, PAGE_TREE, SERVER_TREE},
};

pub const CHECKS: &[Check] = &[
    Check {
        rule: "1: neither the server nor the page links e2ee, content, client or OpenMLS: they lack the words to read messages",
        find: no_secrets,
        bad: &[
            &[
                (SERVER_TREE, "server v0.1.0 (/x)\ne2ee v0.1.0 (/x)\n"),
                (PAGE_TREE, "frontend v0.1.0\n"),
            ],
            &[
                (SERVER_TREE, "server v0.1.0 (/x)\n"),
                (PAGE_TREE, "frontend v0.1.0\nopenmls_traits v0.5.0\n"),
            ],
            &[
                (SERVER_TREE, "server v0.1.0 (/x)\ncontent v0.1.0 (/x)\n"),
                (PAGE_TREE, "frontend v0.1.0\n"),
            ],
            // A tree that could not be read proves nothing.
            &[(SERVER_TREE, ""), (PAGE_TREE, "frontend v0.1.0\n")],
        ],
        good: &[
            (SERVER_TREE, "server v0.1.0 (/x)\nhttp-client v1.0.0\n"),
            (PAGE_TREE, "frontend v0.1.0\nbridge v0.1.0\n"),
        ],
    },
    Check {
        rule: "every dependency has a licence that an AGPL product may use",
        find: licences,
        bad: &[
            &[(LICENCES, "thing 1.0.0 SSPL-1.0\n")],
            &[(LICENCES, "thing 1.0.0 none\n")],
            &[(LICENCES, "thing 1.0.0 MIT AND BUSL-1.1\n")],
        ],
        good: &[(
            LICENCES,
            "a 1.0.0 MIT OR Apache-2.0\nb 1.0.0 (MIT OR GPL-2.0) AND Unicode-3.0\nc 1.0.0 MIT/Apache-2.0\n",
        )],
    },
    Check {
        rule: "no banned crate: OpenSSL, OpenMLS before its audit's fixes, a second TLS or allocator, dead Ethereum crates",
        find: banned,
        bad: &[
            &[(LICENCES, "openssl-sys 0.9.1 MIT\n")],
            &[(LICENCES, "openmls 0.8.1 MIT\n")],
            &[(LICENCES, "ethers-core 2.0.0 MIT\n")],
        ],
        good: &[(LICENCES, "openmls 0.10.0 MIT\nopenssl-probe 0.1.0 MIT\n")],
    },
];

fn no_secrets(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (name, root) in [(SERVER_TREE, "server"), (PAGE_TREE, "frontend")] {
        let names: Vec<&str> = tree
            .get(name)
            .unwrap_or_default()
            .lines()
            .filter_map(|line| line.split(' ').next())
            .collect();
        if names.first() != Some(&root) {
            found.push(format!("{name}: the dependency tree does not begin with {root}"));
        }
        for secret in names
            .iter()
            .filter(|name| matches!(**name, "e2ee" | "client" | "content") || name.starts_with("openmls"))
        {
            found.push(format!(
                "{name}: depends on {secret} (`cargo tree -p {root} -i {secret}` says why)"
            ));
        }
    }
    found
}

/// Licences that may be linked into a work under AGPL-3.0-or-later.
const ALLOWED: [&str; 18] = [
    "0BSD",
    "AGPL-3.0-or-later",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "NCSA",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

fn licences(tree: &Tree) -> Vec<String> {
    let lines = tree.get(LICENCES).unwrap_or_default().lines();
    let fine = |line: &&str| line.splitn(3, ' ').nth(2).is_some_and(acceptable);
    lines
        .filter(|line| !fine(line))
        .map(|line| format!("{line}: not among the licences tidy allows"))
        .collect()
}

/// Reads an SPDX expression: of every AND all, of every OR one, parentheses first.
fn acceptable(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    either(&mut words) && words.next().is_none()
}

type Words<'a, I> = std::iter::Peekable<I>;

fn either<'a, I: Iterator<Item = &'a str>>(words: &mut Words<'a, I>) -> bool {
    let mut good = both(words);
    while words.next_if_eq(&"OR").is_some() {
        good |= both(words);
    }
    good
}

fn both<'a, I: Iterator<Item = &'a str>>(words: &mut Words<'a, I>) -> bool {
    let mut good = one(words);
    while words.next_if_eq(&"AND").is_some() {
        good &= one(words);
    }
    good
}

fn one<'a, I: Iterator<Item = &'a str>>(words: &mut Words<'a, I>) -> bool {
    let Some(word) = words.next() else { return false };
    if word == "(" {
        let good = either(words);
        return words.next() == Some(")") && good;
    }
    if words.next_if_eq(&"WITH").is_some() {
        let Some(exception) = words.next() else { return false };
        return ALLOWED.contains(&format!("{word} WITH {exception}").as_str());
    }
    ALLOWED.contains(&word)
}

fn banned(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for line in tree.get(LICENCES).unwrap_or_default().lines() {
        let mut words = line.split(' ');
        let (name, version) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let reason = match name {
            "openssl" | "openssl-sys" | "native-tls" => "TLS is rustls",
            "openmls" if before(version, (0, 9)) => "OpenMLS before 0.9 lacks fixes",
            "ring" => "one provider for rustls: aws-lc-rs",
            "ethers" | "ethers-core" | "siwe" | "web3" => "unmaintained: alloy and our own `identity` do this",
            _ => continue,
        };
        found.push(format!("{name} {version}: {reason}"));
    }
    found
}

fn before(version: &str, least: (u32, u32)) -> bool {
    let mut numbers = version
        .split(['.', '-'])
        .map(|number| number.parse::<u32>().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) < least
}
