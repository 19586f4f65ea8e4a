//! What a person sees while we work: one line for each step, and the time it took.

use anyhow::{Error, Result};
use std::time::Instant;

/// Says what begins, does it, says how long it took.
pub fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("▸ {what}");
    let start = Instant::now();
    let done = work()?;
    eprintln!("  {:.1} s", start.elapsed().as_secs_f32());
    Ok(done)
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
