//! The command line. People call it by way of `cargo xtask drill`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use clap::{Parser, ValueEnum};

use crate::paper;

use super::{
    drill::{self, Plan},
    figures,
    report::{Control, Report},
    site::{Parts, Shape},
};

/// A fault that is not noticed in so many cycles is a defect of the drill.
const CYCLES: u64 = 20;
/// What only a server built for drills knows; one that ships must not have these words in it.
const MARK: &[u8] = b"FAILPOINTS";

/// The deliberate faults.
pub const FAULTS: [&str; 6] = [
    "ack-before-commit",
    "no-idempotency",
    "no-resume",
    "no-sequence-check",
    "no-compare-and-set",
    "no-order-after-failure",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Only {
    Alone,
    Pair,
}

/// Kills a Jackdaw under load again and again, and counts what is lost.
#[derive(Debug, Parser)]
struct Cli {
    /// The server that ships.
    #[arg(long)]
    server: PathBuf,
    /// The server with deliberate faults, for `--control`.
    #[arg(long)]
    broken_server: Option<PathBuf>,
    /// How long, both stages together.
    #[arg(long, default_value_t = 24)]
    seconds: u64,
    /// Replays a schedule; a new one otherwise.
    #[arg(long)]
    seed: Option<u64>,
    /// Number of installations
    #[arg(long, default_value_t = 12)]
    people: u16,
    /// Number of conversations
    #[arg(long, default_value_t = 16)]
    topics: usize,
    /// One stage only.
    #[arg(long)]
    only: Option<Only>,
    /// These faults, instead of the server that ships; `all` for all of them.
    #[arg(long)]
    control: Vec<String>,
    /// Breaks nothing and measures.
    #[arg(long, conflicts_with = "control")]
    figures: bool,
    /// How many never read while it is measured.
    #[arg(long, default_value_t = 1_000)]
    stalled: u16,
    /// Where the reports go.
    #[arg(long)]
    report: PathBuf,
}

/// What `main` does.
pub fn main() -> ExitCode {
    // Before anything else: this process is about to become the Postgres of two servers.
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == postgres::SUBCOMMAND) {
        postgres::exec_child(arguments);
    }
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let outcome = runtime.context("the runtime").and_then(|runtime| {
        runtime.block_on(async {
            // Stopped from outside: the processes end and the disk goes.
            let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
            tokio::select! {
                good = go(&cli) => good,
                _ = tokio::signal::ctrl_c() => bail!("stopped"),
                _ = terminate.recv() => bail!("stopped"),
            }
        })
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("the drill cannot go on: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn go(cli: &Cli) -> Result<bool> {
    let mut drawn = [0; 4];
    getrandom::fill(&mut drawn)?;
    let seed = cli.seed.unwrap_or(u64::from(u32::from_le_bytes(drawn)));
    println!("seed {seed}");
    if cli.figures {
        let parts = parts(&cli.server, None, &cli.report);
        let figures = figures::measure(&parts, seed, cli.stalled).await?;
        paper::keep(&cli.report, &figures.text(), &figures)?;
        print!("{}", figures.text());
        return Ok(true);
    }
    let mut report = Report {
        seed,
        ..Report::default()
    };
    if cli.control.is_empty() {
        stages(cli, seed, &mut report).await?;
    } else {
        controls(cli, seed, &mut report).await?;
    }
    report.write(&cli.report)?;
    print!("{}", report.text());
    if !report.is_good() {
        println!("FAILED. The same schedule again: cargo xtask drill --seed {seed}");
    }
    Ok(report.is_good())
}

fn parts(server: &Path, fault: Option<&str>, report: &Path) -> Parts {
    Parts {
        server: server.to_owned(),
        logs: report.join(fault.unwrap_or("logs")),
        fault: fault.map(str::to_owned),
        // Short: the path of a local socket holds 107 bytes.
        folder: std::env::temp_dir().join(format!("jackdaw-drill-{}", std::process::id())),
    }
}

async fn stages(cli: &Cli, seed: u64, report: &mut Report) -> Result<()> {
    if marked(&cli.server)? {
        bail!("{} is built for drills: it must never ship", cli.server.display());
    }
    let shapes: &[Shape] = match cli.only {
        None => &[Shape::Alone, Shape::Pair],
        Some(Only::Alone) => &[Shape::Alone],
        Some(Only::Pair) => &[Shape::Pair],
    };
    let length = Duration::from_secs(cli.seconds) / u32::try_from(shapes.len())?;
    for shape in shapes {
        let plan = Plan {
            shape: *shape,
            seed,
            people: cli.people,
            topics: cli.topics,
            length,
            cycles: u64::MAX,
        };
        println!("{shape:?}, {} s", length.as_secs());
        let outcome = drill::run(&plan, &parts(&cli.server, None, &cli.report), |words| {
            println!("  {words}");
        })
        .await?;
        let good = outcome.findings.none();
        report.stages.push(outcome);
        if !good {
            break;
        }
    }
    Ok(())
}

async fn controls(cli: &Cli, seed: u64, report: &mut Report) -> Result<()> {
    let server = cli.broken_server.as_ref().context("--control needs --broken-server")?;
    if !marked(server)? {
        bail!("{} has no deliberate faults in it", server.display());
    }
    let all = cli.control.iter().any(|name| name == "all");
    for name in &cli.control {
        if name != "all" && !FAULTS.contains(&name.as_str()) {
            bail!("no such fault: {name} (there are: {})", FAULTS.join(", "));
        }
    }
    for name in FAULTS
        .into_iter()
        .filter(|name| all || cli.control.iter().any(|wanted| wanted == name))
    {
        let plan = Plan {
            shape: Shape::Pair,
            seed,
            people: cli.people,
            topics: cli.topics,
            length: Duration::MAX,
            cycles: CYCLES,
        };
        let outcome = drill::run(&plan, &parts(server, Some(name), &cli.report), |words| {
            println!("  {words}");
        })
        .await?;
        let caught = outcome.wrong_in_cycle;
        println!(
            "{name}: {}",
            caught.map_or("not caught".to_owned(), |cycle| format!("caught in cycle {cycle}"))
        );
        report.controls.push(Control {
            name,
            caught_in_cycle: caught,
            findings: outcome.findings,
        });
    }
    Ok(())
}

/// Whether a server has the deliberate faults in it.
fn marked(server: &Path) -> Result<bool> {
    let bytes = std::fs::read(server).with_context(|| format!("cannot read {}", server.display()))?;
    Ok(bytes.windows(MARK.len()).any(|window| window == MARK))
}
