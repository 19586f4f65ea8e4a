//! `cargo xtask drill`: real servers are killed under load, browsers while somebody types, and checkers count what is lost
//! (`docs/reliability.md`).

use crate::{
    build::{self, Profile},
    exec, journeys,
    place::Places,
    say,
    tally::Tally,
    tools::{self, Tools},
};
use anyhow::{Context as _, Result, bail};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Child, Command},
};

/// How long the short one takes, its two stages together.
const SHORT_SECONDS: u64 = 24;

/// How often a browser is killed beside a long drill of the others; three times among the journeys.
const BROWSER_KILLS: u64 = 50;

/// How many seeds a long drill of the client plays for each of its minutes: it goes on until it has, if it has to share its core.
const SEEDS_A_MINUTE: u64 = 1_000;

/// How long the client's short one takes, and in which seeds it begins: the same ones for everybody.
const SHORT_CLIENT: [&str; 4] = ["--seconds", "8", "--from", "0"];

/// The deliberate faults of the client; the others are the server's.
const CLIENT_FAULTS: [&str; 2] = ["state-saved-after-sending", "no-discard-on-error"];

/// Which drills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Only {
    /// Servers and Postgres, killed under load
    Server,
    /// A browser, killed while somebody types
    Browser,
    /// Installations in memory, seed after seed
    Client,
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
    /// A server or a client with this deliberate fault instead: it must be caught
    #[arg(long, value_name = "NAME")]
    control: Vec<String>,
    /// Every deliberate fault, one after the other
    #[arg(long, conflicts_with = "control")]
    controls: bool,
    /// Only one kind of drills
    #[arg(long)]
    only: Option<Only>,
    /// Breaks nothing: measures on a release what coming back takes, and what many that never read cost the others
    #[arg(long, conflicts_with_all = ["minutes", "control", "controls", "only"])]
    figures: bool,
}

/// Does what was asked; fails if anything was lost, or a deliberate fault was not noticed.
pub fn run(places: &Places, options: &Options) -> Result<()> {
    let tools = tools::ensure(places)?;
    if options.figures {
        return figures(places, &tools, options);
    }
    if options.only == Some(Only::Browser) {
        return browser(places, &tools, options);
    }
    let (of_client, mut of_server): (Vec<&str>, Vec<&str>) = options
        .control
        .iter()
        .map(String::as_str)
        .partition(|name| CLIENT_FAULTS.contains(name));
    if options.controls {
        of_server.push("all");
    }
    let with_client = options.controls || !of_client.is_empty() || of_server.is_empty();
    let with_server =
        options.only.is_none_or(|only| only == Only::Server) && (!of_server.is_empty() || of_client.is_empty());
    let played = if with_client && options.only != Some(Only::Server) {
        Some(client(places, options)?)
    } else {
        None
    };
    let mut words = Vec::new();
    if let Some(seed) = options.seed {
        words.extend(["--seed".to_owned(), seed.to_string()]);
    }
    let served = if !with_server {
        Ok(true)
    } else if of_server.is_empty() {
        let seconds = options.minutes.map_or(SHORT_SECONDS, |minutes| minutes * 60);
        words.extend(["--seconds".to_owned(), seconds.to_string()]);
        build::server(places, Profile::Development)?;
        server(places, &tools, &words)
    } else {
        words.extend(
            of_server
                .iter()
                .flat_map(|name| ["--control".to_owned(), (*name).to_owned()]),
        );
        controls(places, &tools, &words)
    };
    let played = played.map_or(Ok(true), |mut child| {
        exec::await_child(&mut child).map(|status| status.success())
    });
    let good = played? & served?;
    if !good {
        bail!("the drill failed: its words stand above");
    }
    if options.only.is_none() && options.control.is_empty() && !options.controls && options.minutes.is_some() {
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
    build::server(places, Profile::Development)?;
    let tally = journeys::run(places, tools, &["drill/kills".to_owned()], &told)?;
    if tally.passed == 0 || tally.failed > 0 {
        bail!("the drill of the browser failed: its words stand above");
    }
    Ok(())
}

/// The drill of the client, on its way: it needs one core and nothing else.
fn client(places: &Places, options: &Options) -> Result<Child> {
    // A long one is worth compiling for; faults are found by the first seeds.
    let long = options.minutes.is_some();
    let drill = if long {
        compile_quick(places, "drill-client", "client", "rehearsal")?
    } else {
        compile(places, "drill-client")?
    };
    let mut command = Command::new(drill);
    // One core is what it is promised to need; handing single leaves of small trees to other threads takes longer than doing them.
    command.env("RAYON_NUM_THREADS", "1");
    let mut folder = "drill/client";
    if options.controls || !options.control.is_empty() {
        folder = "drill/client-controls";
        let names = if options.controls {
            CLIENT_FAULTS.to_vec()
        } else {
            options.control.iter().map(String::as_str).collect()
        };
        let names = names.into_iter().filter(|name| CLIENT_FAULTS.contains(name));
        command.args(names.flat_map(|name| ["--control", name]));
        command.args(["--from", &options.seed.unwrap_or(0).to_string()]);
    } else if let Some(minutes) = options.minutes {
        command.args(["--seconds", &(minutes * 60).to_string()]);
        command.args(["--seeds", &(minutes * SEEDS_A_MINUTE).to_string()]);
        command.args(options.seed.map(|seed| format!("--from={seed}")));
    } else if let (Some(seed), Some(_)) = (options.seed, options.only) {
        command.args(["--seed", &seed.to_string()]);
    } else {
        command.args(SHORT_CLIENT);
    }
    let report = places.target.join(folder);
    say::note(&format!("the client's report will be in {}", report.display()));
    command.arg("--report").arg(report);
    command.spawn().context("the drill of the client does not start")
}

/// The short drills, as a part of the tests, over the server that was built with them: the client's beside the server's, and the client
/// with its deliberate faults. Those of the server are for `cargo xtask drill --controls`.
pub fn short(places: &Places, tools: &Tools) -> Result<Tally> {
    let mut played = client(places, &Options::default())?;
    let words = ["--seconds".to_owned(), SHORT_SECONDS.to_string()];
    let served = server(places, tools, &words);
    let played = exec::await_child(&mut played)?.success();
    let deliberate = Options {
        controls: true,
        ..Options::default()
    };
    let noticed = exec::await_child(&mut client(places, &deliberate)?)?.success();
    let mut tally = Tally::default();
    for (good, name) in [
        (served?, "the drill of the server"),
        (played, "the drill of the client"),
        (noticed, "the deliberate faults of the client"),
    ] {
        tally.passed += u64::from(good);
        tally.failed += u64::from(!good);
        tally.names.extend((!good).then(|| name.to_owned()));
    }
    Ok(tally)
}

/// Of a release, since that is what people meet.
fn figures(places: &Places, tools: &Tools, options: &Options) -> Result<()> {
    build::server(places, Profile::Release)?;
    let drill = compile_quick(places, "drill", "server", "release")?;
    let binary = copied(places, "../release/jackdaw")?;
    let good = say::step("Measuring a release", || {
        let mut command = Command::new(&drill);
        command.arg("--server").arg(&binary).arg("--figures");
        command.args(options.seed.map(|seed| format!("--seed={seed}")));
        go(command, tools, &places.target.join("drill/figures"))
    })?;
    if !good {
        bail!("nothing was measured: the words stand above");
    }
    Ok(())
}

/// Of the development's server, which must have been built.
fn server(places: &Places, tools: &Tools, words: &[String]) -> Result<bool> {
    let drill = compile(places, "drill")?;
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
    let drill = compile(places, "drill")?;
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

fn compile(places: &Places, name: &str) -> Result<PathBuf> {
    say::step("Compiling the drill", || {
        exec::run(build::cargo(places).args(["build", "-p", "drill"])).context("the drill does not compile")?;
        copied(places, name)
    })
}

/// One of the two, in a quicker profile and without what only the other needs.
fn compile_quick(places: &Places, name: &str, feature: &str, profile: &str) -> Result<PathBuf> {
    say::step(&format!("Compiling the drill of the {feature}"), || {
        let mut command = build::cargo(places);
        command.args(["build", "-p", "drill", "--bin", name, "--profile", profile]);
        command.args(["--no-default-features", "--features", feature]);
        exec::run(&mut command).with_context(|| format!("the drill of the {feature} does not compile"))?;
        copied(places, &format!("../{profile}/{name}"))
    })
}

/// Postgres' account must reach what becomes Postgres.
fn copied(places: &Places, name: &str) -> Result<PathBuf> {
    let folder = places.target.join("drill");
    fs::create_dir_all(&folder)?;
    let from = places.target.join("debug").join(name);
    let to = folder.join(Path::new(name).file_name().unwrap_or_default());
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
