//! `cargo xtask fuzz`: inputs are made up until something does not hold (`tools/fuzz`, `docs/reliability.md`).
//!
//! libFuzzer with coverage of LLVM's own counters: every flag is one of stable rustc, and libFuzzer comes with its crate, so it takes
//! no more than cargo and a C++ compiler.

use crate::{build, exec, place::Places, say};
use anyhow::{Context as _, Result, bail};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

/// What `tools/fuzz` has; a test compares.
const TARGETS: [&str; 5] = ["associations", "frames", "mls", "sign-in", "vault"];

/// How long each target is fuzzed, unless told otherwise.
const SECONDS: u64 = 60;

/// Counters at every edge and every comparison, as `cargo fuzz` sets them. `fuzzing` takes the encryption out of `e2ee`.
const FLAGS: [&str; 7] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cforce-frame-pointers=yes",
];

/// What, and how long.
#[derive(clap::Args)]
pub struct Options {
    /// Only this kind of input
    #[arg(value_parser = TARGETS)]
    target: Option<String>,
    /// How long each
    #[arg(long, default_value_t = SECONDS)]
    seconds: u64,
    /// Afterwards replace the corpus by the smallest that reaches as much
    #[arg(long)]
    keep: bool,
}

/// Fuzzes; fails if something does not hold, and says where the input lies.
pub fn run(places: &Places, options: &Options) -> Result<()> {
    let chosen = |name: &&str| options.target.as_deref().is_none_or(|target| target == *name);
    let names: Vec<&str> = TARGETS.into_iter().filter(chosen).collect();
    let programs = compile(places)?;
    let places: Vec<Place> = names
        .iter()
        .map(|name| Place::of(places, &programs, name))
        .collect::<Result<_>>()?;
    let about = format!("Fuzzing for {} s each: {}", options.seconds, names.join(", "));
    let broken = say::step(&about, || fuzz(&places, options.seconds))?;
    if !broken.is_empty() {
        bail!(
            "not everything holds: {}. Mend it, and keep the input: it is a test from now on",
            broken.join(", ")
        );
    }
    if options.keep {
        for place in &places {
            say::step(&format!("The smallest corpus of {}", place.name), || place.minimise())?;
        }
    }
    Ok(())
}

/// The folder of the programs. Flags differ from those of everything else, and so does the folder.
fn compile(places: &Places) -> Result<PathBuf> {
    let host = exec::output(Command::new("rustc").args(["--print", "host-tuple"]))?;
    let host = host.trim();
    say::step("Compiling the programs of libFuzzer", || {
        let mut command = build::cargo(places);
        command.args([
            "build",
            "-p",
            "fuzz",
            "--features",
            "libfuzzer",
            "--bins",
            "--profile",
            "fuzz",
        ]);
        // A target of its own keeps the flags away from build scripts and macros.
        command.args(["--target", host]).env("RUSTFLAGS", FLAGS.join(" "));
        exec::run(&mut command).context("the programs of libFuzzer do not compile")
    })?;
    Ok(places.target.join(host).join("fuzz"))
}

/// Where a kind of input has everything.
struct Place {
    name: String,
    program: PathBuf,
    /// Committed.
    corpus: PathBuf,
    /// Committed when something was mended.
    crashes: PathBuf,
    /// What was reached here so far.
    work: PathBuf,
    seeds: PathBuf,
    log: PathBuf,
}

impl Place {
    fn of(places: &Places, programs: &Path, name: &str) -> Result<Self> {
        let kept = places.root.join("tools/fuzz");
        let folder = places.target.join("fuzz").join(name);
        let place = Self {
            name: name.to_owned(),
            program: programs.join(format!("fuzz-{name}")),
            corpus: kept.join("corpus").join(name),
            crashes: kept.join("crashes").join(name),
            work: folder.join("corpus"),
            seeds: folder.join("seeds"),
            log: folder.join("log"),
        };
        for folder in [&place.corpus, &place.crashes, &place.work, &place.seeds] {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        Ok(place)
    }

    fn command(&self) -> Result<Command> {
        let mut command = Command::new(&self.program);
        let log = File::create(&self.log).with_context(|| format!("cannot write {}", self.log.display()))?;
        command
            .env("JACKDAW_SEEDS", &self.seeds)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        Ok(command)
    }

    fn start(&self, seconds: u64) -> Result<Child> {
        let mut command = self.command()?;
        command
            .arg(format!("-max_total_time={seconds}"))
            .args([
                "-timeout=30",
                "-rss_limit_mb=2048",
                "-max_len=16384",
                "-print_final_stats=1",
            ])
            // With the separator: libFuzzer puts the name right behind.
            .arg(format!("-artifact_prefix={}/", self.crashes.display()))
            .args([&self.work, &self.corpus, &self.crashes, &self.seeds]);
        command
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))
    }

    /// One line of what libFuzzer counted.
    fn summary(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let number = |label: &str| {
            log.lines()
                .rev()
                .find_map(|line| line.strip_prefix(label))
                .map_or("?", str::trim)
        };
        let word = |label: &str| {
            let last = log
                .lines()
                .rev()
                .find(|line| line.starts_with('#') && line.contains(label))?;
            last.split(label).nth(1)?.split_whitespace().next()
        };
        format!(
            "{}: {} inputs, {} edges reached, {} inputs kept",
            self.name,
            number("stat::number_of_executed_units:"),
            word("cov: ").unwrap_or("?"),
            word("corp: ").unwrap_or("?"),
        )
    }

    fn minimise(&self) -> Result<()> {
        let small = self.work.with_file_name("smallest");
        let _ = fs::remove_dir_all(&small);
        fs::create_dir_all(&small)?;
        let mut command = self.command()?;
        command.args(["-set_cover_merge=1", "-use_counters=0", "-max_len=16384"]);
        let status = exec::wait(command.args([&small, &self.seeds, &self.corpus, &self.work]))?;
        if !status.success() {
            bail!("libFuzzer ended with {status}: its words are in {}", self.log.display());
        }
        fs::remove_dir_all(&self.corpus)?;
        fs::create_dir_all(&self.corpus)?;
        for entry in fs::read_dir(&small)? {
            let entry = entry?;
            fs::copy(entry.path(), self.corpus.join(entry.file_name()))?;
        }
        Ok(())
    }
}

/// One more at once than there are cores. Returns the inputs for which something does not hold.
fn fuzz(places: &[Place], seconds: u64) -> Result<Vec<String>> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut waiting = places.iter().collect::<Vec<_>>();
    let mut running: Vec<(&Place, Child)> = Vec::new();
    let mut broken = Vec::new();
    while !(waiting.is_empty() && running.is_empty()) {
        while running.len() <= cores
            && let Some(place) = waiting.pop()
        {
            running.push((place, place.start(seconds)?));
        }
        let (place, mut child) = running.remove(0);
        let status = exec::await_child(&mut child);
        if status.is_err() {
            for (_, child) in &mut running {
                let _ = child.kill();
            }
        }
        say::note(&place.summary());
        if !status?.success() {
            let log = fs::read_to_string(&place.log).unwrap_or_default();
            for line in log
                .lines()
                .filter(|line| line.contains("panicked at") || line.starts_with("SUMMARY"))
            {
                say::note(line);
            }
            let file = log
                .lines()
                .rev()
                .find_map(|line| line.split("Test unit written to ").nth(1));
            broken.push(file.unwrap_or(&place.name).to_owned());
        }
    }
    Ok(broken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_input_is_fuzzed() {
        let places = Places::find().unwrap();
        let text = fs::read_to_string(places.root.join("tools/fuzz/src/lib.rs")).unwrap();
        let names = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("name: \"")?.strip_suffix("\","));
        assert_eq!(names.collect::<Vec<_>>(), TARGETS);
    }
}
