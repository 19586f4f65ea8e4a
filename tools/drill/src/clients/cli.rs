//! The command line. People call it by way of `cargo xtask drill --only client`.

use std::{
    hash::{BuildHasher, RandomState},
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use clap::Parser;
use client::failpoints::{NO_DISCARD, SAVED_AFTER_SENDING};

use super::{
    cast::Cast,
    judge::{self, Outcome},
    plan::Kind,
    play::Counts,
    report::{Control, Report},
};

/// A fault that is not noticed by so many seeds is a defect of the drill.
const CYCLES: u64 = 20;
/// How often it says how far it is.
const PROGRESS: Duration = Duration::from_mins(5);
/// After so many failures there is enough to look at.
const ENOUGH: usize = 5;

/// The deliberate faults: failpoints of the client.
const FAULTS: [&str; 2] = [SAVED_AFTER_SENDING, NO_DISCARD];

/// Plays installations in memory, seed after seed, and checks that nothing is lost.
#[derive(Debug, Parser)]
struct Cli {
    /// How long, at least.
    #[arg(long)]
    seconds: Option<u64>,
    /// How many seeds, at least.
    #[arg(long)]
    seeds: Option<u64>,
    /// This seed alone, with its last steps.
    #[arg(long, conflicts_with_all = ["seconds", "seeds"])]
    seed: Option<u64>,
    /// The first seed; a new one otherwise.
    #[arg(long)]
    from: Option<u64>,
    /// These faults on purpose; `all` for all of them.
    #[arg(long)]
    control: Vec<String>,
    /// Where the reports go.
    #[arg(long)]
    report: PathBuf,
}

/// What `main` does.
pub fn main() -> ExitCode {
    match go(&Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("the drill cannot go on: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn go(cli: &Cli) -> Result<bool> {
    let cast = Cast::new();
    let from = cli.seed.or(cli.from).unwrap_or_else(drawn);
    println!("client: seeds from {from} on");
    let mut report = Report {
        from,
        ..Report::default()
    };
    let (begun, used) = (Instant::now(), processor_seconds());
    if cli.control.is_empty() {
        let (seeds, length) = match (cli.seed, cli.seeds, cli.seconds) {
            (Some(_), ..) => (1, Duration::ZERO),
            (_, None, None) => (100, Duration::ZERO),
            (_, seeds, seconds) => (
                seeds.unwrap_or_default(),
                seconds.map_or(Duration::ZERO, Duration::from_secs),
            ),
        };
        let (mut seed, mut said) = (from, Duration::ZERO);
        while (report.seeds < seeds || begun.elapsed() < length) && report.failures.len() < ENOUGH {
            report.add(play(&cast, seed));
            seed += 1;
            if begun.elapsed() >= said + PROGRESS {
                said = begun.elapsed();
                println!("client, {} s: {} seeds", said.as_secs(), report.seeds);
            }
        }
    } else {
        controls(cli, &cast, from, &mut report)?;
    }
    report.seconds = begun.elapsed().as_secs_f64();
    report.processor_seconds = processor_seconds() - used;
    report.write(&cli.report)?;
    print!("{}", report.text());
    Ok(report.is_good())
}

/// A seed; a panic in it is its failure.
fn play(cast: &Cast, seed: u64) -> Outcome {
    let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| judge::run(cast, seed)));
    played.unwrap_or_else(|_| Outcome {
        seed,
        kind: Kind::Honest,
        wrong: Some("something panicked: its words stand above".into()),
        steps: Vec::new(),
        counts: Counts::default(),
        milliseconds: 0.0,
    })
}

fn controls(cli: &Cli, cast: &Cast, from: u64, report: &mut Report) -> Result<()> {
    let all = cli.control.iter().any(|name| name == "all");
    if let Some(unknown) = cli
        .control
        .iter()
        .find(|name| *name != "all" && !FAULTS.contains(&&name[..]))
    {
        bail!("no such fault: {unknown} (there are: {})", FAULTS.join(", "));
    }
    for name in FAULTS {
        if !all && !cli.control.iter().any(|wanted| wanted == name) {
            continue;
        }
        failpoint::set(name, "return").map_err(anyhow::Error::msg)?;
        let caught = (0..CYCLES).find_map(|cycle| Some((cycle + 1, play(cast, from + cycle).wrong?)));
        failpoint::remove(name);
        let (caught_in_cycle, wrong) = caught.unzip();
        report.controls.push(Control {
            name,
            caught_in_cycle,
            wrong,
        });
    }
    Ok(())
}

/// The first seed, if none was said.
fn drawn() -> u64 {
    RandomState::new().hash_one(()) % 1_000_000_000
}

/// What this thread has used of the processor, in seconds (`/proc/self/schedstat`); 0 where that is not known.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = stat.split(' ').next().and_then(|word| word.parse::<f64>().ok());
    nanoseconds.unwrap_or_default() / 1e9
}
