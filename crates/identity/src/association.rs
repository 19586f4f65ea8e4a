//! The association: an account's signed statement that an installation is its own.

use protocol::{AssociationHash, InstallationId, limits};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{AssociationError, SignIn, Stated, Vouched, personal_digest};

const VERSION: u8 = 1;
const PUBLIC_KEY: usize = 65;
/// Version byte, three length prefixes of at most three bytes, and the fields.
const LARGEST: usize = 1 + 3 * 3 + limits::SIGN_IN_TEXT + limits::SIGNATURE + PUBLIC_KEY;

/// The statement of an account that an installation is its own, not verified yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Association {
    /// The signed EIP-4361 text.
    pub text: String,
    /// The wallet's signature over it.
    #[serde(with = "serde_bytes")]
    pub signature: Vec<u8>,
    /// The installation's P-256 key: 65 bytes, SEC1 uncompressed.
    #[serde(with = "serde_bytes")]
    pub public_key: Vec<u8>,
}

/// The id of the installation with this public key (65 bytes, SEC1 uncompressed): its SHA-256.
pub fn fingerprint(public_key: &[u8]) -> InstallationId {
    InstallationId(Sha256::digest(public_key).into())
}

impl Association {
    /// The canonical encoding: a version byte, then postcard.
    #[expect(
        clippy::missing_panics_doc,
        reason = "writing strings and bytes into a vector cannot fail"
    )]
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_extend(self, vec![VERSION]).expect("strings and bytes always encode")
    }

    /// Decodes what [`Association::to_bytes`] writes. Verifies nothing.
    ///
    /// # Errors
    /// If `bytes` are anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AssociationError> {
        if bytes.len() > LARGEST {
            return Err(AssociationError::TooLarge);
        }
        let (version, rest) = bytes.split_first().ok_or(AssociationError::Malformed)?;
        if *version != VERSION {
            return Err(AssociationError::UnknownVersion(*version));
        }
        let read: Self = postcard::from_bytes(rest).map_err(|_| AssociationError::Malformed)?;
        read.check_sizes()?;
        // Postcard reads over-long lengths and ignores what follows; the hash wants one encoding only.
        if read.to_bytes() == bytes {
            Ok(read)
        } else {
            Err(AssociationError::Malformed)
        }
    }

    /// Identifies this association: the SHA-256 over a prefix and its encoding.
    pub fn hash(&self) -> AssociationHash {
        let digest = Sha256::new()
            .chain_update(b"jackdaw/association/1\0")
            .chain_update(self.to_bytes());
        AssociationHash(digest.finalize().into())
    }

    /// What it states, if its form is valid: the text is of this site (`domain`) and names the fingerprint of the key. Neither the
    /// account's signature nor the times in the text are checked.
    ///
    /// # Errors
    /// If the form is not valid.
    pub fn stated(&self, domain: &str) -> Result<Stated, AssociationError> {
        self.check_sizes()?;
        let sign_in = SignIn::parse(&self.text)?;
        let of_this_site = [format!("https://{domain}"), format!("http://{domain}")].contains(&sign_in.uri);
        if sign_in.domain != domain || !of_this_site {
            return Err(AssociationError::WrongDomain);
        }
        let public_key: [u8; PUBLIC_KEY] = self
            .public_key
            .as_slice()
            .try_into()
            .map_err(|_| AssociationError::BadPublicKey)?;
        p256::PublicKey::from_sec1_bytes(&public_key).map_err(|_| AssociationError::BadPublicKey)?;
        if fingerprint(&public_key) != sign_in.installation {
            return Err(AssociationError::WrongInstallation);
        }
        Ok(Stated {
            address: sign_in.address,
            installation: sign_in.installation,
            public_key,
            hash: self.hash(),
            sign_in,
            digest: personal_digest(&self.text),
            signature: self.signature.clone(),
        })
    }

    /// Verifies the association of an account with a key. For an account with code a chain has to be asked, see [`Association::stated`].
    ///
    /// # Errors
    /// If the form is not valid, or the account's key did not sign the text.
    pub fn verify(&self, domain: &str) -> Result<Vouched, AssociationError> {
        self.stated(domain)?.by_key()
    }

    fn check_sizes(&self) -> Result<(), AssociationError> {
        if self.text.len() > limits::SIGN_IN_TEXT || self.signature.len() > limits::SIGNATURE {
            return Err(AssociationError::TooLarge);
        }
        if self.public_key.len() == PUBLIC_KEY {
            Ok(())
        } else {
            Err(AssociationError::BadPublicKey)
        }
    }
}
