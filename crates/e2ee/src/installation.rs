//! One account in one browser profile: its key, its groups, and the pending changes.

use std::{
    cell::{RefCell, RefMut},
    collections::{HashMap, hash_map::Entry},
};

use identity::{Revocation, Revoker, Vouched, challenge_bytes, fingerprint};
use openmls::prelude::{CredentialWithKey, GroupId, MlsGroup};
use openmls_traits::{
    signatures::{Signer, SignerError},
    types::SignatureScheme,
};
use p256::ecdsa::{Signature, SigningKey, signature::Signer as _};
use protocol::{Address, AssociationHash, InstallationId, Topic, UnixMillis};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::{
    E2eeError, Randomness,
    changes::Changes,
    credential::Claim,
    provider::{Provider, Store},
    rules::Rules,
};

/// Our own records begin with 0; OpenMLS' with its storage format.
const KEY_RECORD: &[u8] = &[0, 1];
const TOPIC_RECORD: &[u8] = &[0, 2];
pub(crate) const RECORD_VERSION: u8 = 1;

/// The record under [`KEY_RECORD`], behind a version byte.
#[derive(Serialize, Deserialize, Zeroize)]
#[zeroize(drop)]
struct KeyRecord {
    secret: [u8; 32],
    #[zeroize(skip)]
    claim: Option<(Address, AssociationHash)>,
}

/// Signs for OpenMLS. It keeps the key in its precomputed form, which costs more to make than a signature.
pub(crate) struct InstallationKey(SigningKey);

impl Signer for InstallationKey {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        let signature: Signature = self.0.sign(payload);
        Ok(signature.to_der().as_bytes().to_vec())
    }

    fn signature_scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_SECP256R1_SHA256
    }
}

/// An installation with all its conversations.
///
/// After every operation that succeeded: [`take_changes`](Self::take_changes), store them, and then
/// [`changes_persisted`](Self::changes_persisted), or [`roll_back`](Self::roll_back) if that failed. After an error: `roll_back`.
pub struct Installation {
    pub(crate) provider: Provider,
    pub(crate) signer: InstallationKey,
    public_key: [u8; 65],
    claim: Option<Claim>,
    random: Box<dyn Randomness>,
    pub(crate) rules: Rules,
    /// Loaded groups: OpenMLS keeps state in them beside the records.
    groups: RefCell<HashMap<Topic, Loaded>>,
}

struct Loaded {
    group: MlsGroup,
    /// Differs from the stored records.
    touched: bool,
}

impl Installation {
    /// Creates an installation with a new key, which is in the pending changes.
    pub fn generate(mut rng: Box<dyn Randomness>) -> Result<Self, E2eeError> {
        let provider = Provider::default();
        provider.crypto.seed(rng.as_mut());
        let signer = InstallationKey(provider.crypto.signing_key());
        let installation = Self::new(provider, signer, None, rng);
        installation.write_key()?;
        Ok(installation)
    }

    /// Loads an installation from its records: everything that [`Changes`] ever wrote and did not delete.
    pub fn load(
        records: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>,
        mut rng: Box<dyn Randomness>,
    ) -> Result<Self, E2eeError> {
        let provider = Provider {
            store: Store::from_records(records),
            ..Provider::default()
        };
        provider.crypto.seed(rng.as_mut());
        let (signer, claim) = read_key(&provider.store)?.ok_or(E2eeError::Damaged("no installation key"))?;
        Ok(Self::new(provider, signer, claim, rng))
    }

    fn new(provider: Provider, signer: InstallationKey, claim: Option<Claim>, random: Box<dyn Randomness>) -> Self {
        let public_key = (*signer.0.verifying_key().to_sec1_point(false).as_bytes())
            .try_into()
            .expect("an uncompressed point of P-256 has 65 bytes");
        Self {
            provider,
            signer,
            public_key,
            claim,
            random,
            rules: Rules::of_this_build(),
            groups: RefCell::default(),
        }
    }

    /// The installation's id: the fingerprint of its key.
    pub fn id(&self) -> InstallationId {
        fingerprint(&self.public_key)
    }

    /// The installation's P-256 public key, SEC1 uncompressed.
    pub fn public_key(&self) -> [u8; 65] {
        self.public_key
    }

    /// Signs the challenge of a socket of `domain` (ECDSA P-256 with SHA-256, DER).
    pub fn sign_challenge(&self, domain: &str, nonce: &[u8; 32]) -> Vec<u8> {
        let signature: Signature = self.signer.0.sign(&challenge_bytes(domain, nonce));
        signature.to_der().as_bytes().to_vec()
    }

    /// Signs a revocation of this installation, or another one of the same account, with this one's key. Nothing changes here: others
    /// verify and apply it.
    ///
    /// # Errors
    /// `NotAssociated`.
    pub fn revoke(&self, domain: &str, installation: InstallationId, at: UnixMillis) -> Result<Revocation, E2eeError> {
        let claim = self.claim.ok_or(E2eeError::NotAssociated)?;
        let mut revocation = Revocation {
            account: claim.address,
            installation,
            at,
            revoker: Revoker::Installation(claim.association),
            signature: Vec::new(),
        };
        let signature: Signature = self.signer.0.sign(&revocation.to_sign(domain));
        revocation.signature = signature.to_der().as_bytes().to_vec();
        Ok(revocation)
    }

    /// Sets the association that this installation states in key packages and leaves from now on. Groups learn of a later one with the next
    /// commit of this installation.
    ///
    /// # Errors
    /// `NotBelieved` if it is another installation's, or if this one already belongs to another account.
    pub fn associate(&mut self, vouched: &Vouched) -> Result<(), E2eeError> {
        let another = self.claim.is_some_and(|claim| claim.address != vouched.address);
        if vouched.public_key != self.public_key || another {
            return Err(E2eeError::NotBelieved);
        }
        self.claim = Some(Claim {
            address: vouched.address,
            association: vouched.hash,
        });
        self.write_key()
    }

    /// The hash of the association that this installation states, if it has one.
    pub fn association(&self) -> Option<AssociationHash> {
        self.claim.map(|claim| claim.association)
    }

    /// The changes of all operations since the last `changes_persisted` or `roll_back`.
    pub fn take_changes(&mut self) -> Changes {
        self.provider.store.changes()
    }

    /// States that the changes taken are durable.
    pub fn changes_persisted(&mut self) {
        self.provider.store.changes_persisted();
        for loaded in self.groups.get_mut().values_mut() {
            loaded.touched = false;
        }
    }

    /// Returns to the state after the last `changes_persisted`: the changes since then were not stored and never will be. A key that was just
    /// generated stays, and stays pending.
    #[expect(clippy::missing_panics_doc, reason = "writing a key into a vector cannot fail")]
    pub fn roll_back(&mut self) {
        self.provider.store.roll_back();
        self.groups.get_mut().retain(|_, loaded| !loaded.touched);
        if let Ok(Some((_, claim))) = read_key(&self.provider.store) {
            self.claim = claim;
        } else {
            // A new key that was never written: it is still to be.
            self.claim = None;
            self.write_key().expect("a key encodes");
        }
    }

    /// Seeds one operation with fresh randomness.
    pub(crate) fn refresh(&mut self) {
        self.provider.crypto.seed(self.random.as_mut());
    }

    pub(crate) fn credential_with_key(&self) -> Result<CredentialWithKey, E2eeError> {
        let claim = self.claim.ok_or(E2eeError::NotAssociated)?;
        Ok(CredentialWithKey {
            credential: claim.credential(),
            signature_key: self.public_key.as_slice().into(),
        })
    }

    /// Loads the group of a conversation, to read from.
    pub(crate) fn group(&self, topic: Topic) -> Result<RefMut<'_, MlsGroup>, E2eeError> {
        Ok(RefMut::map(self.loaded(topic)?, |loaded| &mut loaded.group))
    }

    fn loaded(&self, topic: Topic) -> Result<RefMut<'_, Loaded>, E2eeError> {
        if !self.provider.store.has(&topic_record(topic)) {
            return Err(E2eeError::UnknownConversation);
        }
        let mut groups = self.groups.borrow_mut();
        if let Entry::Vacant(place) = groups.entry(topic) {
            let group = MlsGroup::load(&self.provider.store, &group_id(topic))?
                .ok_or(E2eeError::Damaged("a conversation without its group"))?;
            place.insert(Loaded { group, touched: false });
        }
        Ok(RefMut::map(groups, |groups| {
            groups.get_mut(&topic).expect("it was put there")
        }))
    }

    /// Loads the group of a conversation, to change it.
    pub(crate) fn group_to_change(&self, topic: Topic) -> Result<RefMut<'_, MlsGroup>, E2eeError> {
        let mut loaded = self.loaded(topic)?;
        loaded.touched = true;
        Ok(RefMut::map(loaded, |loaded| &mut loaded.group))
    }

    /// Stores a new group.
    pub(crate) fn keep(&self, topic: Topic, group: MlsGroup) {
        self.provider.store.put_bytes(topic_record(topic), vec![RECORD_VERSION]);
        self.groups.borrow_mut().insert(topic, Loaded { group, touched: true });
    }

    /// Deletes everything of a group that this installation is no longer in.
    pub(crate) fn forget(&self, topic: Topic) -> Result<(), E2eeError> {
        self.group_to_change(topic)?.delete(&self.provider.store)?;
        self.provider.store.delete_group(&group_id(topic))?;
        self.provider.store.delete(topic_record(topic));
        self.groups.borrow_mut().remove(&topic);
        Ok(())
    }

    /// Whether this installation has a group for the conversation.
    pub fn has(&self, topic: Topic) -> bool {
        self.provider.store.has(&topic_record(topic))
    }

    /// All conversations that this installation has a group for.
    pub fn topics(&self) -> Vec<Topic> {
        let keys = self.provider.store.keys(TOPIC_RECORD);
        keys.iter()
            .filter_map(|key| Topic::from_slice(&key[TOPIC_RECORD.len()..]))
            .collect()
    }

    fn write_key(&self) -> Result<(), E2eeError> {
        let record = KeyRecord {
            secret: self.signer.0.to_bytes().into(),
            claim: self.claim.map(|claim| (claim.address, claim.association)),
        };
        let bytes = postcard::to_extend(&record, vec![RECORD_VERSION]).map_err(crate::error::internal)?;
        self.provider.store.put_bytes(KEY_RECORD.to_vec(), bytes);
        Ok(())
    }
}

fn topic_record(topic: Topic) -> Vec<u8> {
    [TOPIC_RECORD, &topic.0].concat()
}

pub(crate) fn group_id(topic: Topic) -> GroupId {
    GroupId::from_slice(&topic.0)
}

fn read_key(store: &Store) -> Result<Option<(InstallationKey, Option<Claim>)>, E2eeError> {
    let Some(bytes) = store.get_bytes(KEY_RECORD) else {
        return Ok(None);
    };
    let damaged = E2eeError::Damaged("installation key");
    let Some((&RECORD_VERSION, rest)) = bytes.split_first() else {
        return Err(damaged);
    };
    let record: KeyRecord = postcard::from_bytes(rest).map_err(|_| damaged.clone())?;
    let secret = Zeroizing::new(record.secret);
    let key = SigningKey::from_slice(secret.as_ref()).map_err(|_| damaged)?;
    let claim = record
        .claim
        .map(|(address, association)| Claim { address, association });
    Ok(Some((InstallationKey(key), claim)))
}

#[cfg(feature = "drill")]
impl Installation {
    /// What all members of an epoch have in common, and nobody else (RFC 9420, section 8.7).
    pub fn authenticator(&self, topic: Topic) -> Option<Vec<u8>> {
        let group = self.group(topic).ok()?;
        Some(group.epoch_authenticator().as_slice().to_vec())
    }
}
