//! From settings to a server that answers, and back to nothing.

use std::net::SocketAddr;

use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    config::Config,
    error::StartError,
    http::{Face, assets::Manifest, limits::Limits, listen, routes},
    shutdown::Shutdown,
    state::{Server, Services},
};

/// A server that answers.
#[derive(Debug)]
pub struct Running {
    server: Server,
    address: SocketAddr,
    listening: JoinHandle<()>,
}

/// Starts a server; it answers when this returns.
///
/// # Errors
/// In words for the operator: a folder, an address, a database.
pub async fn start(config: Config, limits: Limits) -> Result<Running, StartError> {
    let manifest = Manifest::read(&config.site)?;
    let shutdown = Shutdown::new();
    let services = Services;
    let face = Face::new(manifest.into(), services.site(), config.dev);
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|source| StartError::Listen {
            address: config.listen,
            source,
        })?;
    let address = listener.local_addr().map_err(|source| StartError::Listen {
        address: config.listen,
        source,
    })?;
    let server = Server::new(&config, limits, face, services, shutdown.clone());
    let router = routes::router(server.clone(), &config);
    let listening = tokio::spawn(listen::serve(listener, router, shutdown));
    tracing::info!(%address, "Jackdaw answers at {}", config.origin());
    Ok(Running {
        server,
        address,
        listening,
    })
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

    /// Waits for the wish to end, then for everything that runs.
    pub async fn finish(self) {
        let shutdown = self.server.shutdown().clone();
        shutdown.wanted().await;
        let _ = self.listening.await;
        if !shutdown.drained().await {
            tracing::warn!("some requests or sockets did not finish in time");
        }
        tracing::info!("ended");
    }

    /// Ends it, as a signal would.
    pub async fn stop(self) {
        self.server.shutdown().begin();
        self.finish().await;
    }
}
