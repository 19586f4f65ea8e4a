//! Every line and every branch of what ships must be run by a test.

use super::forge::Forge;
use crate::exec;
use anyhow::{Context as _, Result, bail};
use std::fs;

/// Runs the tests with counters. The invariants are left out: they add time, and a line that only they reach is a line without a story.
pub fn check(forge: &Forge) -> Result<()> {
    let report = forge.target.join("lcov.info");
    let _ = fs::remove_file(&report);
    let mut command = forge.apart("coverage", "coverage");
    command
        .args([
            "--report",
            "lcov",
            "--no-match-path",
            "test/invariant/*",
            "--no-match-coverage",
            "^test/",
            "--quiet",
        ])
        .arg("--report-file")
        .arg(&report);
    exec::run(&mut command)?;
    let report = fs::read_to_string(&report).context("forge wrote no report about coverage")?;
    let (lines, holes) = read(&report);
    if lines == 0 {
        bail!("forge's report about coverage is empty");
    }
    if !holes.is_empty() {
        for hole in &holes {
            eprintln!("    {hole}");
        }
        bail!("no test runs these parts of the contracts: they stand above");
    }
    Ok(())
}

/// Counts the lines of a report, and names those and the branches that were never taken.
fn read(report: &str) -> (usize, Vec<String>) {
    let (mut lines, mut holes, mut file) = (0, Vec::new(), "");
    for line in report.lines() {
        if let Some(path) = line.strip_prefix("SF:") {
            file = path;
        } else if let Some((number, hits)) = line.strip_prefix("DA:").and_then(|rest| rest.split_once(',')) {
            lines += 1;
            if hits == "0" {
                holes.push(format!("{file}:{number}"));
            }
        } else if let Some(rest) = line.strip_prefix("BRDA:") {
            let number = rest.split(',').next().unwrap_or_default();
            if matches!(rest.rsplit(',').next(), Some("0" | "-")) {
                holes.push(format!("{file}:{number}: a branch"));
            }
        }
    }
    (lines, holes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_branches_that_nobody_took_are_named() {
        let report = "TN:\nSF:src/A.sol\nDA:3,7\nDA:4,0\nBRDA:4,0,0,-\nBRDA:5,0,1,2\nBRDA:6,1,0,0\nend_of_record\n";
        let holes = ["src/A.sol:4", "src/A.sol:4: a branch", "src/A.sol:6: a branch"].map(str::to_owned);
        assert_eq!(read(report), (2, holes.to_vec()));
    }
}
