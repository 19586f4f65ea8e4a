//! A private Postgres in the data directory, for people who have none: made, started, watched and stopped by the server.
//!
//! ```text
//! <data>/server.lock    held while a server runs: a second one is refused
//! <data>/pg.lock        held by Postgres and all its processes: who holds it knows that no old one lives
//! <data>/pg/            the cluster (made as pg.new, then renamed)
//! <data>/s/             its socket; 0700, and Postgres listens nowhere else
//! <data>/postgres.log
//! ```
//!
//! Postgres refuses to run as root, so a root server runs it as an unprivileged user. It is started by way of our own
//! binary ([`exec_child`]), which prepares itself with safe calls and then becomes Postgres; directories are handed over
//! as descriptors, so neither long paths nor closed parent directories matter. When the server dies, however it dies,
//! the kernel tells Postgres to shut down; when Postgres dies, it is started again.

mod binaries;
mod child;
mod error;
mod keeper;
mod place;
mod store;

use std::{
    fs::File,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::postgres::PgConnectOptions;

pub use child::{SUBCOMMAND, exec_child};
pub use error::ClusterError;

use keeper::{Keeper, State};
use place::Place;

/// The database's superuser; there is no other.
const USER: &str = "app";
/// The database in the cluster.
const DATABASE: &str = "jackdaw";
/// How long a start may take; recovery after a crash is part of it.
const START: Duration = Duration::from_mins(1);
/// How often a starting Postgres is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A running private Postgres. Dropping it stops Postgres without waiting for that; [`Cluster::stop`] waits.
#[derive(Debug)]
pub struct Cluster {
    place: Place,
    keeper: Keeper,
    socket: OwnedFd,
    _server_lock: File,
}

impl Cluster {
    /// Makes the cluster if there is none, and starts it. `this_binary` is a program whose subcommand [`SUBCOMMAND`] calls
    /// [`exec_child`] with the arguments behind it: normally `std::env::current_exe()`.
    ///
    /// # Errors
    /// In sentences a person can act on.
    pub async fn start(data_dir: &Path, this_binary: &Path) -> Result<Self, ClusterError> {
        let this_binary = this_binary.to_owned();
        let data_dir = data_dir.to_owned();
        let prepared = tokio::task::spawn_blocking(move || prepare(&data_dir, this_binary)).await;
        let (place, server_lock, spec) =
            prepared.map_err(|error| ClusterError::Failed(format!("preparing it panicked: {error}")))??;
        let socket = place.socket_descriptor()?;
        let keeper = Keeper::start(spec)?;
        let cluster = Self {
            place,
            keeper,
            socket,
            _server_lock: server_lock,
        };
        cluster.wait_until_ready().await?;
        store::make_database(&cluster.options().database("postgres"), DATABASE).await?;
        Ok(cluster)
    }

    /// How this process reaches the database, however long the path of the data directory is.
    pub fn options(&self) -> PgConnectOptions {
        // A socket's path holds 107 bytes; by way of the descriptor it is always short.
        let host = format!("/proc/self/fd/{}", self.socket.as_raw_fd());
        PgConnectOptions::new_without_pgpass()
            .host(&host)
            .username(USER)
            .database(DATABASE)
    }

    /// How other programs of this user reach it. Does not work where the path is longer than 90 bytes or so.
    pub fn url(&self) -> String {
        // Slashes may stand as they are in a query (RFC 3986, section 3.4).
        let folder = self.place.socket_folder();
        let host: String = folder
            .as_os_str()
            .as_bytes()
            .iter()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                    char::from(*byte).to_string()
                }
                other => format!("%{other:02X}"),
            })
            .collect();
        format!("postgres:///{DATABASE}?host={host}&user={USER}")
    }

    /// The process id of Postgres, while it runs.
    pub fn process(&self) -> Option<u32> {
        self.keeper.process()
    }

    /// Shuts Postgres down and waits until it is gone.
    ///
    /// # Errors
    /// If it had to be killed; nothing that was committed is lost then either.
    pub async fn stop(self) -> Result<(), ClusterError> {
        self.keeper.stop().await
    }

    async fn wait_until_ready(&self) -> Result<(), ClusterError> {
        let ready = async {
            loop {
                match self.keeper.state() {
                    State::Running(process) if self.place.is_ready(process) => return Ok(()),
                    State::Ended(how) => {
                        return Err(ClusterError::Failed(format!("{how}; {}", self.place.last_words())));
                    }
                    State::Running(_) | State::Starting => tokio::time::sleep(LOOK_EVERY).await,
                }
            }
        };
        let late = || {
            ClusterError::Failed(format!(
                "not ready within {} s; {}",
                START.as_secs(),
                self.place.last_words()
            ))
        };
        tokio::time::timeout(START, ready)
            .await
            .unwrap_or_else(|_| Err(late()))?;
        self.keeper.keep_alive();
        Ok(())
    }
}

/// Whether there is a cluster in this data directory already.
pub fn is_in(data_dir: &Path) -> bool {
    Place::there(data_dir).is_ok_and(|place| place.has_cluster())
}

/// The folder with the programs that a cluster in this data directory would be started with. Makes nothing.
///
/// # Errors
/// In sentences a person can act on.
pub fn programs(data_dir: &Path) -> Result<PathBuf, ClusterError> {
    binaries::find(&Place::there(data_dir)?)
}

/// Everything before the start: directories, the lock, the binaries, the cluster itself.
fn prepare(data_dir: &Path, this_binary: PathBuf) -> Result<(Place, File, keeper::Spec), ClusterError> {
    let place = Place::make(data_dir)?;
    let server_lock = place.lock_server()?;
    let binaries = binaries::find(&place)?;
    let spec = keeper::Spec {
        binary: this_binary,
        postgres: binaries.join("postgres"),
        place: place.clone(),
    };
    if !place.has_cluster() {
        tracing::info!(data = %place.root().display(), "making a private database");
        place.make_new()?;
        child::initdb(&spec.binary, &binaries.join("initdb"), &place)?;
        place.adopt_new()?;
    }
    Ok((place, server_lock, spec))
}
