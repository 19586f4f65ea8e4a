//! `cargo xtask drill`: real servers are killed under load, browsers while somebody types, and checkers count what is lost
//! (`docs/reliability.md`).

use crate::{
    build::{self, Profile},
    exec,
    place::Places,
    say,
    test::{self, Tally},
    tools::{self, Tools},
};
use anyhow::{Context as _, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// How long the short one takes, its two stages together.
const SHORT_SECONDS: u64 = 24;

/// How often a browser is killed beside a long drill of the others; three times among the journeys.
const BROWSER_KILLS: u64 = 50;

/// Which drills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Only {
    /// Servers and Postgres, killed under load
    Server,
    /// A browser, killed while somebody types
    Browser,
}

/// How long, and what.
#[derive(Default, clap::Args)]
pub struct Options {
    /// How long; without it the short drill of the test suite
    #[arg(long)]
    minutes: Option<u64>,
    /// Replays the schedule of an earlier drill
    #[arg(long)]
    seed: Option<u64>,
    /// A server with this deliberate fault instead: it must be caught
    #[arg(long, value_name = "NAME")]
    control: Vec<String>,
    /// Every deliberate fault, one after the other
    #[arg(long, conflicts_with = "control")]
    controls: bool,
    /// Only one kind of drills
    #[arg(long)]
    only: Option<Only>,
}

/// Does what was asked; fails if anything was lost, or a deliberate fault was not noticed.
pub fn run(places: &Places, options: &Options) -> Result<()> {
    let tools = tools::ensure(places)?;
    if options.only == Some(Only::Browser) {
        return browser(places, &tools, options);
    }
    let mut names: Vec<&str> = options.control.iter().map(String::as_str).collect();
    if options.controls {
        names.push("all");
    }
    let mut words = Vec::new();
    if let Some(seed) = options.seed {
        words.extend(["--seed".to_owned(), seed.to_string()]);
    }
    let good = if names.is_empty() {
        let seconds = options.minutes.map_or(SHORT_SECONDS, |minutes| minutes * 60);
        words.extend(["--seconds".to_owned(), seconds.to_string()]);
        server(places, &tools, &words)?
    } else {
        words.extend(
            names
                .iter()
                .flat_map(|name| ["--control".to_owned(), (*name).to_owned()]),
        );
        controls(places, &tools, &words)?
    };
    if !good {
        bail!("the drill failed: its words stand above");
    }
    if options.only.is_none() && names.is_empty() && options.minutes.is_some() {
        browser(places, &tools, options)?;
    }
    Ok(())
}

/// The browser's is a test of Playwright's, and the short one stands among the journeys.
fn browser(places: &Places, tools: &Tools, options: &Options) -> Result<()> {
    let control = options.controls || !options.control.is_empty();
    let mut told = vec![(
        "DRILL_REPORT",
        places
            .target
            .join(if control {
                "drill/browser-control"
            } else {
                "drill/browser"
            })
            .display()
            .to_string(),
    )];
    told.extend(
        options
            .seed
            .map(|seed| ("DRILL_SEED", (seed & 0x7fff_ffff).to_string())),
    );
    match (options.minutes, options.only) {
        _ if control => told.extend([
            ("DRILL_CONTROL", "vault-forgets".to_owned()),
            ("DRILL_KILLS", "20".to_owned()),
        ]),
        (Some(minutes), Some(_)) => told.push(("DRILL_SECONDS", (minutes * 60).to_string())),
        (Some(_), None) => told.push(("DRILL_KILLS", BROWSER_KILLS.to_string())),
        (None, _) => {}
    }
    let tally = test::browsers(places, tools, &["drill/kills".to_owned()], &told)?;
    if tally.passed == 0 || tally.failed > 0 {
        bail!("the drill of the browser failed: its words stand above");
    }
    Ok(())
}

/// The short drill, as a part of the tests.
pub fn short(places: &Places, tools: &Tools) -> Result<Tally> {
    let words = ["--seconds".to_owned(), SHORT_SECONDS.to_string()];
    let good = server(places, tools, &words)?;
    Ok(Tally {
        passed: u64::from(good),
        failed: u64::from(!good),
        skipped: 0,
        names: if good {
            Vec::new()
        } else {
            vec!["the drill of the server".to_owned()]
        },
    })
}

fn server(places: &Places, tools: &Tools, words: &[String]) -> Result<bool> {
    build::server(places, Profile::Development)?;
    let drill = compile(places)?;
    // A copy: what is built meanwhile must not be started in the middle of a drill.
    let binary = copied(places, "jackdaw")?;
    say::step("Drill: servers and Postgres are killed under load", || {
        let mut command = Command::new(&drill);
        command.arg("--server").arg(&binary).args(words);
        go(command, tools, &places.target.join("drill/server"))
    })
}

fn controls(places: &Places, tools: &Tools, words: &[String]) -> Result<bool> {
    say::step("Compiling the server with deliberate faults", || {
        let mut command = build::cargo(places);
        command.args(["build", "-p", "server", "--features", "drill", "--bin", "jackdaw-drill"]);
        exec::run(&mut command).context("the server does not compile")
    })?;
    let drill = compile(places)?;
    let binary = copied(places, "jackdaw-drill")?;
    say::step("Drill: every deliberate fault must be noticed", || {
        let mut command = Command::new(&drill);
        command
            .arg("--server")
            .arg(&binary)
            .arg("--broken-server")
            .arg(&binary)
            .args(words);
        go(command, tools, &places.target.join("drill/controls"))
    })
}

fn compile(places: &Places) -> Result<PathBuf> {
    say::step("Compiling the drill", || {
        exec::run(build::cargo(places).args(["build", "-p", "drill"])).context("the drill does not compile")?;
        copied(places, "drill")
    })
}

/// Postgres' account must reach what becomes Postgres.
fn copied(places: &Places, name: &str) -> Result<PathBuf> {
    let folder = places.target.join("drill");
    fs::create_dir_all(&folder)?;
    let to = folder.join(name);
    let from = places.target.join("debug").join(name);
    // Not into a file that runs just now.
    let _ = fs::remove_file(&to);
    fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
    Ok(to)
}

fn go(mut command: Command, tools: &Tools, report: &Path) -> Result<bool> {
    command.env("PG_BIN", &tools.pg_bin).arg("--report").arg(report);
    let good = exec::wait(&mut command)?.success();
    say::note(&format!("the report is in {}", report.display()));
    Ok(good)
}
