//! Other programs: those we wait for ([`run`], [`output`]) and those that stay ([`Daemon`]).

use crate::signals;
use anyhow::{Context as _, Result, bail};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use std::{
    env,
    ffi::OsStr,
    fs::OpenOptions,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Runs a program to its end, its words on our terminal. A signal to us stops it too.
pub fn run(command: &mut Command) -> Result<()> {
    let status = wait(command)?;
    if !status.success() {
        bail!("`{}` ended with {status}", shown(command));
    }
    Ok(())
}

/// The same, but failing is an answer.
pub fn wait(command: &mut Command) -> Result<ExitStatus> {
    let mut child = command
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start `{}`", shown(command)))?;
    await_child(&mut child)
}

/// Waits for a child; when we are told to stop, so is it.
pub fn await_child(child: &mut Child) -> Result<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait()? {
            if signals::stopping() {
                bail!("stopped");
            }
            return Ok(status);
        }
        if signals::stopping() {
            // Ctrl-C on a terminal reached it already; a plain SIGTERM to us did not.
            thread::sleep(Duration::from_millis(300));
            if child.try_wait()?.is_none() {
                let _ = nix::sys::signal::kill(pid(child), Signal::SIGTERM);
                child.wait()?;
            }
            bail!("stopped");
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// What a program prints.
pub fn output(command: &mut Command) -> Result<String> {
    let out = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{}`", shown(command)))?;
    if !out.status.success() {
        bail!(
            "`{}` ended with {}: {}",
            shown(command),
            out.status,
            String::from_utf8_lossy(&out.stderr).trim()
        );
    }
    String::from_utf8(out.stdout).context("the program did not print text")
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy);
    words.collect::<Vec<_>>().join(" ")
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().cast_signed())
}

/// Finds a program in `PATH`.
pub fn which(name: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// A program that stays until we stop it. It lives in a process group of its own, so that Ctrl-C reaches only us and things end in order;
/// and on Linux it is told to end when we die, whatever kills us.
pub struct Daemon {
    name: &'static str,
    child: Child,
    ending: Signal,
    patience: Duration,
}

impl Daemon {
    /// Starts it. `ending` is the signal that asks it to end. To be called from the main thread: the kernel's notice of our death is
    /// bound to the thread that started the child.
    pub fn start(name: &'static str, command: &Command, ending: Signal, log: Option<&Path>) -> Result<Self> {
        let mut wrapped = die_with_us(command, ending);
        wrapped.stdin(Stdio::null()).process_group(0);
        if let Some(log) = log {
            let file = OpenOptions::new()
                .create(true)
                .append(true)
                .open(log)
                .with_context(|| format!("cannot write the log {}", log.display()))?;
            wrapped.stdout(file.try_clone()?).stderr(file);
        }
        let child = wrapped
            .spawn()
            .with_context(|| format!("cannot start `{}`", shown(command)))?;
        Ok(Self {
            name,
            child,
            ending,
            patience: Duration::from_secs(20),
        })
    }

    /// Its end, when it has ended by itself.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Asks it to end, waits, and insists in the end.
    pub fn stop(&mut self) {
        if self.ended().is_some() {
            return;
        }
        let group = pid(&self.child);
        let _ = nix::sys::signal::kill(group, self.ending);
        let deadline = Instant::now() + self.patience;
        while self.ended().is_none() {
            if Instant::now() > deadline {
                eprintln!("  {} does not end by itself, killing it", self.name);
                let _ = killpg(group, Signal::SIGKILL);
                let _ = self.child.wait();
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The same command through `setpriv --pdeathsig`, where there is one.
fn die_with_us(command: &Command, ending: Signal) -> Command {
    let Some(setpriv) = which("setpriv") else {
        return copy(command, command.get_program());
    };
    let mut wrapped = Command::new(setpriv);
    wrapped
        .args(["--pdeathsig", ending.as_str().trim_start_matches("SIG")])
        .arg(command.get_program());
    settings(command, &mut wrapped);
    wrapped
}

fn copy(command: &Command, program: &OsStr) -> Command {
    let mut same = Command::new(program);
    settings(command, &mut same);
    same
}

fn settings(from: &Command, to: &mut Command) {
    to.args(from.get_args());
    for (name, value) in from.get_envs() {
        match value {
            Some(value) => to.env(name, value),
            None => to.env_remove(name),
        };
    }
    if let Some(folder) = from.get_current_dir() {
        to.current_dir(folder);
    }
}
