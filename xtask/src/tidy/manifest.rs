//! Manifests of our crates.

use super::{Check, Tree};
use toml::{Table, Value};

pub const CHECKS: &[Check] = &[
    Check {
        rule: "who may import whom: the crate table of architecture.md",
        find: imports,
        bad: &[
            &[("app/Cargo.toml", "[dependencies]\nclient.workspace = true\n")],
            &[("crates/e2ee/Cargo.toml", "[dependencies]\ntokio.workspace = true\n")],
            &[(
                "crates/services/Cargo.toml",
                "[target.'cfg(unix)'.dependencies]\nopenmls = \"1\"\n",
            )],
            &[("crates/newcomer/Cargo.toml", "[dependencies]\n")],
            &[(
                "crates/client/Cargo.toml",
                "[dependencies]\nclock = { package = \"web-sys\", version = \"1\" }\n",
            )],
        ],
        good: &[
            (
                "app/Cargo.toml",
                "[dependencies]\nprotocol.workspace = true\nservices = { workspace = true, optional = true }\n",
            ),
            (
                "crates/e2ee/Cargo.toml",
                "[dependencies]\nidentity.workspace = true\n[dev-dependencies]\ntokio.workspace = true\n",
            ),
        ],
    },
    Check {
        rule: "9: `unsafe` is forbidden everywhere: every manifest takes the workspace's lints",
        find: lints,
        bad: &[
            &[("app/Cargo.toml", "[package]\nname = \"app\"\n")],
            &[("Cargo.toml", "[workspace.lints.rust]\nunsafe_code = \"deny\"\n")],
            &[("xtask/Cargo.toml", "[package]\nname = \"xtask\"\n")],
        ],
        good: &[
            (
                "app/Cargo.toml",
                "[package]\nname = \"app\"\n[lints]\nworkspace = true\n",
            ),
            ("Cargo.toml", "[workspace.lints.rust]\nunsafe_code = \"forbid\"\n"),
            (
                "xtask/Cargo.toml",
                "[package]\nname = \"xtask\"\n[lints.rust]\nunsafe_code = \"forbid\"\n",
            ),
        ],
    },
    Check {
        rule: "every dependency says what it is for, where it is named first",
        find: reasons,
        bad: &[
            &[("Cargo.toml", "[workspace.dependencies]\nserde = \"1\"\n")],
            &[("server/Cargo.toml", "[dependencies]\nclap = { version = \"4\" }\n")],
            &[("server/Cargo.toml", "[dependencies.clap]\nversion = \"4\"\n")],
        ],
        good: &[
            (
                "Cargo.toml",
                "[workspace.dependencies]\nserde = \"1\" # derives\n# the command line\nclap = \"4\"\napp = { path = \"app\" }\n",
            ),
            (
                "server/Cargo.toml",
                "[package]\nname = \"server\"\n[dependencies]\nserde.workspace = true\n[target.'cfg(unix)'.dependencies]\nnix = \"1\" # locks\n",
            ),
        ],
    },
    Check {
        rule: "wasm-bindgen and the library that makes its glue have one version",
        find: bindgen,
        bad: &[&[
            ("Cargo.toml", "[workspace.dependencies]\nwasm-bindgen = \"=0.2.130\"\n"),
            (
                "xtask/Cargo.toml",
                "[dependencies]\nwasm-bindgen-cli-support = \"=0.2.131\"\n",
            ),
        ]],
        good: &[
            ("Cargo.toml", "[workspace.dependencies]\nwasm-bindgen = \"=0.2.130\"\n"),
            (
                "xtask/Cargo.toml",
                "[dependencies]\nwasm-bindgen-cli-support = \"=0.2.130\"\n",
            ),
        ],
    },
    Check {
        rule: "what a browser loads is linked with LTO: cargo leaves it out, without a word, where a cdylib is an rlib too",
        find: lto,
        bad: &[&[(
            "crates/engine/Cargo.toml",
            "[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n",
        )]],
        good: &[
            ("crates/engine/Cargo.toml", "[lib]\ncrate-type = [\"cdylib\"]\n"),
            ("crates/client/Cargo.toml", "[lib]\nname = \"client\"\n"),
        ],
    },
];

/// A row of the crate table: the crate, ours it may import, and beginnings of names from outside it may not.
struct Row(&'static str, &'static [&'static str], &'static [&'static str]);

const BROWSER: &[&str] = &["web-sys", "js-sys", "gloo", "leptos", "wasm-bindgen"];

/// The table of architecture.md. A new crate gets a row, a new arrow an ADR.
const TABLE: &[Row] = &[
    Row(
        "protocol",
        &[],
        &["tokio", "sqlx", "openmls", "leptos", "web-sys", "axum"],
    ),
    Row(
        "identity",
        &["protocol"],
        &["tokio", "sqlx", "alloy-provider", "reqwest", "web-sys", "leptos"],
    ),
    Row(
        "bridge",
        &["identity", "protocol"],
        &[
            "tokio",
            "sqlx",
            "openmls",
            "leptos",
            "web-sys",
            "axum",
            "alloy-provider",
        ],
    ),
    Row(
        "content",
        &["protocol"],
        &["tokio", "sqlx", "openmls", "leptos", "web-sys", "axum"],
    ),
    Row("elements", &[], &["tokio", "sqlx", "openmls", "axum"]),
    Row("sorted", &[], BROWSER),
    Row(
        "failpoint",
        &[],
        &["tokio", "sqlx", "openmls", "leptos", "web-sys", "axum"],
    ),
    Row(
        "sequencer",
        &["protocol", "failpoint"],
        &["tokio", "sqlx", "openmls", "leptos", "web-sys", "axum", "tracing"],
    ),
    Row("chain", &["protocol"], &["sqlx", "leptos", "openmls"]),
    Row(
        "e2ee",
        &["protocol", "identity"],
        &["tokio", "web-sys", "sqlx", "leptos", "gloo", "reqwest"],
    ),
    Row(
        "client",
        &[
            "e2ee",
            "content",
            "identity",
            "chain",
            "bridge",
            "protocol",
            "failpoint",
            "sorted",
        ],
        &["web-sys", "js-sys", "gloo", "leptos", "tokio", "sqlx"],
    ),
    Row(
        "engine",
        &["client", "bridge", "identity", "protocol"],
        &["leptos", "sqlx", "tokio"],
    ),
    Row(
        "native",
        &["client", "bridge", "identity", "protocol"],
        &["leptos", "sqlx"],
    ),
    Row(
        "services",
        &["protocol", "sequencer", "identity", "chain", "failpoint"],
        &["axum", "leptos", "openmls"],
    ),
    Row("app", &["protocol", "elements", "services"], &["sqlx", "openmls"]),
    Row(
        "frontend",
        &["app", "bridge", "chain", "elements", "protocol", "sorted"],
        &["sqlx", "axum", "openmls", "tokio"],
    ),
    Row("postgres", &[], &["axum", "leptos", "openmls"]),
    Row(
        "server",
        &["app", "services", "postgres", "identity", "protocol", "failpoint"],
        &["openmls"],
    ),
    Row(
        "testkit",
        &[
            "server", "services", "native", "client", "identity", "protocol", "bridge", "chain",
        ],
        BROWSER,
    ),
    Row(
        "stage",
        &["client", "sequencer", "identity", "bridge", "chain", "protocol"],
        BROWSER,
    ),
    Row(
        "fuzz",
        &["stage", "client", "content", "e2ee", "identity", "bridge", "protocol"],
        BROWSER,
    ),
    Row(
        "drill",
        &[
            "postgres",
            "stage",
            "client",
            "e2ee",
            "bridge",
            "identity",
            "protocol",
            "failpoint",
        ],
        BROWSER,
    ),
];

fn manifests(tree: &Tree) -> impl Iterator<Item = (&str, Table)> {
    let ours = tree
        .ending("Cargo.toml")
        .filter(|(path, _)| path.ends_with("/Cargo.toml") || *path == "Cargo.toml");
    ours.map(|(path, text)| (path, text.parse().unwrap_or_default()))
}

/// The members of the workspace, as its manifest names them: folders, or `FOLDER/*`.
pub fn members(tree: &Tree) -> Vec<String> {
    let manifest: Table = tree
        .get("Cargo.toml")
        .and_then(|text| text.parse().ok())
        .unwrap_or_default();
    let members = manifest.get("workspace").and_then(|workspace| workspace.get("members"));
    let members = members.and_then(Value::as_array).into_iter().flatten();
    members.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The folder's name is the crate's.
pub fn crate_of(path: &str) -> &str {
    path.strip_suffix("/Cargo.toml")
        .and_then(|folder| folder.rsplit('/').next())
        .unwrap_or_default()
}

/// The tables of this kind of dependencies, those for single targets included.
fn tables<'a>(manifest: &'a Table, kind: &'a str) -> impl Iterator<Item = &'a Table> {
    let targets = manifest
        .get("target")
        .and_then(Value::as_table)
        .into_iter()
        .flat_map(Table::values)
        .filter_map(Value::as_table);
    std::iter::once(manifest)
        .chain(targets)
        .filter_map(move |table| table.get(kind).and_then(Value::as_table))
}

fn imports(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, manifest) in manifests(tree) {
        let name = crate_of(path);
        if path == "Cargo.toml" || name == "xtask" {
            continue;
        }
        let Some(Row(_, may, never)) = TABLE.iter().find(|row| row.0 == name) else {
            found.push(format!("{path}: {name} has no row in the crate table"));
            continue;
        };
        for (key, value) in tables(&manifest, "dependencies").flatten() {
            let real = value.get("package").and_then(Value::as_str).unwrap_or(key);
            let ours = TABLE.iter().any(|row| row.0 == real);
            if (ours && !may.contains(&real)) || never.iter().any(|word| real.starts_with(word)) {
                found.push(format!("{path}: {name} may not depend on {real}"));
            }
        }
    }
    found
}

fn lints(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, manifest) in manifests(tree) {
        let at = |words: &[&str]| {
            words
                .iter()
                .try_fold(&Value::Table(manifest.clone()), |value, word| value.get(*word))
                .cloned()
        };
        let good = match path {
            "Cargo.toml" => at(&["workspace", "lints", "rust", "unsafe_code"]) == Some(Value::String("forbid".into())),
            "xtask/Cargo.toml" => at(&["lints", "rust", "unsafe_code"]) == Some(Value::String("forbid".into())),
            _ => at(&["lints", "workspace"]) == Some(Value::Boolean(true)),
        };
        if !good {
            found.push(format!(
                "{path}: `[lints] workspace = true` (or `unsafe_code = \"forbid\"`) is missing"
            ));
        }
    }
    found
}

fn reasons(tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in tree.ending("Cargo.toml") {
        let mut listing = false;
        let mut before = "";
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if let Some(section) = line.strip_prefix('[') {
                listing = section.trim_end_matches(']').ends_with("dependencies");
                let ours = text
                    .lines()
                    .nth(number + 1)
                    .is_some_and(|next| next.contains("workspace = true"));
                if section.contains("dependencies.") && !ours && !before.starts_with('#') {
                    found.push(format!("{path}:{}: [{section} says nothing", number + 1));
                }
            } else if listing && line.contains('=') {
                let ours = line.contains("path = ") || line.contains("workspace = true");
                let inside = line.starts_with(['"', ']', '}']);
                if !(ours || inside || line.contains('#') || before.starts_with('#')) {
                    found.push(format!("{path}:{}: `{line}` does not say what it is for", number + 1));
                }
            }
            before = line;
        }
    }
    found
}

fn lto(tree: &Tree) -> Vec<String> {
    let kinds = |manifest: &Table| manifest.get("lib")?.get("crate-type")?.as_array().cloned();
    let others = |kinds: Vec<Value>| kinds.len() > 1 && kinds.iter().any(|kind| kind.as_str() == Some("cdylib"));
    manifests(tree)
        .filter(|(_, manifest)| kinds(manifest).is_some_and(others))
        .map(|(path, _)| format!("{path}: a cdylib and something else"))
        .collect()
}

fn bindgen(tree: &Tree) -> Vec<String> {
    let version = |path: &str, section: &[&str], name: &str| -> Option<String> {
        let manifest: Table = tree.get(path)?.parse().ok()?;
        let table = section
            .iter()
            .try_fold(&Value::Table(manifest), |value, word| value.get(*word))?
            .clone();
        table.get(name)?.as_str().map(str::to_owned)
    };
    let ours = version("Cargo.toml", &["workspace", "dependencies"], "wasm-bindgen");
    let glue = version("xtask/Cargo.toml", &["dependencies"], "wasm-bindgen-cli-support");
    if ours == glue {
        Vec::new()
    } else {
        vec![format!("Cargo.toml says {ours:?}, xtask/Cargo.toml {glue:?}")]
    }
}
