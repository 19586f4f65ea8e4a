//! What came of a drill, for people and for machines.

use std::{collections::BTreeMap, fmt::Write, path::Path};

use anyhow::Result;
use serde::Serialize;

use crate::paper;

use super::{
    drill::Outcome,
    ledger::{Findings, Wrong},
};

/// A deliberate fault, and whether it was noticed.
#[derive(Debug, Clone, Serialize)]
pub struct Control {
    /// The control's name.
    pub name: &'static str,
    /// In which cycle, if at all.
    pub caught_in_cycle: Option<u64>,
    /// What gave it away.
    pub findings: Findings,
}

/// The report of the whole drill.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The seed that replays the drill.
    pub seed: u64,
    /// One each stage.
    pub stages: Vec<Outcome>,
    /// One each deliberate fault.
    pub controls: Vec<Control>,
}

impl Report {
    /// Nothing was lost, and every deliberate fault was noticed.
    pub fn is_good(&self) -> bool {
        self.stages.iter().all(|stage| stage.findings.none())
            && self.controls.iter().all(|control| control.caught_in_cycle.is_some())
    }

    /// The report as a text for people.
    pub fn text(&self) -> String {
        let mut text = format!("Drill of the server, seed {}\n", self.seed);
        for stage in &self.stages {
            stage_text(&mut text, stage);
        }
        if self.stages.len() > 1 {
            let sum = |of: &dyn Fn(&Outcome) -> u64| self.stages.iter().map(of).sum::<u64>();
            let kills = |name: &str| sum(&|stage| stage.faults.get(name).copied().unwrap_or_default());
            let _ = writeln!(
                text,
                "\nTogether: {} kills of servers, {} of Postgres, {} acknowledged, {} delivered; {} lost, {} doubled, {} out of order, {} other",
                kills("kill -9 of a server"),
                kills("kill -9 of Postgres"),
                sum(&|stage| stage.totals.acknowledged),
                sum(&|stage| stage.totals.delivered),
                sum(&|stage| stage.findings.of(Wrong::Lost)),
                sum(&|stage| stage.findings.of(Wrong::Doubled)),
                sum(&|stage| stage.findings.of(Wrong::OutOfOrder)),
                sum(&|stage| [Wrong::Bytes, Wrong::Stale, Wrong::Answer]
                    .map(|wrong| stage.findings.of(wrong))
                    .iter()
                    .sum()),
            );
        }
        for control in &self.controls {
            let wrong = control.findings.words.first().map_or("", String::as_str);
            text += &paper::control(control.name, control.caught_in_cycle, wrong);
        }
        text
    }

    /// Writes `report.txt` and `report.json`.
    pub fn write(&self, folder: &Path) -> Result<()> {
        paper::keep(folder, &self.text(), self)
    }
}

fn stage_text(text: &mut String, stage: &Outcome) {
    let shape = match stage.shape {
        super::site::Shape::Alone => "One server with its private Postgres",
        super::site::Shape::Pair => "Two servers on one database",
    };
    let _ = writeln!(text, "\n{shape}: {} cycles in {} s", stage.cycles, stage.seconds);
    for (name, count) in &stage.faults {
        let _ = writeln!(text, "  {name}: {count}");
    }
    for left_out in &stage.left_out {
        let _ = writeln!(text, "  left out: {left_out}");
    }
    let _ = writeln!(
        text,
        "  acknowledged {} (commits {}), delivered {}, retries {}, sockets {}, restarts {}",
        stage.totals.acknowledged,
        stage.totals.commits,
        stage.totals.delivered,
        stage.retries,
        stage.connects,
        stage.restarts
    );
    let _ = writeln!(
        text,
        "  lost {}, doubled {}, out of order {}, other bytes {}, stale commits {}, wrong answers {}",
        stage.findings.of(Wrong::Lost),
        stage.findings.of(Wrong::Doubled),
        stage.findings.of(Wrong::OutOfOrder),
        stage.findings.of(Wrong::Bytes),
        stage.findings.of(Wrong::Stale),
        stage.findings.of(Wrong::Answer)
    );
    times(text, "until somebody is answered again", &stage.first_answer_ms);
    times(text, "until everybody is answered again", &stage.all_answered_ms);
    let _ = writeln!(text, "  until everybody has everything: {}", quantiles(&stage.rest_ms));
    if let Some(cycle) = stage.wrong_in_cycle {
        let _ = writeln!(text, "  WRONG in cycle {cycle}:");
    }
    for words in &stage.findings.words {
        let _ = writeln!(text, "    {words}");
    }
}

fn times(text: &mut String, what: &str, times: &BTreeMap<&'static str, Vec<u64>>) {
    for (name, times) in times {
        let _ = writeln!(text, "  {what}, after {name}: {}", quantiles(times));
    }
}

fn quantiles(sorted: &[u64]) -> String {
    let at = |hundredths: usize| sorted.get((sorted.len() * hundredths / 100).min(sorted.len().saturating_sub(1)));
    match (at(50), at(99), sorted.last()) {
        (Some(p50), Some(p99), Some(max)) => format!("p50 {p50} ms, p99 {p99} ms, max {max} ms (n {})", sorted.len()),
        _ => "not measured".to_owned(),
    }
}
