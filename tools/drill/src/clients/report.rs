//! What came of it, for people and for machines.

use std::{collections::BTreeMap, fmt::Write, path::Path};

use anyhow::Result;
use serde::Serialize;

use super::judge::Outcome;
use crate::paper;

/// Something that went wrong.
#[derive(Debug, Clone, Serialize)]
pub struct Failure {
    /// The seed that replays the run.
    pub seed: u64,
    /// In one sentence.
    pub wrong: String,
    /// The last steps.
    pub steps: Vec<String>,
}

/// A deliberate fault, and whether it was noticed.
#[derive(Debug, Clone, Serialize)]
pub struct Control {
    /// The control's name.
    pub name: &'static str,
    /// By which seed, counted from one, if at all.
    pub caught_in_cycle: Option<u64>,
    /// What gave it away.
    pub wrong: Option<String>,
}

/// Seeds of one kind.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Played {
    /// The number of seeds played.
    pub seeds: u64,
    /// How long they took, in milliseconds.
    pub milliseconds: f64,
}

/// The report of the whole drill.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The first seed.
    pub from: u64,
    /// How many were played.
    pub seeds: u64,
    /// Processor time, in seconds.
    pub processor_seconds: f64,
    /// Time on the clock, in seconds.
    pub seconds: f64,
    /// The seeds played, by kind of plan.
    pub kinds: BTreeMap<String, Played>,
    /// How often each event happened.
    pub counts: BTreeMap<&'static str, u64>,
    /// What went wrong.
    pub failures: Vec<Failure>,
    /// One each deliberate fault.
    pub controls: Vec<Control>,
}

impl Report {
    /// Counts a seed.
    pub fn add(&mut self, outcome: Outcome) {
        self.seeds += 1;
        let played = self.kinds.entry(format!("{:?}", outcome.kind)).or_default();
        played.seeds += 1;
        played.milliseconds += outcome.milliseconds;
        for (name, count) in outcome.counts.0 {
            *self.counts.entry(name).or_default() += count;
        }
        if let Some(wrong) = outcome.wrong {
            let (seed, steps) = (outcome.seed, outcome.steps);
            self.failures.push(Failure { seed, wrong, steps });
        }
    }

    /// Nothing went wrong, and every deliberate fault was noticed.
    pub fn is_good(&self) -> bool {
        self.failures.is_empty() && self.controls.iter().all(|control| control.caught_in_cycle.is_some())
    }

    /// The report as a text for people.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if self.seeds > 0 {
            let _ = writeln!(
                text,
                "Drill of the client, seeds {} to {}: {} went wrong\n  {:.1} ms of processor time a seed, {:.0} s in all ({:.0} s on the clock)",
                self.from,
                self.from + self.seeds - 1,
                self.failures.len(),
                self.processor_seconds * 1000.0 / self.seeds as f64,
                self.processor_seconds,
                self.seconds,
            );
        }
        for (kind, played) in &self.kinds {
            let each = played.milliseconds / played.seeds as f64;
            let _ = writeln!(text, "  {kind}: {} seeds, {each:.0} ms each on the clock", played.seeds);
        }
        for (name, count) in &self.counts {
            let _ = writeln!(text, "  {name}: {count}");
        }
        for failure in &self.failures {
            let _ = writeln!(text, "  WRONG with seed {}: {}", failure.seed, failure.wrong);
            for step in &failure.steps {
                let _ = writeln!(text, "    {step}");
            }
            let _ = writeln!(
                text,
                "  The same again: cargo xtask drill --only client --seed {}",
                failure.seed
            );
        }
        for control in &self.controls {
            let wrong = control.wrong.as_deref().unwrap_or_default();
            text += &paper::control(control.name, control.caught_in_cycle, wrong);
        }
        text
    }

    /// Writes `report.txt` and `report.json`.
    pub fn write(&self, folder: &Path) -> Result<()> {
        paper::keep(folder, &self.text(), self)
    }
}
