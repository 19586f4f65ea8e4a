//! A Postgres for one run of tests: in a folder of its own, reachable over a local socket only, quick because nothing of it is kept.

use crate::{
    exec::{self, Daemon, which},
    place::is_root,
    signals,
};
use anyhow::{Context as _, Result, bail};
use nix::{sys::signal::Signal, unistd::User};
use std::{
    env, fs,
    io::{Read as _, Write as _},
    os::unix::{fs::PermissionsExt as _, net::UnixStream},
    path::{Path, PathBuf},
    process::{Command, id},
    thread,
    time::{Duration, Instant},
};

/// Tests need no durability, and many of them run at once.
const SETTINGS: [&str; 7] = [
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=300",
    "shared_buffers=128MB",
    "autovacuum=off",
];

/// Runs until it is dropped; then its folder goes too.
pub struct Postgres {
    folder: PathBuf,
    daemon: Option<Daemon>,
}

impl Postgres {
    /// Makes a cluster and starts it.
    pub fn start(bin: &Path) -> Result<Self> {
        // Short: the path of a local socket holds 107 bytes.
        let folder = env::temp_dir().join(format!("jackdaw-pg-{}", id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let mut postgres = Self { folder, daemon: None };
        postgres.begin(bin)?;
        Ok(postgres)
    }

    /// Where a client finds it. Its user may make databases.
    pub fn url(&self) -> String {
        let folder = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://jackdaw@{folder}/postgres")
    }

    /// Runs SQL text in the database that [`Postgres::url`] names.
    pub fn sql(&self, text: &str) -> Result<()> {
        let mut link = UnixStream::connect(self.folder.join(".s.PGSQL.5432"))?;
        // Protocol 3.0: a start-up message without a type, then one simple query.
        let start = b"\0\x03\0\0user\0jackdaw\0database\0postgres\0\0";
        link.write_all(&u32::try_from(start.len() + 4)?.to_be_bytes())?;
        link.write_all(start)?;
        until_ready(&mut link)?;
        link.write_all(b"Q")?;
        link.write_all(&u32::try_from(text.len() + 5)?.to_be_bytes())?;
        link.write_all(text.as_bytes())?;
        link.write_all(&[0])?;
        until_ready(&mut link)
    }

    fn begin(&mut self, bin: &Path) -> Result<()> {
        let account = if is_root() { Some(account()?) } else { None };
        if let Some(account) = &account {
            nix::unistd::chown(&self.folder, Some(account.uid), Some(account.gid))
                .context("cannot give a folder away")?;
        }
        fs::set_permissions(&self.folder, fs::Permissions::from_mode(0o700))?;
        let data = self.folder.join("data");
        let mut make = as_account(bin.join("initdb"), account.as_ref())?;
        make.args([
            "-U",
            "jackdaw",
            "-E",
            "UTF8",
            "--no-locale",
            "--auth=trust",
            "--no-sync",
            "-D",
        ])
        .arg(&data);
        exec::output(make.current_dir(&self.folder)).context("Postgres cannot make a database here")?;
        let mut run = match &account {
            // The kernel forgets the notice of our death when the account changes: it is set again behind the change.
            Some(_) => as_account("setpriv".into(), account.as_ref())?,
            None => Command::new(bin.join("postgres")),
        };
        if account.is_some() {
            run.args(["--pdeathsig", "INT"]).arg(bin.join("postgres"));
        }
        run.current_dir(&self.folder)
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(&self.folder);
        for setting in SETTINGS {
            run.args(["-c", setting]);
        }
        self.daemon = Some(Daemon::start(
            "Postgres",
            &run,
            Signal::SIGINT,
            Some(&self.folder.join("log")),
        )?);
        self.wait(&data)
    }

    fn wait(&mut self, data: &Path) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(30);
        let ready = || {
            let status = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
            status.lines().nth(7).is_some_and(|line| line.trim() == "ready")
        };
        while !(ready() && UnixStream::connect(self.folder.join(".s.PGSQL.5432")).is_ok()) {
            if signals::stopping() {
                bail!("stopped");
            }
            if self.daemon.as_mut().is_none_or(|daemon| daemon.ended().is_some()) || Instant::now() > deadline {
                bail!(
                    "Postgres does not start: {}",
                    fs::read_to_string(self.folder.join("log")).unwrap_or_default()
                );
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.daemon.take());
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Reads answers up to `ReadyForQuery`; an error among them is ours.
fn until_ready(link: &mut UnixStream) -> Result<()> {
    let mut trouble = None;
    loop {
        let mut head = [0; 5];
        link.read_exact(&mut head)?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let mut body = vec![0; length.saturating_sub(4)];
        link.read_exact(&mut body)?;
        match head[0] {
            b'E' => trouble = Some(String::from_utf8_lossy(&body).replace('\0', " ")),
            b'Z' => return trouble.map_or(Ok(()), |words| bail!("Postgres: {}", words.trim())),
            _ => {}
        }
    }
}

/// The account it runs as when we are root.
fn account() -> Result<User> {
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name)? {
            return Ok(user);
        }
    }
    bail!(
        "Postgres refuses to run as root, and there is no other account to run it as: add one, e.g. `useradd --system postgres`"
    )
}

fn as_account(program: PathBuf, account: Option<&User>) -> Result<Command> {
    let Some(account) = account else {
        return Ok(Command::new(program));
    };
    let setpriv = which("setpriv")
        .context("`setpriv` (package util-linux) is needed to run Postgres as another account than root")?;
    let mut command = Command::new(setpriv);
    command
        .arg(format!("--reuid={}", account.uid))
        .arg(format!("--regid={}", account.gid))
        .arg("--clear-groups")
        .arg(program);
    Ok(command)
}
