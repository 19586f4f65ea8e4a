//! Starts a server from its settings, and stops it.

use std::{fs, net::SocketAddr, os::unix::fs::DirBuilderExt};

use services::{Services, accounts::SessionKey, time::SystemRandomness};
use tokio::task::JoinHandle;

use crate::{
    config::Config,
    database::Database,
    error::StartError,
    http::{Documents, assets::Manifest, limits::Limits, listen, routes},
    jobs::Jobs,
    networks::Networks,
    shutdown::Shutdown,
    state::{Patience, Server},
};

/// A running server.
#[derive(Debug)]
pub struct Running {
    server: Server,
    jobs: Jobs,
    database: Database,
    address: SocketAddr,
    listening: JoinHandle<()>,
}

/// Starts a server; it answers when this returns.
///
/// # Errors
/// In words for the operator: a folder, an address, a database.
pub async fn start(config: Config, limits: Limits, patience: Patience) -> Result<Running, StartError> {
    let manifest = Manifest::read(&config.site)?;
    let networks = Networks::of(&config)?;
    let address = config.listen;
    let listener = listen::bind(address)
        .await
        .map_err(|source| StartError::Listen { address, source })?;
    let address = listener
        .local_addr()
        .map_err(|source| StartError::Listen { address, source })?;

    let session_key = session_key(&config)?;
    let database = Database::open(&config).await?;
    database.migrate().await?;
    let services = services::Config {
        origin: config.origin(),
        domain: config.domain(),
        networks: networks.shown,
        endpoints: networks.endpoints,
        development_rpc: config.chain_rpc.clone(),
        session_key,
        shared: config.database_url.is_some(),
    };
    let services = Services::open(database.pool.clone(), services)
        .await
        .map_err(|error| StartError::Services(error.to_string()))?;

    let shutdown = Shutdown::new();
    let documents = Documents::new(manifest.into(), services.site.for_visitor(None), config.dev);
    let server = Server::new(&config, limits, patience, documents, services, shutdown.clone());
    let router = routes::router(server.clone(), &config);
    let jobs = Jobs::start(server.services().jobs(), &shutdown);
    let listening = tokio::spawn(listen::serve(listener, router, shutdown, patience.writing));
    tracing::info!(%address, "Jackdaw answers at {}", config.origin());
    if config.lacks_proxy() {
        tracing::warn!(
            "no proxy is named, and people come by https: all of them share one limit until JACKDAW_PROXIES says where it is"
        );
    }
    Ok(Running {
        server,
        jobs,
        database,
        address,
        listening,
    })
}

/// The key that signs cookies, in the data folder, which only its owner may enter.
fn session_key(config: &Config) -> Result<SessionKey, StartError> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&config.data)
        .map_err(|source| StartError::File {
            path: config.data.clone(),
            source,
        })?;
    SessionKey::load_or_make(&config.data, &SystemRandomness).map_err(|error| StartError::Services(error.to_string()))
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The running server.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The jobs that run.
    pub fn jobs(&self) -> &Jobs {
        &self.jobs
    }

    /// Waits for the shutdown signal, then for everything that runs.
    pub async fn finish(self) {
        let shutdown = self.server.shutdown().clone();
        shutdown.wanted().await;
        let _ = self.listening.await;
        if !shutdown.drained().await {
            tracing::warn!(
                left = shutdown.under_way(),
                "some requests or sockets did not finish in time"
            );
        }
        self.jobs.close().await;
        self.database.close().await;
        tracing::info!("ended");
    }

    /// Ends it, as a signal would.
    pub async fn stop(self) {
        self.server.shutdown().begin();
        self.finish().await;
    }
}
