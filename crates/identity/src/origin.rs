//! Where a page stands.

use crate::siwe::{SignInError, is_domain};

/// The origin of a page (RFC 6454), as `location.origin` has it: `https://` or `http://`, a lower-case host, and the port if it is not
/// the scheme's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    text: String,
    domain: usize,
}

impl Origin {
    /// Reads an origin.
    ///
    /// # Errors
    /// `Uri` for everything else: another scheme, a path, capitals, a host that is none.
    pub fn parse(text: &str) -> Result<Self, SignInError> {
        let domain = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
            .filter(|domain| is_domain(domain))
            .ok_or(SignInError::Uri)?;
        Ok(Self {
            text: text.to_owned(),
            domain: text.len() - domain.len(),
        })
    }

    /// `https://jackdaw.example:8443`
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Host, and port if it is not the scheme's own: `location.host`, and the domain of sign-in texts.
    pub fn domain(&self) -> &str {
        &self.text[self.domain..]
    }
}
