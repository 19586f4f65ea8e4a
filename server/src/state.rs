//! What every handler may reach.

use std::{fmt::Write, net::IpAddr, sync::Arc};

use crate::{
    config::Config,
    http::{Face, limits::Limits, security::Policies},
    shutdown::Shutdown,
};

/// Placeholder until the services stand.
#[derive(Debug, Clone)]
pub struct Services;
impl Services {
    /// The database answers.
    pub async fn ready(&self) -> bool {
        true
    }
    /// The site.
    pub fn site(&self) -> protocol::api::Site {
        protocol::api::Site {
            domain: String::new(),
            networks: Vec::new(),
            me: None,
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
    policies: Policies,
    face: Face,
    services: Services,
    shutdown: Shutdown,
}

impl Server {
    /// Puts the parts together.
    pub fn new(config: &Config, limits: Limits, face: Face, services: Services, shutdown: Shutdown) -> Self {
        Self(Arc::new(Inner {
            origin: config.origin(),
            domain: config.domain(),
            secure: config.secure(),
            proxies: config.proxies.clone(),
            limits,
            policies: face.policies(config.secure()),
            face,
            services,
            shutdown,
        }))
    }

    /// The origin, as browsers write it.
    pub fn origin(&self) -> &str {
        &self.0.origin
    }

    /// The domain that installations sign with.
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

    /// How often somebody may ask.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// What responses say to browsers.
    pub fn policies(&self) -> &Policies {
        &self.0.policies
    }

    /// The documents.
    pub fn face(&self) -> &Face {
        &self.0.face
    }

    /// What is kept.
    pub fn services(&self) -> &Services {
        &self.0.services
    }

    /// The end.
    pub fn shutdown(&self) -> &Shutdown {
        &self.0.shutdown
    }
}

/// An id for a request or a connection in the log. Not a secret.
pub fn new_id() -> String {
    let mut bytes = [0u8; 6];
    // Without randomness the id is zeros, and the log is poorer; nothing else.
    let _ = getrandom::fill(&mut bytes);
    bytes.iter().fold(String::with_capacity(12), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
