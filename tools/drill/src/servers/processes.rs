//! Processes that are killed on purpose: servers that come back by themselves, and whole trees.

use std::{
    fs::{self, File},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Context, Result};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// How long a supervisor waits before it starts a server again.
const AGAIN: Duration = Duration::from_millis(50);
const LOOK_EVERY: Duration = Duration::from_millis(4);
/// How long a server may take to end in order.
const ENDING: Duration = Duration::from_secs(20);

/// What to run.
#[derive(Debug, Clone)]
pub struct Program {
    /// The path of the program.
    pub file: PathBuf,
    /// Its environment variables.
    pub env: Vec<(String, String)>,
    /// Where its words go.
    pub log: PathBuf,
}

#[derive(Debug, Default)]
struct Shared {
    child: Mutex<Option<Child>>,
    over: AtomicBool,
    starts: AtomicU64,
}

/// A server that is started again whenever it ends, as a supervisor would.
#[derive(Debug)]
pub struct Kept {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Kept {
    /// Starts it. A thread of its own: the kernel's notice of our death is bound to the thread that forked.
    pub fn start(program: Program) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        *shared.child() = Some(spawn(&program)?);
        let theirs = shared.clone();
        let thread = thread::Builder::new()
            .name("keeper".to_owned())
            .spawn(move || keep(&program, &theirs))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Sends a signal. False if it is not running just now.
    pub fn signal(&self, signal: Signal) -> bool {
        self.shared.signal(signal)
    }

    /// Its process, if it is running just now.
    pub fn pid(&self) -> Option<u32> {
        self.shared.child().as_ref().map(Child::id)
    }

    /// How often it was started again.
    pub fn restarts(&self) -> u64 {
        self.shared.starts.load(Ordering::SeqCst)
    }

    /// Ends it for good, in order.
    pub fn stop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        self.shared.signal(Signal::SIGCONT);
        self.shared.signal(Signal::SIGTERM);
        let mut waited = Duration::ZERO;
        while self.shared.runs() && waited < ENDING {
            thread::sleep(LOOK_EVERY);
            waited += LOOK_EVERY;
        }
        self.shared.signal(Signal::SIGKILL);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Shared {
    fn child(&self) -> MutexGuard<'_, Option<Child>> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Under the lock the child is not reaped, so its number is its own.
    fn signal(&self, signal: Signal) -> bool {
        self.child()
            .as_ref()
            .is_some_and(|child| kill(Pid::from_raw(child.id().cast_signed()), signal).is_ok())
    }

    fn runs(&self) -> bool {
        self.child().is_some()
    }
}

fn keep(program: &Program, shared: &Shared) {
    loop {
        thread::sleep(LOOK_EVERY);
        let mut child = shared.child();
        let ended = child.as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None)));
        if !ended {
            continue;
        }
        *child = None;
        drop(child);
        if shared.over.load(Ordering::SeqCst) {
            return;
        }
        thread::sleep(AGAIN);
        // Under the lock: a concurrent end finds either none or the new one.
        let mut child = shared.child();
        if shared.over.load(Ordering::SeqCst) {
            return;
        }
        if let Ok(new) = spawn(program) {
            shared.starts.fetch_add(1, Ordering::SeqCst);
            *child = Some(new);
        }
    }
}

fn spawn(program: &Program) -> Result<Child> {
    let log = File::options()
        .create(true)
        .append(true)
        .open(&program.log)
        .with_context(|| format!("cannot write {}", program.log.display()))?;
    let mut command = match setpriv() {
        // When the drill dies, however it dies, so do they.
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "KILL"]).arg(&program.file);
            command
        }
        None => Command::new(&program.file),
    };
    command
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "PG_BIN"))
        .envs(program.env.iter().cloned())
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    command
        .spawn()
        .with_context(|| format!("cannot start {}", program.file.display()))
}

fn setpriv() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join("setpriv"))
        .find(|file| file.is_file())
}

/// The Postgres of a data folder: the process that Postgres itself names there, while it runs.
pub fn postmaster(data: &Path) -> Option<Pid> {
    let text = fs::read_to_string(data.join("pg/postmaster.pid")).ok()?;
    let pid = text.lines().next()?.trim().parse().ok()?;
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    (name.trim() == "postgres").then(|| Pid::from_raw(pid))
}

/// A process and all that descend from it, the oldest first.
pub fn tree(root: Pid) -> Vec<Pid> {
    let mut parents = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else {
            continue;
        };
        // The name stands in brackets and may hold anything; behind it: state, parent.
        let parent = stat
            .rsplit_once(')')
            .and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<i32>().ok());
        parents.extend(parent.map(|parent| (pid, parent)));
    }
    let mut found = vec![root];
    let mut next = 0;
    while next < found.len() {
        let parent = found[next].as_raw();
        found.extend(
            parents
                .iter()
                .filter(|(_, of)| *of == parent)
                .map(|(pid, _)| Pid::from_raw(*pid)),
        );
        next += 1;
    }
    found
}

/// Ends the processes of a Postgres that serve connections over local sockets, which have that in their titles. How many there were.
pub fn end_connections(postmaster: Pid) -> usize {
    let serves = |pid: &Pid| {
        let title = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        title.starts_with("postgres: ") && title.contains("[local]")
    };
    let serving = tree(postmaster).into_iter().skip(1).filter(serves);
    serving.filter(|pid| kill(*pid, Signal::SIGTERM).is_ok()).count()
}

/// Sends a signal to a process and all that descend from it. How many got it.
pub fn signal_tree(root: Pid, signal: Signal) -> usize {
    tree(root).into_iter().filter(|pid| kill(*pid, signal).is_ok()).count()
}
