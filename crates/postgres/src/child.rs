//! Our own binary on its way to becoming a program of Postgres.

use std::{
    ffi::{OsStr, OsString},
    fs::{File, TryLockError},
    io::ErrorKind,
    os::{
        fd::{AsFd, AsRawFd},
        unix::{
            ffi::OsStrExt,
            process::{CommandExt, parent_id},
        },
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use nix::{
    fcntl::{FcntlArg, FdFlag, fcntl},
    sys::{
        prctl::set_pdeathsig,
        signal::{SigSet, SigmaskHow, Signal, sigprocmask},
        stat::{Mode, umask},
    },
    unistd::{Gid, Uid, setgid, setgroups, setsid, setuid},
};

use crate::{USER, error::ClusterError, place::Place};

/// The hidden subcommand with which our binary must call [`exec_child`].
pub const SUBCOMMAND: &str = "postgres-child";

/// How long to wait for the last process of an old Postgres to end.
const OLD_ONES: Duration = Duration::from_secs(30);

/// Prepares this process and becomes Postgres. To be called, first thing, with the arguments behind [`SUBCOMMAND`].
/// Returns never: what goes wrong stands on standard error, and the process ends with status 1.
pub fn exec_child(arguments: impl IntoIterator<Item = OsString>) -> ! {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let error = match become_postgres(&arguments) {
        Ok(never) => match never {},
        Err(error) => error,
    };
    eprintln!("{error}");
    std::process::exit(1)
}

/// Makes the cluster in the new folder.
pub(crate) fn initdb(this_binary: &Path, initdb: &Path, place: &Place) -> Result<(), ClusterError> {
    let output = command(this_binary, "initdb", initdb, place)
        .stdin(Stdio::null())
        .output()
        .map_err(ClusterError::io(this_binary))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(ClusterError::Failed(format!(
        "initdb ended with {}: {}",
        output.status,
        words.trim()
    )))
}

/// The command that runs [`exec_child`]: what to become, the program, the data directory, the user, our process.
pub(crate) fn command(this_binary: &Path, what: &str, program: &Path, place: &Place) -> Command {
    let (uid, gid) = place.user().map_or_else(
        || ("-".to_owned(), "-".to_owned()),
        |user| (user.uid.to_string(), user.gid.to_string()),
    );
    let mut command = Command::new(this_binary);
    command
        .arg(SUBCOMMAND)
        .arg(what)
        .arg(program)
        .arg(place.root())
        .args([uid, gid]);
    command.arg(std::process::id().to_string());
    // Nothing of the server's surroundings concerns Postgres, and some of it (PGDATA, LC_ALL, secrets) must not.
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C");
    command
}

enum Never {}

fn become_postgres(arguments: &[OsString]) -> Result<Never, ClusterError> {
    let bad = || ClusterError::Failed("its hidden subcommand was called by hand".to_owned());
    let [what, program, root, uid, gid, parent] = arguments else {
        return Err(bad());
    };
    let number = |text: &OsStr| text.to_str().and_then(|text| text.parse::<u32>().ok());
    let parent = number(parent).ok_or_else(bad)?;
    let user = match (number(uid), number(gid)) {
        (Some(uid), Some(gid)) => Some((Uid::from_raw(uid), Gid::from_raw(gid))),
        _ => None,
    };
    let place = Child {
        root: PathBuf::from(root),
        parent,
    };
    match what.as_bytes() {
        b"initdb" => place.initdb(program, user),
        b"postgres" => place.postgres(program, user),
        _ => Err(bad()),
    }
}

struct Child {
    root: PathBuf,
    parent: u32,
}

impl Child {
    fn initdb(&self, program: &OsStr, user: Option<(Uid, Gid)>) -> Result<Never, ClusterError> {
        let data = Self::hand_over(&self.root.join("pg.new"))?;
        self.step_down(user)?;
        let error = Command::new(program)
            .args([
                "-U",
                USER,
                "-E",
                "UTF8",
                "--no-locale",
                "--auth-local=trust",
                "--auth-host=reject",
            ])
            .args(["--data-checksums", "-D", &descriptor(&data)])
            .current_dir("/")
            .exec();
        Err(ClusterError::io(program)(error))
    }

    fn postgres(&self, program: &OsStr, user: Option<(Uid, Gid)>) -> Result<Never, ClusterError> {
        // The lock lives in the open file, and the file is inherited by Postgres and all its processes.
        let lock = self.wait_for_old_ones()?;
        keep_open(&lock)?;
        for left in ["pg/postmaster.pid", "s/.s.PGSQL.5432", "s/.s.PGSQL.5432.lock"] {
            let path = self.root.join(left);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(ClusterError::io(path)(error)),
                _ => {}
            }
        }
        let data = Self::hand_over(&self.root.join("pg"))?;
        // A Ctrl-C in the terminal is for the server, which then stops Postgres in order.
        setsid().map_err(failed)?;
        self.step_down(user)?;
        let error = Command::new(program)
            .args(["-D", &descriptor(&data), "-k", "../s", "-p", "5432"])
            .args(["-c", "listen_addresses=", "-c", "unix_socket_permissions=0700"])
            // Without the details of an error: they quote rows.
            .args(["-c", "log_error_verbosity=terse"])
            .current_dir("/")
            .exec();
        Err(ClusterError::io(program)(error))
    }

    fn wait_for_old_ones(&self) -> Result<File, ClusterError> {
        let path = self.root.join("pg.lock");
        let lock = File::options()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(ClusterError::io(&path))?;
        let step = Duration::from_millis(10);
        let mut waited = Duration::ZERO;
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(lock),
                Err(TryLockError::WouldBlock) if waited < OLD_ONES => {
                    std::thread::sleep(step);
                    waited += step;
                }
                Err(TryLockError::WouldBlock) => {
                    let words = format!("a process of an old Postgres still runs in {}", self.root.display());
                    return Err(ClusterError::Failed(words));
                }
                Err(TryLockError::Error(source)) => return Err(ClusterError::Io { path, source }),
            }
        }
    }

    /// A folder as an open descriptor: its user needs no way through the folders above it.
    fn hand_over(path: &Path) -> Result<File, ClusterError> {
        let folder = File::open(path).map_err(ClusterError::io(path))?;
        keep_open(&folder)?;
        Ok(folder)
    }

    /// Gives up root, and asks to be told when the server is gone: in this order, because the first clears the second.
    fn step_down(&self, user: Option<(Uid, Gid)>) -> Result<(), ClusterError> {
        if let Some((uid, gid)) = user {
            setgroups(&[gid])
                .and_then(|()| setgid(gid))
                .and_then(|()| setuid(uid))
                .map_err(failed)?;
        }
        umask(Mode::from_bits_truncate(0o077));
        sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None).map_err(failed)?;
        set_pdeathsig(Signal::SIGINT).map_err(failed)?;
        // The server may have gone before it was asked for.
        if parent_id() == self.parent {
            Ok(())
        } else {
            Err(ClusterError::Failed(
                "the server ended while Postgres started".to_owned(),
            ))
        }
    }
}

fn keep_open(file: &impl AsFd) -> Result<(), ClusterError> {
    fcntl(file, FcntlArg::F_SETFD(FdFlag::empty()))
        .map(drop)
        .map_err(failed)
}

fn descriptor(folder: &File) -> String {
    format!("/proc/self/fd/{}", folder.as_raw_fd())
}

fn failed(error: nix::Error) -> ClusterError {
    ClusterError::Failed(format!("preparing it: {error}"))
}
