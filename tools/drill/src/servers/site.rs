//! The real thing: one server with its private Postgres, or two servers on one database.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use nix::{sys::signal::Signal, unistd::Pid};
use postgres::Cluster;
use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::{
    disk::Disk,
    person::{self, Place},
    processes::{self, Kept, Program},
};

/// How long a start may take.
const START: Duration = Duration::from_mins(1);

/// Which processes there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// One server that keeps its own Postgres.
    Alone,
    /// Two servers on one `DATABASE_URL`.
    Pair,
}

/// What it is started from.
#[derive(Debug, Clone)]
pub struct Parts {
    /// The server's binary.
    pub server: PathBuf,
    /// The deliberate fault, for a server that has any.
    pub fault: Option<String>,
    /// A folder for everything; made, and removed.
    pub folder: PathBuf,
    /// Where the servers' words are kept when something was wrong.
    pub logs: PathBuf,
}

/// A folder that goes when it is dropped.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Running. Dropped, it ends, in the order of its fields.
pub struct Site {
    /// Where it answers.
    pub place: Place,
    /// What it is made of.
    pub shape: Shape,
    servers: Vec<Kept>,
    cluster: Option<Cluster>,
    /// The disk that can be full, or why there is none.
    pub disk: Result<Disk, String>,
    data: PathBuf,
    folder: Folder,
}

impl Site {
    /// Starts it and waits until it answers.
    pub async fn start(parts: &Parts, shape: Shape) -> Result<Self> {
        let folder = parts.folder.clone();
        let _ = fs::remove_dir_all(&folder);
        let disk_folder = folder.join("disk");
        fs::create_dir_all(&disk_folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let disk = Disk::mount(&disk_folder).map_err(|error| error.to_string());
        let site_folder = folder.join("site");
        make_page(&site_folder)?;
        let data = disk_folder.join("data");
        let cluster = match shape {
            Shape::Alone => None,
            Shape::Pair => Some(Cluster::start(&data, &std::env::current_exe()?).await?),
        };
        let count = if shape == Shape::Alone { 1 } else { 2 };
        let listening = free_ports(count)?;
        let origin = format!("http://localhost:{}", listening[0]);
        let place = Place {
            domain: format!("localhost:{}", listening[0]),
            origin: origin.clone(),
            ports: listening.clone(),
        };
        let mut site = Self {
            place,
            shape,
            disk,
            servers: Vec::new(),
            cluster,
            data: data.clone(),
            folder: Folder(folder.clone()),
        };
        for (number, port) in listening.iter().enumerate() {
            let mut env = vec![
                ("JACKDAW_URL".to_owned(), origin.clone()),
                ("JACKDAW_LISTEN".to_owned(), format!("127.0.0.1:{port}")),
                ("JACKDAW_SITE".to_owned(), site_folder.display().to_string()),
                // Everybody comes from a network of his own.
                ("JACKDAW_PROXIES".to_owned(), "127.0.0.1".to_owned()),
                ("RUST_LOG".to_owned(), "info,sqlx=warn".to_owned()),
            ];
            match &site.cluster {
                None => env.push(("JACKDAW_DATA".to_owned(), data.display().to_string())),
                Some(cluster) => {
                    // Both sign cookies with the same key.
                    env.push(("JACKDAW_DATA".to_owned(), folder.join("secrets").display().to_string()));
                    env.push(("DATABASE_URL".to_owned(), cluster.url()));
                }
            }
            if let Some(fault) = &parts.fault {
                env.push(("FAILPOINTS".to_owned(), format!("{fault}=return")));
            }
            let program = Program {
                file: parts.server.clone(),
                env,
                log: folder.join(format!("server-{number}.log")),
            };
            site.servers.push(Kept::start(program)?);
            site.wait(*port, number).await?;
        }
        Ok(site)
    }

    async fn wait(&self, port: u16, number: usize) -> Result<()> {
        let deadline = Instant::now() + START;
        while !person::ready(port).await {
            if Instant::now() > deadline {
                let log = fs::read_to_string(self.log(number)).unwrap_or_default();
                bail!("the server does not answer: {log}");
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// How many servers there are.
    pub fn servers(&self) -> usize {
        self.servers.len()
    }

    /// A signal to one of the servers, and to nothing else. False if it is down just now.
    pub fn signal_server(&self, number: usize, signal: Signal) -> bool {
        self.servers[number].signal(signal)
    }

    /// A signal to Postgres and all its processes. False if it is down just now.
    pub fn signal_postgres(&self, signal: Signal) -> bool {
        self.postmaster()
            .is_some_and(|pid| processes::signal_tree(pid, signal) > 0)
    }

    /// Postgres ends the connections there are, as when an operator does. False if there is none just now.
    pub fn end_connections(&self) -> bool {
        self.postmaster().is_some_and(|pid| processes::end_connections(pid) > 0)
    }

    /// The memory one of the servers holds, in KiB, without its Postgres.
    pub fn memory(&self, number: usize) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.servers[number].pid()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix("kB")?.trim().parse().ok()
    }

    /// How many files and sockets a server has open.
    pub fn open_files(&self, number: usize) -> Option<usize> {
        Some(
            fs::read_dir(format!("/proc/{}/fd", self.servers[number].pid()?))
                .ok()?
                .count(),
        )
    }

    fn postmaster(&self) -> Option<Pid> {
        processes::postmaster(&self.data)
    }

    /// How often servers were started again.
    pub fn restarts(&self) -> u64 {
        self.servers.iter().map(Kept::restarts).sum()
    }

    fn log(&self, number: usize) -> PathBuf {
        self.folder.0.join(format!("server-{number}.log"))
    }

    /// The servers' words, for a report about something that is wrong.
    pub fn logs(&self) -> Vec<PathBuf> {
        let mut logs: Vec<PathBuf> = (0..self.servers.len()).map(|number| self.log(number)).collect();
        logs.push(self.data.join("postgres.log"));
        logs
    }

    /// Ends everything and removes it.
    pub async fn stop(mut self) {
        for server in &mut self.servers {
            server.stop();
        }
        if let Some(cluster) = self.cluster.take() {
            let _ = cluster.stop().await;
        }
    }
}

fn free_ports(count: usize) -> Result<Vec<u16>> {
    let listeners = (0..count).map(|_| std::net::TcpListener::bind("127.0.0.1:0"));
    let listeners = listeners.collect::<Result<Vec<_>, _>>()?;
    let ports = listeners.iter().map(|listener| Ok(listener.local_addr()?.port()));
    ports.collect()
}

/// The least that the server takes for a built page: nobody looks at one here.
fn make_page(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder.join("pkg"))?;
    let names = [
        ("page_js", "pkg/page-1.js"),
        ("page_wasm", "pkg/page_bg-1.wasm"),
        ("worker_js", "pkg/worker-1.js"),
        ("worker_wasm", "pkg/worker_bg-1.wasm"),
        ("style", "pkg/style-1.css"),
    ];
    let mut manifest = serde_json::Map::new();
    for (key, path) in names {
        fs::write(folder.join(path), "")?;
        manifest.insert(key.to_owned(), format!("/{path}").into());
    }
    fs::write(folder.join("assets.json"), serde_json::to_vec(&manifest)?)?;
    Ok(())
}
