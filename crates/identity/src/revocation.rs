//! The revocation: an account's signed statement that an installation is its own no more.
//!
//! Signed by another installation of the account, by the revoked one itself, or by the account's key. It is for ever: an
//! installation's key never comes back, so that to say it twice changes nothing.

use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use protocol::{Address, AssociationHash, InstallationId, UnixMillis, limits};
use serde::{Deserialize, Serialize};

use crate::{Stated, Statement, personal_digest, recover};

const VERSION: u8 = 1;

/// Who signs a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Revoker {
    /// The installation that this association speaks for (ECDSA P-256 with SHA-256, DER): another one of the account, or the
    /// revoked one itself.
    Installation(AssociationHash),
    /// The account's own key, over [`Revocation::text`] (EIP-191): for somebody who has no other installation left.
    Account,
}

/// "This installation is mine no more", not yet believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// Whose installation it was.
    pub account: Address,
    /// The installation that is revoked.
    pub installation: InstallationId,
    /// When, by the signer's clock. For people's eyes.
    pub at: UnixMillis,
    /// The key that signs.
    pub revoker: Revoker,
    /// Its signature over the text of the revocation.
    #[serde(with = "serde_bytes")]
    pub signature: Vec<u8>,
}

/// Why a revocation is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RevocationError {
    /// Cut short, too large, of another version or shape, or not the one encoding of its fields.
    #[error("the revocation does not decode")]
    Malformed,
    /// The signer's association is another one, or another account's.
    #[error("the revocation is signed for another account")]
    WrongSigner,
    /// The signature is not over these fields, for this site.
    #[error("the revocation's signature does not hold")]
    WrongSignature,
}

impl Revocation {
    /// What an installation signs. The prefix keeps it apart from everything else signed with the same key, the domain from
    /// other sites; every field behind the domain has a fixed length.
    pub fn to_sign(&self, domain: &str) -> Vec<u8> {
        let mut bytes = [b"jackdaw/revoke/1\0", domain.as_bytes(), b"\0"].concat();
        bytes.extend_from_slice(self.account.as_slice());
        bytes.extend_from_slice(&self.installation.0);
        bytes.extend_from_slice(&self.at.0.to_be_bytes());
        if let Revoker::Installation(association) = self.revoker {
            bytes.extend_from_slice(&association.0);
        }
        bytes
    }

    /// What the account's wallet signs: [`Statement::revocation`].
    pub fn text(&self, domain: &str) -> String {
        Statement::revocation(domain, self.account, self.installation, self.at).text()
    }

    /// The association that is needed to verify it; `None`: the account's key signed.
    pub fn association(&self) -> Option<AssociationHash> {
        match self.revoker {
            Revoker::Installation(association) => Some(association),
            Revoker::Account => None,
        }
    }

    /// Believes it, or says why not. `signer` is what [`Revocation::association`] names; whether the account itself said so
    /// (see [`crate::Vouched`]) is the caller's to know.
    ///
    /// # Errors
    /// For every way in which the account did not say this, at this site.
    pub fn verify(&self, domain: &str, signer: Option<&Stated>) -> Result<(), RevocationError> {
        match (self.revoker, signer) {
            (Revoker::Installation(association), Some(stated)) => {
                if stated.hash != association || stated.address != self.account {
                    return Err(RevocationError::WrongSigner);
                }
                let key = VerifyingKey::from_sec1_bytes(&stated.public_key);
                let signature = Signature::from_der(&self.signature);
                let holds = key.is_ok_and(|key| {
                    signature.is_ok_and(|signature| key.verify(&self.to_sign(domain), &signature).is_ok())
                });
                holds.then_some(()).ok_or(RevocationError::WrongSignature)
            }
            (Revoker::Account, _) => match recover(&personal_digest(&self.text(domain)), &self.signature) {
                Ok(signer) if signer == self.account => Ok(()),
                Ok(_) => Err(RevocationError::WrongSigner),
                Err(_) => Err(RevocationError::WrongSignature),
            },
            (Revoker::Installation(_), None) => Err(RevocationError::WrongSigner),
        }
    }

    /// The one encoding: a version byte, then postcard.
    #[expect(clippy::missing_panics_doc, reason = "writing bytes into a vector cannot fail")]
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_extend(self, vec![VERSION]).expect("numbers and bytes always encode")
    }

    /// Reads what [`Revocation::to_bytes`] wrote. Nothing is believed yet.
    ///
    /// # Errors
    /// For every other sequence of bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RevocationError> {
        let rest = bytes
            .strip_prefix(&[VERSION])
            .filter(|_| bytes.len() <= limits::REVOCATION);
        let read: Option<Self> = rest.and_then(|rest| postcard::from_bytes(rest).ok());
        // Postcard reads over-long numbers and ignores what follows.
        read.filter(|read| read.to_bytes() == bytes)
            .ok_or(RevocationError::Malformed)
    }
}
