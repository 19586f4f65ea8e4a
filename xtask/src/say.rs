//! What a person sees while we work: one line for each step, the time it took, and in the end a table of them all.

use anyhow::{Error, Result};
use std::{
    cell::Cell,
    sync::Mutex,
    time::{Duration, Instant},
};

/// A step that is over.
struct Step {
    title: String,
    /// How many steps it was a part of.
    depth: usize,
    took: Duration,
}

/// In the order in which they began.
static STEPS: Mutex<Vec<Option<Step>>> = Mutex::new(Vec::new());

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Says what begins, does it, says how long it took.
pub fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("▸ {what}");
    let start = Instant::now();
    let depth = DEPTH.get();
    let place = steps(|steps| {
        steps.push(None);
        steps.len() - 1
    });
    DEPTH.set(depth + 1);
    let done = work();
    DEPTH.set(depth);
    let took = start.elapsed();
    steps(|steps| {
        steps[place] = Some(Step {
            title: what.to_owned(),
            depth,
            took,
        });
    });
    let done = done?;
    eprintln!("  {:.1} s", took.as_secs_f32());
    Ok(done)
}

fn steps<T>(with: impl FnOnce(&mut Vec<Option<Step>>) -> T) -> T {
    with(&mut STEPS.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
}

/// Prints how long each step took, in the order in which they began, and how long `all` of it.
pub fn table(all: Duration) {
    eprintln!("\n| step | seconds |\n|---|---:|");
    steps(|steps| steps.iter().flatten().for_each(|step| eprintln!("{}", row(step))));
    eprintln!("| **in all** | **{:.0}** |", all.as_secs_f32());
}

fn row(step: &Step) -> String {
    let indent = "· ".repeat(step.depth);
    format!("| {indent}{} | {:.1} |", step.title, step.took.as_secs_f32())
}

/// A remark below the current step.
pub fn note(text: &str) {
    eprintln!("  {text}");
}

/// The last words of a command that failed: the sentence, then what led to it.
pub fn trouble(error: &Error) {
    eprintln!("\n✗ {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  because: {cause}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_stand_in_the_order_in_which_they_began_below_what_they_are_a_part_of() {
        step("outer step of this test", || step("inner step of this test", || Ok(()))).unwrap();
        assert!(step("failing step of this test", || -> Result<()> { anyhow::bail!("no") }).is_err());
        let rows: Vec<String> = steps(|steps| steps.iter().flatten().map(row).collect());
        let ours: Vec<&str> = rows
            .iter()
            .filter(|row| row.contains("of this test"))
            .map(|row| row.split(" | ").next().unwrap())
            .collect();
        assert_eq!(
            ours,
            [
                "| outer step of this test",
                "| · inner step of this test",
                "| failing step of this test"
            ]
        );
    }
}
