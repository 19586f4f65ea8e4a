//! Who a leaf says it is, and whether that is so.

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

/// Associations that are known. This room asks; fetching them, and asking accounts, is the caller's.
///
/// What an association states follows from its bytes, so that all members judge a commit alike. Whether the account said
/// so may take a chain to tell: who is added ([`Installation::commit`](crate::Installation::commit)) is
/// [`Vouched`](identity::Vouched) for, and whoever was added by others is looked at by the caller before it writes or shows.
pub trait Associations {
    /// What the association with this hash states, if it is known.
    fn stated(&self, hash: &AssociationHash) -> Option<Stated>;
}

/// One installation in a conversation: its key is the one the association states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Whose it is.
    pub address: Address,
    /// Which one.
    pub installation: InstallationId,
    /// Where its account vouches for it.
    pub association: AssociationHash,
}

/// What a credential claims.
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

/// Looks at leaves, one after the other, and notes every association that has to be fetched first: each question is a way to the
/// server and back.
pub(crate) struct Belief<'a> {
    known: &'a dyn Associations,
    missing: Vec<AssociationHash>,
}

impl<'a> Belief<'a> {
    pub(crate) fn new(known: &'a dyn Associations) -> Self {
        Self {
            known,
            missing: Vec::new(),
        }
    }

    /// The member with this credential and key, if the association it names states exactly this account and key. `None`: that
    /// association is missing.
    pub(crate) fn member(
        &mut self,
        credential: &Credential,
        signature_key: &[u8],
    ) -> Result<Option<Member>, E2eeError> {
        let claim = Claim::read(credential).ok_or(E2eeError::NotBelieved)?;
        if let Some(stated) = self.known.stated(&claim.association) {
            return believe_stated(claim, signature_key, &stated).map(Some);
        }
        if !self.missing.contains(&claim.association) {
            self.missing.push(claim.association);
        }
        Ok(None)
    }

    /// Whether nothing is missing.
    pub(crate) fn end(self) -> Result<(), E2eeError> {
        if self.missing.is_empty() {
            Ok(())
        } else {
            Err(E2eeError::MissingAssociations(self.missing))
        }
    }
}

/// As [`Belief::member`], for one association at hand.
pub(crate) fn believe_stated(claim: Claim, signature_key: &[u8], stated: &Stated) -> Result<Member, E2eeError> {
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

/// A leaf has the form all of ours have. Whoever differs could make members disagree about a commit, or unable to make one.
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

/// The member in a leaf that was believed when it was merged.
pub(crate) fn merged(credential: &Credential, signature_key: &[u8]) -> Option<Member> {
    let claim = Claim::read(credential)?;
    Some(Member {
        address: claim.address,
        installation: fingerprint(signature_key),
        association: claim.association,
    })
}
