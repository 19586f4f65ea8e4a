//! What may stand where in the sources.

use super::{Check, Tree};

pub const CHECKS: &[Check] = &[
    Check {
        rule: "4: SQL stands only in files named store.rs and in migrations",
        find: sql,
        bad: &[
            &[("crates/services/src/people/mod.rs", "sqlx::query!(\"…\")")],
            &[("server/src/http/mod.rs", "let text = \"select name from people\";")],
            &[("crates/services/src/delivery/publish.rs", "query_as(\"x\")")],
        ],
        good: &[
            (
                "crates/services/src/people/store.rs",
                "sqlx::query!(\"select name from people\")",
            ),
            ("crates/services/tests/story.rs", "query_scalar(\"select 1\")"),
            ("app/src/pages/new.rs", "\"Select a person from the list\"\nurl.query()"),
            (
                "crates/services/src/a/mod.rs",
                "fn a() {}\n#[cfg(test)]\nmod tests {\n  query(\"select a from b\")\n}\n",
            ),
        ],
    },
    Check {
        rule: "4: Solidity interfaces stand only in `chain`",
        find: sol,
        bad: &[&[("crates/services/src/chain.rs", "sol! { function a(); }")]],
        good: &[
            ("crates/chain/src/bindings.rs", "sol! { function a(); }"),
            ("app/src/a.rs", "console!(1)"),
        ],
    },
    Check {
        rule: "5: `ssr` is asked for only in app/src/lib.rs and app/src/server_fns/",
        find: ssr,
        bad: &[
            &[("app/src/pages/landing.rs", "#[cfg(feature = \"ssr\")]")],
            &[("app/src/a.rs", "if cfg!(feature = \"ssr\") {}")],
        ],
        good: &[
            ("app/src/lib.rs", "#[cfg(feature = \"ssr\")]"),
            ("app/src/server_fns/site.rs", "#[cfg(feature = \"ssr\")]"),
            ("app/src/pages/landing.rs", "// what ssr does"),
        ],
    },
    Check {
        rule: "6: one road per thing: no conversations by server functions, no server functions in the worker",
        find: roads,
        bad: &[
            &[(
                "app/src/server_fns/say.rs",
                "pub async fn say(publish: Publish) -> Result<(), AppError> {",
            )],
            &[("app/src/server_fns/say.rs", "use protocol::{ClientFrame, Topic};")],
            &[("app/src/server_fns/say.rs", "services.delivery.read(id).await")],
            &[(
                "crates/client/src/people.rs",
                "app::server_fns::people(addresses).await",
            )],
            &[("crates/engine/src/socket.rs", "fetch(\"/api/sessions\")")],
        ],
        good: &[
            (
                "app/src/server_fns/people.rs",
                "services.people.people(&addresses).await",
            ),
            (
                "app/src/conversation/composer.rs",
                "// what becomes a Publish in the worker",
            ),
            ("crates/client/src/outbox.rs", "ClientFrame::Publish(publish)"),
            (
                "crates/engine/src/socket.rs",
                "// server functions are the page's; \nopen(\"/ws\")",
            ),
        ],
    },
    Check {
        rule: "8: no style attributes: the content security policy forbids them",
        find: style,
        bad: &[
            &[("app/src/pages/a.rs", "view! { <p style=\"color: red\">\"x\"</p> }")],
            &[("app/src/pages/a.rs", "<p style:width=move || 1>")],
            &[("server/src/http/error.rs", "\"<p style='color:red'>\"")],
        ],
        good: &[(
            "app/src/pages/a.rs",
            "let style = 1; Page { style: String } <p class:style=true class=\"list-style\">; <link rel=\"stylesheet\">",
        )],
    },
    Check {
        rule: "a silenced lint says why: `#[expect(…, reason = …)]`, never `allow`",
        find: allow,
        bad: &[
            &[("app/src/a.rs", "#[allow(dead_code)]")],
            &[("app/src/a.rs", "#![allow(unused)]")],
        ],
        good: &[("app/src/a.rs", "#[expect(dead_code, reason = \"soon\")]\nfn allow() {}")],
    },
    Check {
        rule: "files are of a readable size: at most 600 lines",
        find: long,
        bad: &[&[("app/src/a.rs", LONG)], &[("end2end/tests/a.spec.ts", LONG)]],
        good: &[("app/src/a.rs", "fn a() {}\n"), ("Cargo.lock", LONG)],
    },
    Check {
        rule: "every crate says at the top of its lib.rs or main.rs what it is",
        find: told,
        bad: &[
            &[("crates/chain/src/lib.rs", "pub mod a;\n")],
            &[("crates/chain/src/lib.rs", "//! stub\n")],
        ],
        good: &[(
            "crates/chain/src/lib.rs",
            "//! Words of money: amounts, networks, calls.\npub mod a;\n",
        )],
    },
];

/// 601 lines.
const LONG: &str = {
    const LINES: [u8; 601] = [b'\n'; 601];
    match std::str::from_utf8(&LINES) {
        Ok(text) => text,
        Err(_) => panic!("line ends are text"),
    }
};

/// Rust that ships: outside of tests' folders, and each file up to its own tests, which come last.
fn shipped(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    let files = tree
        .ending(".rs")
        .filter(|(path, _)| !path.starts_with("xtask/") && !path.contains("/tests/"))
        .filter(|(path, _)| !path.contains("/testkit/") && !path.contains("/stage/"));
    files
        .filter(|(path, _)| !path.ends_with("/tests.rs"))
        .map(|(path, text)| {
            let end = text.find("#[cfg(test)]\nmod ").unwrap_or(text.len());
            (path, &text[..end])
        })
}

/// Findings of a test over lines; comments are not code.
fn lines<'a>(files: impl Iterator<Item = (&'a str, &'a str)>, bad: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in files {
        for (number, line) in text.lines().enumerate() {
            if !line.trim_start().starts_with("//") && bad(line) {
                found.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    found
}

fn sql(tree: &Tree) -> Vec<String> {
    const MACROS: [&str; 10] = [
        "query!(",
        "query_as!(",
        "query_scalar!(",
        "query_file!(",
        "query_unchecked!(",
        "sqlx::query(",
        "query_as(",
        "query_scalar(",
        "raw_sql(",
        "QueryBuilder::",
    ];
    let text = |line: &str| {
        [
            ("\"select ", " from "),
            ("\"insert ", "into "),
            ("\"update ", " set "),
            ("\"delete ", "from "),
            ("\"with ", " as ("),
        ]
        .iter()
        .any(|(begin, then)| {
            line.split_once(begin)
                .is_some_and(|(_, rest)| format!(" {rest}").contains(then))
        })
    };
    let files = shipped(tree).filter(|(path, _)| !path.ends_with("/store.rs"));
    lines(files, |line| {
        MACROS.iter().any(|word| line.contains(word)) || text(line)
    })
}

fn sol(tree: &Tree) -> Vec<String> {
    let files = tree
        .ending(".rs")
        .filter(|(path, _)| !path.starts_with("crates/chain/") && !path.starts_with("xtask/"));
    lines(files, |line| {
        line.contains("sol! {") || line.contains("sol!(") || line.contains("sol!{")
    })
}

fn ssr(tree: &Tree) -> Vec<String> {
    let allowed = |path: &str| path == "app/src/lib.rs" || path.starts_with("app/src/server_fns");
    let files = tree
        .ending(".rs")
        .filter(|(path, _)| !allowed(path) && !path.starts_with("xtask/"));
    lines(files, |line| line.contains("cfg") && line.contains("feature = \"ssr\""))
}

fn roads(tree: &Tree) -> Vec<String> {
    const CONVERSATIONS: [&str; 6] = [
        "ClientFrame",
        "ServerFrame",
        "Publish",
        "Subscribe",
        "Envelope",
        ".delivery",
    ];
    const CALLS: [&str; 3] = ["server_fn", "\"/api/", "\"/api\""];
    let within = |roots: &'static [&str]| {
        let inside = move |path: &str| roots.iter().any(|root| path.starts_with(root));
        shipped(tree).filter(move |(path, _)| inside(path))
    };
    let mut found = lines(within(&["app/src/server_fns/"]), |line| {
        CONVERSATIONS.iter().any(|word| line.contains(word))
    });
    found.extend(lines(
        within(&["crates/client/", "crates/e2ee/", "crates/engine/"]),
        |line| CALLS.iter().any(|word| line.contains(word)),
    ));
    found
}

fn style(tree: &Tree) -> Vec<String> {
    let files = shipped(tree).filter(|(path, _)| {
        ["app/", "server/", "frontend/"]
            .iter()
            .any(|root| path.starts_with(root))
    });
    let attribute = |line: &str| {
        [" style=\"", " style='", " style={", " style=move", " style=("]
            .iter()
            .any(|word| line.contains(word))
    };
    // `style:width=…` is Leptos' word for the same; a field `style: String` has a blank there.
    let directive = |line: &str| {
        let mut after = line.split(" style:").skip(1);
        after.any(|rest| rest.starts_with(|letter: char| letter.is_ascii_lowercase()))
    };
    lines(files, |line| attribute(line) || directive(line))
}

fn allow(tree: &Tree) -> Vec<String> {
    let files = tree
        .ending(".rs")
        .filter(|(path, _)| !path.starts_with("xtask/src/tidy/") && !path.contains("/tests/"));
    lines(files, |line| line.contains("#[allow(") || line.contains("#![allow("))
}

fn long(tree: &Tree) -> Vec<String> {
    let ours = |path: &str| {
        [".rs", ".ts", ".sql", ".css", ".sol"]
            .iter()
            .any(|ending| path.ends_with(ending))
    };
    let count = |text: &str| text.lines().count();
    let files = tree.files().filter(|(path, text)| ours(path) && count(text) > 600);
    files
        .map(|(path, text)| format!("{path}: {} lines", count(text)))
        .collect()
}

fn told(tree: &Tree) -> Vec<String> {
    let roots = tree
        .files()
        .filter(|(path, _)| path.ends_with("src/lib.rs") || path.ends_with("src/main.rs"));
    let silent = roots.filter(|(_, text)| {
        let words = text
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("//!"))
            .unwrap_or_default();
        words.trim().len() < 10
    });
    silent
        .map(|(path, _)| format!("{path}: begins without a sentence of documentation"))
        .collect()
}
