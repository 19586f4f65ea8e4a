//! Credentials of leaves and their validation.

use identity::{Stated, fingerprint};
use openmls::{
    prelude::{BasicCredential, Credential, LeafNode},
    treesync::LeafNodeSource,
};
use protocol::{Address, AssociationHash, InstallationId};
use tls_codec::Serialize as _;

use crate::{E2eeError, provider::is_hpke_key, settings};

const VERSION: u8 = 1;
/// Version byte, address, association hash.
const LENGTH: usize = 1 + 20 + 32;

/// The associations that the caller has fetched.
///
/// What an association states follows from its bytes alone, so that all members judge a commit alike. Whether its account signed it may take
/// a chain to tell: [`Installation::commit`](crate::Installation::commit) adds only [`Vouched`](identity::Vouched) installations, and the
/// caller checks members added by others before it writes to them or shows their messages.
pub trait Associations {
    /// What the association with this hash states, `None` if it was not fetched.
    fn stated(&self, hash: &AssociationHash) -> Option<Stated>;
}

/// A member of a group: an installation whose key is the one its association states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The address of the account that the installation belongs to.
    pub address: Address,
    /// The installation, by the fingerprint of its key.
    pub installation: InstallationId,
    /// The SHA-256 of the association between the two.
    pub association: AssociationHash,
}

/// The content of a credential: version byte, address, association hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) address: Address,
    pub(crate) association: AssociationHash,
}

impl Claim {
    pub(crate) fn credential(&self) -> Credential {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.push(VERSION);
        bytes.extend_from_slice(self.address.as_slice());
        bytes.extend_from_slice(&self.association.0);
        BasicCredential::new(bytes).into()
    }

    pub(crate) fn read(credential: &Credential) -> Option<Self> {
        let basic = BasicCredential::try_from(credential.clone()).ok()?;
        let bytes: &[u8; LENGTH] = basic.identity().try_into().ok()?;
        let (&[VERSION], rest) = bytes.split_first_chunk::<1>()? else {
            return None;
        };
        let (address, association) = rest.split_at(20);
        Some(Self {
            address: Address::from_slice(address),
            association: AssociationHash::from_slice(association)?,
        })
    }
}

/// Validates leaves, one after the other, and collects all associations that must be fetched first, so that one round trip fetches them.
pub(crate) struct LeafValidator<'a> {
    known: &'a dyn Associations,
    missing: Vec<AssociationHash>,
}

impl<'a> LeafValidator<'a> {
    pub(crate) fn new(known: &'a dyn Associations) -> Self {
        Self {
            known,
            missing: Vec::new(),
        }
    }

    /// The member with this credential and key, if the association it names states exactly this account and key. `None` if that association
    /// is missing.
    pub(crate) fn member(
        &mut self,
        credential: &Credential,
        signature_key: &[u8],
    ) -> Result<Option<Member>, E2eeError> {
        let claim = Claim::read(credential).ok_or(E2eeError::NotBelieved)?;
        if let Some(stated) = self.known.stated(&claim.association) {
            return validate_stated(claim, signature_key, &stated).map(Some);
        }
        if !self.missing.contains(&claim.association) {
            self.missing.push(claim.association);
        }
        Ok(None)
    }

    /// Fails if an association is missing.
    pub(crate) fn end(self) -> Result<(), E2eeError> {
        if self.missing.is_empty() {
            Ok(())
        } else {
            Err(E2eeError::MissingAssociations(self.missing))
        }
    }
}

/// As [`LeafValidator::member`], with the association at hand.
pub(crate) fn validate_stated(claim: Claim, signature_key: &[u8], stated: &Stated) -> Result<Member, E2eeError> {
    let holds = claim.association == stated.hash
        && claim.address == stated.address
        && signature_key == stated.public_key
        && fingerprint(signature_key) == stated.installation;
    if holds {
        Ok(Member {
            address: stated.address,
            installation: stated.installation,
            association: stated.hash,
        })
    } else {
        Err(E2eeError::NotBelieved)
    }
}

/// Checks that a leaf has the form of all leaves here. Another one could divide members over a commit, or keep them from making one.
pub(crate) fn check_form(leaf: &LeafNode) -> Result<(), E2eeError> {
    let lifetime = match leaf.leaf_node_source() {
        LeafNodeSource::KeyPackage(lifetime) => *lifetime == settings::lifetime(),
        LeafNodeSource::Update | LeafNodeSource::Commit(_) => true,
    };
    // The library gives the key with its length before it only (RFC 9420, 2.1.2: 65 in two bytes).
    let key = leaf.encryption_key().tls_serialize_detached().unwrap_or_default();
    let usable = key.strip_prefix(&[0x40, 65]).is_some_and(is_hpke_key);
    if lifetime && usable {
        Ok(())
    } else {
        Err(E2eeError::NotBelieved)
    }
}

/// The member in a leaf that was validated when it was merged.
pub(crate) fn merged(credential: &Credential, signature_key: &[u8]) -> Option<Member> {
    let claim = Claim::read(credential)?;
    Some(Member {
        address: claim.address,
        installation: fingerprint(signature_key),
        association: claim.association,
    })
}
