//! Whether every test in the sources was run. One behind a feature that no call turns on, or in a file that no module names, was not,
//! and no count would show it.

use crate::{exec, place::Places};
use anyhow::Result;
use std::{collections::BTreeMap, fs, process::Command};

/// Whether a line of Rust makes the function below it a test: `#[test]`, `#[tokio::test(…)]`.
pub fn is_attribute(line: &str) -> bool {
    let line = line.trim();
    line == "#[test]" || (line.starts_with("#[") && (line.contains("::test]") || line.contains("::test(")))
}

/// The tests in the sources of which `ran` lacks the name, each as `FILE: NAME`.
pub fn missing(places: &Places, ran: &[String]) -> Result<Vec<String>> {
    let listed = exec::output(Command::new("git").current_dir(&places.root).args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        "*.rs",
    ]))?;
    let mut written = Vec::new();
    for path in listed.split('\0').filter(|path| !path.is_empty()) {
        if let Ok(text) = fs::read_to_string(places.root.join(path)) {
            written.extend(names(&text).into_iter().map(|name| (path.to_owned(), name)));
        }
    }
    Ok(without(written, ran))
}

/// The names of the tests in a file.
fn names(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if is_attribute(line) {
            let name = lines.by_ref().find_map(|line| {
                let (_, rest) = line.split_once("fn ")?;
                rest.split(['(', '<']).next()
            });
            found.extend(name.map(str::to_owned));
        }
    }
    found
}

/// Tests of the same name count as often as they are there.
fn without(written: Vec<(String, String)>, ran: &[String]) -> Vec<String> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for path in ran {
        *counts.entry(path.rsplit("::").next().unwrap_or(path)).or_default() += 1;
    }
    let mut missing = Vec::new();
    for (path, name) in written {
        match counts.get_mut(name.as_str()) {
            Some(left) if *left > 0 => *left -= 1,
            _ => missing.push(format!("{path}: {name}")),
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "#[test]\nfn one() {}\n\n    #[tokio::test]\n    #[ignore = \"long\"]\n    async fn two() {}\n// #[test]s\nfn no_test() {}\n";

    #[test]
    fn the_tests_of_a_file_are_found() {
        assert_eq!(names(FILE), ["one", "two"]);
    }

    #[test]
    fn a_test_that_did_not_run_is_missing() {
        let written = || names(FILE).into_iter().map(|name| ("a.rs".to_owned(), name)).collect();
        let ran = ["tests::one", "deep::tests::two"].map(str::to_owned);
        assert_eq!(without(written(), &ran), Vec::<String>::new());
        assert_eq!(without(written(), &ran[..1]), ["a.rs: two"]);
        let twice = [written(), written()].concat();
        assert_eq!(without(twice, &ran), ["a.rs: one", "a.rs: two"]);
    }
}
