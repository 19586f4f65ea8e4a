//! The revocation: an account's signed statement that an installation is not its own any more.
//!
//! Signed by another installation of the account, by the revoked one itself, or by the account's key. It is final: a revoked key is never
//! accepted again, and a second revocation changes nothing.

use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
use protocol::{Address, AssociationHash, InstallationId, UnixMillis, limits};
use serde::{Deserialize, Serialize};

use crate::{Stated, Statement, personal_digest, recover};

const VERSION: u8 = 1;

/// The signer of a revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Revoker {
    /// The installation of this association (ECDSA P-256 with SHA-256, DER): another one of the account, or the revoked one itself.
    Installation(AssociationHash),
    /// The account's own key, over [`Revocation::text`] (EIP-191): for an account without another installation.
    Account,
}

/// The statement that an installation is not an account's any more, not verified yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// The account of the installation.
    pub account: Address,
    /// The installation that is revoked.
    pub installation: InstallationId,
    /// The time by the signer's clock: a claim, for display.
    pub at: UnixMillis,
    /// The key that signs.
    pub revoker: Revoker,
    /// Its signature over the text of the revocation.
    #[serde(with = "serde_bytes")]
    pub signature: Vec<u8>,
}

/// Why a revocation is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RevocationError {
    /// Cut short, too large, of another version or shape, or not the canonical encoding of its fields.
    #[error("the revocation does not decode")]
    Malformed,
    /// The association at hand is not the signer's, or is another account's.
    #[error("the revocation is signed for another account")]
    WrongSigner,
    /// The signature is not over these fields at this site.
    #[error("the revocation's signature does not hold")]
    WrongSignature,
}

impl Revocation {
    /// The bytes that an installation signs. The prefix separates them from everything else signed with the same key, the domain from other
    /// sites; every field behind the domain has a fixed length.
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

    /// The text that the account's wallet signs, see [`Statement::revocation`].
    pub fn text(&self, domain: &str) -> String {
        Statement::revocation(domain, self.account, self.installation, self.at).text()
    }

    /// The association of the installation that signed; `None` if the account's key did.
    pub fn association(&self) -> Option<AssociationHash> {
        match self.revoker {
            Revoker::Installation(association) => Some(association),
            Revoker::Account => None,
        }
    }

    /// Verifies the revocation. `signer` is the association that [`Revocation::association`] names; the caller has verified that the account
    /// vouches for it (see [`crate::Vouched`]).
    ///
    /// # Errors
    /// If it is not the account's statement at this site.
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

    /// The canonical encoding: a version byte, then postcard.
    #[expect(clippy::missing_panics_doc, reason = "writing bytes into a vector cannot fail")]
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_extend(self, vec![VERSION]).expect("numbers and bytes always encode")
    }

    /// Decodes what [`Revocation::to_bytes`] writes. Verifies nothing.
    ///
    /// # Errors
    /// If `bytes` are anything else.
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
