//! The one thread that starts Postgres, waits for it, and starts it again.
//!
//! A thread of its own, because the kernel's death signal goes out when the *thread* that forked ends, not the process.

use std::{
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{child, error::ClusterError, place::Place};

/// Pause before Postgres is started again; doubled up to the second.
const AGAIN: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// One that ran for so long was well: its end is a new accident, and the pause is the shortest again.
const WELL: Duration = Duration::from_secs(3);
/// How long a shutdown may take in each manner, before the next.
const SHUTDOWN: [(Signal, Duration); 3] = [
    (Signal::SIGINT, Duration::from_secs(20)),
    (Signal::SIGQUIT, Duration::from_secs(5)),
    (Signal::SIGKILL, Duration::from_secs(5)),
];
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What to run.
#[derive(Debug)]
pub(crate) struct Spec {
    /// Our own binary.
    pub binary: PathBuf,
    /// What it becomes.
    pub postgres: PathBuf,
    pub place: Place,
}

/// How Postgres is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    Starting,
    Running(u32),
    Ended(String),
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// When Postgres ends, that is an accident: start it again.
    again: AtomicBool,
    /// The thread is about to end, and Postgres has.
    over: AtomicBool,
}

/// The hold on the thread. Dropping it stops Postgres.
#[derive(Debug)]
pub(crate) struct Keeper(Arc<Shared>);

impl Keeper {
    pub(crate) fn start(spec: Spec) -> Result<Self, ClusterError> {
        // Made by the server, so that it is the server's.
        drop(spec.place.pg_lock()?);
        let shared = Arc::new(Shared {
            state: Mutex::new(State::Starting),
            again: AtomicBool::new(false),
            over: AtomicBool::new(false),
        });
        let theirs = shared.clone();
        let thread = std::thread::Builder::new().name("postgres".to_owned());
        thread
            .spawn(move || {
                keep(&spec, &theirs);
                theirs.over.store(true, Ordering::SeqCst);
            })
            .map_err(|error| ClusterError::Failed(format!("no thread for it: {error}")))?;
        Ok(Self(shared))
    }

    pub(crate) fn state(&self) -> State {
        self.0.state().clone()
    }

    pub(crate) fn process(&self) -> Option<u32> {
        match self.state() {
            State::Running(process) => Some(process),
            _ => None,
        }
    }

    /// It is up: from now on it is to stay up.
    pub(crate) fn keep_alive(&self) {
        self.0.again.store(true, Ordering::SeqCst);
    }

    pub(crate) async fn stop(self) -> Result<(), ClusterError> {
        self.0.again.store(false, Ordering::SeqCst);
        for (signal, patience) in SHUTDOWN {
            let mut waited = Duration::ZERO;
            let mut told = None;
            while waited < patience {
                if self.0.over.load(Ordering::SeqCst) {
                    return if signal == Signal::SIGINT {
                        Ok(())
                    } else {
                        Err(ClusterError::Failed("it did not stop and had to be killed".to_owned()))
                    };
                }
                told = self.0.tell(signal, told);
                tokio::time::sleep(LOOK_EVERY).await;
                waited += LOOK_EVERY;
            }
        }
        Err(ClusterError::Failed("it does not stop".to_owned()))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.again.store(false, Ordering::SeqCst);
        self.0.tell(Signal::SIGINT, None);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the signal once to each process. Under the lock the process cannot be gone and its number another's.
    fn tell(&self, signal: Signal, told: Option<u32>) -> Option<u32> {
        let state = self.state();
        let State::Running(process) = *state else { return told };
        if told != Some(process)
            && let Ok(number) = i32::try_from(process)
        {
            let _ = kill(Pid::from_raw(number), signal);
        }
        Some(process)
    }
}

fn keep(spec: &Spec, shared: &Shared) {
    let mut pause = AGAIN.0;
    loop {
        let began = Instant::now();
        let how = run(spec, shared);
        let ran = began.elapsed();
        *shared.state() = State::Ended(how.clone());
        if !shared.again.load(Ordering::SeqCst) {
            return;
        }
        tracing::warn!(how, "the private Postgres ended; it is started again");
        let now;
        (now, pause) = pauses(pause, ran);
        std::thread::sleep(now);
        if !shared.again.load(Ordering::SeqCst) {
            return;
        }
        *shared.state() = State::Starting;
    }
}

/// The pause now, and the next one, after Postgres has run for so long.
fn pauses(pause: Duration, ran: Duration) -> (Duration, Duration) {
    let now = if ran >= WELL { AGAIN.0 } else { pause };
    (now, (now * 2).min(AGAIN.1))
}

/// Runs Postgres to its end, and says how it ended.
fn run(spec: &Spec, shared: &Shared) -> String {
    let log = match spec.place.log() {
        Ok(log) => log,
        Err(error) => return error.to_string(),
    };
    let mut command = child::command(&spec.binary, "postgres", &spec.postgres, &spec.place);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    let mut postgres = match command.spawn() {
        Ok(postgres) => postgres,
        Err(error) => return ClusterError::io(&spec.binary)(error).to_string(),
    };
    *shared.state() = State::Running(postgres.id());
    // Before anything can be told to it, it must not be reaped; after that only this thread reaps it.
    match wait(&mut postgres) {
        Ok(()) => {}
        Err(error) => return format!("it cannot be waited for: {error}"),
    }
    let mut state = shared.state();
    let how = postgres
        .wait()
        .map_or_else(|error| error.to_string(), |status| format!("it ended with {status}"));
    *state = State::Ended(how.clone());
    how
}

/// Waits for the end without reaping: its number stays its own until then.
fn wait(postgres: &mut std::process::Child) -> nix::Result<()> {
    use nix::sys::wait::{Id, WaitPidFlag, waitid};
    let number = Pid::from_raw(i32::try_from(postgres.id()).map_err(|_| nix::Error::ESRCH)?);
    loop {
        match waitid(Id::Pid(number), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) {
            Err(nix::Error::EINTR) => {}
            other => return other.map(drop),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_was_well_is_started_again_at_once_however_often_it_is_killed() {
        let mut pause = AGAIN.0;
        for _ in 0..50 {
            let now;
            (now, pause) = pauses(pause, WELL);
            assert_eq!(now, AGAIN.0);
        }
        for _ in 0..50 {
            (_, pause) = pauses(pause, Duration::ZERO);
        }
        assert_eq!(pause, AGAIN.1, "one that never gets well is not hurried");
    }
}
