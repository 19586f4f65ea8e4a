//! The deliberate faults are compiled in for a drill and for nothing else.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::Path};

/// Lines that turn the failpoints or the feature `drill` of some crate on, beside those that may: features named `drill`, and the
/// dependencies of tests.
fn turned_on(manifest: &str) -> Vec<&str> {
    let may = [
        "required-features = [\"drill\"]",
        "drill = [\"services/drill\"]",
        "drill = [\"failpoint/enabled\"]",
        "drill = [\"e2ee/drill\", \"failpoint/enabled\"]",
    ];
    let mut of_tests = false;
    manifest
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .filter(|line| {
            if line.starts_with('[') {
                of_tests = *line == "[dev-dependencies]";
            }
            !of_tests
        })
        .filter(|line| {
            let failpoints = line.contains("failpoint") && line.contains("enabled");
            !may.contains(line) && (line.contains("\"drill\"") || line.contains("/drill\"") || failpoints)
        })
        .filter(|line| *line != "name = \"drill\"")
        .collect()
}

#[test]
fn no_manifest_turns_the_faults_on() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut folders = vec![
        root.join("app"),
        root.join("frontend"),
        root.join("server"),
        root.clone(),
    ];
    let ours = ["crates", "tools"].map(|folder| fs::read_dir(root.join(folder)).unwrap());
    for entry in ours.into_iter().flatten() {
        let folder = entry.unwrap().path();
        // The drill itself, which nothing depends on (the crate table of `cargo xtask tidy`).
        if !folder.ends_with("drill") {
            folders.push(folder);
        }
    }
    let mut seen = 0;
    for folder in folders {
        let Ok(manifest) = fs::read_to_string(folder.join("Cargo.toml")) else {
            continue;
        };
        seen += 1;
        assert_eq!(turned_on(&manifest), Vec::<&str>::new(), "{}", folder.display());
    }
    assert!(seen > 10, "the manifests were read");
}

#[test]
fn one_that_did_would_be_seen() {
    for bad in [
        "default = [\"drill\"]",
        "services = { workspace = true, features = [\"drill\"] }",
        "ssr = [\"services/drill\"]",
        "failpoint = { workspace = true, features = [\"enabled\"] }",
        "default = [\"failpoint/enabled\"]",
    ] {
        assert_eq!(turned_on(bad), [bad]);
    }
}

#[test]
fn tests_may() {
    let manifest = "[dev-dependencies]\nfailpoint = { workspace = true, features = [\"enabled\"] }\n";
    assert_eq!(turned_on(manifest), Vec::<&str>::new());
    let shipped = format!("{manifest}[dependencies]\nfailpoint = {{ features = [\"enabled\"] }}\n");
    assert_eq!(turned_on(&shipped).len(), 1);
}
