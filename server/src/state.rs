//! The state that every handler shares.

use std::{fmt::Write, net::IpAddr, sync::Arc, time::Duration};

use services::{
    Services,
    time::{Clock, Randomness, SystemClock, SystemRandomness},
};

use crate::{
    config::Config,
    http::{Documents, limits::Limits, security::Policies},
    shutdown::Shutdown,
    ws::Connections,
};

/// Timeouts of a socket.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Time that a client has to send `Hello`.
    pub hello: Duration,
    /// For the next frame; then the socket is closed.
    pub silence: Duration,
    /// For the client to read what is written.
    pub writing: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            hello: Duration::from_secs(10),
            silence: Duration::from_secs(protocol::limits::SILENCE_SECONDS),
            writing: Duration::from_secs(20),
        }
    }
}

/// The server, cheap to clone.
#[derive(Debug, Clone)]
pub struct Server(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    origin: String,
    domain: String,
    secure: bool,
    proxies: Vec<IpAddr>,
    limits: Limits,
    patience: Patience,
    policies: Policies,
    documents: Documents,
    services: Services,
    connections: Connections,
    shutdown: Shutdown,
}

impl Server {
    /// Puts the parts together.
    pub fn new(
        config: &Config,
        limits: Limits,
        patience: Patience,
        documents: Documents,
        services: Services,
        shutdown: Shutdown,
    ) -> Self {
        Self(Arc::new(Inner {
            origin: config.origin(),
            domain: config.domain(),
            secure: config.secure(),
            proxies: config.proxies.clone(),
            limits,
            patience,
            policies: documents.policies(config.secure()),
            documents,
            services,
            connections: Connections::default(),
            shutdown,
        }))
    }

    /// The origin, as browsers write it.
    pub fn origin(&self) -> &str {
        &self.0.origin
    }

    /// The domain in signed challenges.
    pub fn domain(&self) -> &str {
        &self.0.domain
    }

    /// People come by https.
    pub fn secure(&self) -> bool {
        self.0.secure
    }

    /// The proxies that are believed.
    pub fn proxies(&self) -> &[IpAddr] {
        &self.0.proxies
    }

    /// The rate limits.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Timeouts of sockets.
    pub fn patience(&self) -> Patience {
        self.0.patience
    }

    /// The connected installations.
    pub fn connections(&self) -> &Connections {
        &self.0.connections
    }

    /// The system clock.
    pub fn clock(&self) -> impl Clock + use<> {
        SystemClock
    }

    /// Fills `bytes` from the system's randomness.
    pub fn fill(&self, bytes: &mut [u8]) {
        SystemRandomness.fill(bytes);
    }

    /// What responses say to browsers.
    pub fn policies(&self) -> &Policies {
        &self.0.policies
    }

    /// The HTML documents.
    pub fn documents(&self) -> &Documents {
        &self.0.documents
    }

    /// What is kept.
    pub fn services(&self) -> &Services {
        &self.0.services
    }

    /// The signal that the server is ending.
    pub fn shutdown(&self) -> &Shutdown {
        &self.0.shutdown
    }
}

/// An id for a request or a connection in the log. Not a secret.
pub fn new_id() -> String {
    let mut bytes = [0u8; 6];
    SystemRandomness.fill(&mut bytes);
    bytes.iter().fold(String::with_capacity(12), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
