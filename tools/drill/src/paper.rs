//! What all reports have in common.

use std::{fs, path::Path};

use anyhow::Result;
use serde::Serialize;

/// The line about a deliberate fault: in which cycle it was caught, if at all, and what gave it away.
pub(crate) fn control(name: &str, caught_in_cycle: Option<u64>, wrong: &str) -> String {
    match caught_in_cycle {
        Some(cycle) => format!("control {name}: caught in cycle {cycle} ({wrong})\n"),
        None => format!("control {name}: NOT CAUGHT: the drill is broken\n"),
    }
}

/// Writes `report.txt` and `report.json`.
pub(crate) fn keep(folder: &Path, text: &str, report: &impl Serialize) -> Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("report.txt"), text)?;
    fs::write(folder.join("report.json"), serde_json::to_vec_pretty(report)?)?;
    Ok(())
}
