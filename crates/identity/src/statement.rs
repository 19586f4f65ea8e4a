//! Everything that a wallet is ever asked to sign as a text.

use protocol::{Address, InstallationId, UnixMillis, api::Challenge};
use serde::{Deserialize, Serialize};

use crate::{
    Origin, SignIn,
    siwe::{SignInError, time_text},
};

/// A text that a wallet may be asked to sign (`personal_sign`, EIP-191). The list is closed: a page can put nothing else to a wallet,
/// whatever a server says (ADR 22). A new kind of text is a constructor here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement(Kind);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Kind {
    SignIn(SignIn),
    Revocation {
        domain: String,
        account: Address,
        installation: InstallationId,
        at: UnixMillis,
    },
}

impl Statement {
    /// The sign-in text (EIP-4361) of this account at this site, for this installation. Of the server's challenge only nonce and times
    /// stand in it.
    ///
    /// # Errors
    /// If a field has not the form that the text needs; [`SignIn::parse`] reads every text that is made here.
    pub fn sign_in(
        origin: &Origin,
        account: Address,
        installation: InstallationId,
        chain_id: u64,
        challenge: &Challenge,
    ) -> Result<Self, SignInError> {
        let time = |at| time_text(at).ok_or(SignInError::Time);
        let sign_in = SignIn {
            domain: origin.domain().to_owned(),
            address: account,
            uri: origin.as_str().to_owned(),
            chain_id,
            nonce: challenge.nonce.clone(),
            issued_at: time(challenge.issued_at)?,
            expiration_time: time(challenge.expires_at)?,
            installation,
        };
        sign_in.check()?;
        Ok(Self(Kind::SignIn(sign_in)))
    }

    /// The text by which an account revokes one of its installations with the wallet ([`crate::Revoker::Account`]).
    pub fn revocation(domain: &str, account: Address, installation: InstallationId, at: UnixMillis) -> Self {
        Self(Kind::Revocation {
            domain: domain.to_owned(),
            account,
            installation,
            at,
        })
    }

    /// Who is asked to sign.
    pub fn account(&self) -> Address {
        match &self.0 {
            Kind::SignIn(sign_in) => sign_in.address,
            Kind::Revocation { account, .. } => *account,
        }
    }

    /// The text, to the byte. No two kinds begin alike.
    pub fn text(&self) -> String {
        match &self.0 {
            Kind::SignIn(sign_in) => sign_in.text(),
            Kind::Revocation {
                domain,
                account,
                installation,
                at,
            } => format!(
                "Revoke a browser at {domain}\n\nAccount: {}\nBrowser key: {installation}\nAt: {}\n\n\
                 It receives nothing any more. This cannot be undone.",
                account.to_checksum(None),
                at.0,
            ),
        }
    }
}
