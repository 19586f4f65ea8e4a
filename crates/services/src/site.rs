//! What the site tells before a sign-in.

use protocol::api;

/// The site as configured. Who is signed in is added for each request.
#[derive(Debug, Clone)]
pub struct Site {
    domain: String,
    networks: Vec<api::Network>,
}

impl Site {
    pub(crate) fn new(domain: String, networks: Vec<api::Network>) -> Self {
        Self { domain, networks }
    }

    /// The domain in sign-in texts.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The answer for somebody, signed in or not.
    pub fn for_visitor(&self, me: Option<api::Me>) -> api::Site {
        api::Site {
            domain: self.domain.clone(),
            networks: self.networks.clone(),
            me,
        }
    }
}
