//! Associations by hash: fetched once and kept together with what was proved of them.
//!
//! An association's statement follows from its bytes. So does its proof if the account's key signed it. If code signs for the account, its
//! chain has to be asked (see `proofs`), and the answer is kept here.

use std::cell::RefCell;

use identity::{AccountKind, Association, Revocation, Stated, Vouched};
use protocol::{Address, AssociationHash, InstallationId};

use sorted::{Map, Set};

/// What became of a fetched association.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Its form holds.
    Holds(Association),
    /// These are its bytes, and its form does not hold.
    Rejected,
    /// The server has none, or gave other bytes: it can withhold one, not forge it.
    Withheld,
}

/// How far an association is to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// The account has signed it.
    Proven,
    /// Only this chain (EIP-155 id) can tell, and it has not been asked yet.
    NeedsChainCheck { chain_id: u64 },
    /// The chain says that the account did not. It may be asked again another day.
    Denied,
    /// It does not hold, or the account is known as something else.
    Rejected,
    /// It is not known.
    Unknown,
}

/// An association that was parsed and verified. That takes a third of a millisecond, so it is done on first use.
#[derive(Clone)]
struct Looked {
    stated: Stated,
    by_key: Option<Vouched>,
}

/// Associations this installation knows.
#[derive(Default)]
pub(crate) struct Directory {
    domain: String,
    kept: Map<AssociationHash, Association>,
    looked: RefCell<Map<AssociationHash, Option<Looked>>>,
    /// What the chain of an association said.
    said: Map<AssociationHash, bool>,
    withheld: Set<AssociationHash>,
    revoked: Set<InstallationId>,
}

impl Directory {
    pub fn new(domain: &str) -> Self {
        Self {
            domain: domain.to_owned(),
            ..Self::default()
        }
    }

    /// Adds one from the vault; `proven`: its chain has said yes.
    pub fn keep(&mut self, association: Association, proven: bool) {
        let hash = association.hash();
        if proven {
            self.said.insert(hash, true);
        }
        self.kept.insert(hash, association);
    }

    /// One that is kept, with its chain's yes, if there is one.
    pub fn kept(&self, hash: &AssociationHash) -> Option<(&Association, bool)> {
        Some((self.kept.get(hash)?, self.said.get(hash) == Some(&true)))
    }

    fn looked(&self, hash: &AssociationHash) -> Option<Looked> {
        if let Some(known) = self.looked.borrow().get(hash) {
            return known.clone();
        }
        let looked = look(self.kept.get(hash)?, &self.domain);
        self.looked.borrow_mut().insert(*hash, looked.clone());
        looked
    }

    /// What this association states, if it is known and its form holds.
    pub fn stated(&self, hash: &AssociationHash) -> Option<Stated> {
        self.looked(hash).map(|looked| looked.stated)
    }

    /// The verified statement of this association. `None` until the account is proved to have signed it.
    pub fn get(&self, hash: &AssociationHash) -> Option<Vouched> {
        let looked = self.looked(hash)?;
        if looked.by_key.is_some() {
            return looked.by_key;
        }
        let yes = self.standing(hash) == Standing::Proven;
        let vouched = looked.stated.by_contract(looked.stated.sign_in().chain_id, yes);
        vouched.ok()
    }

    pub fn standing(&self, hash: &AssociationHash) -> Standing {
        let Some(Looked { stated, by_key }) = self.looked(hash) else {
            let rejected = matches!(self.looked.borrow().get(hash), Some(None));
            return if rejected {
                Standing::Rejected
            } else {
                Standing::Unknown
            };
        };
        let chain_id = stated.sign_in().chain_id;
        let shown = AccountKind::Contract { chain_id };
        if by_key.is_some() {
            return Standing::Proven;
        }
        if self.pin(stated.address).is_some_and(|known| !known.may_become(shown)) {
            return Standing::Rejected;
        }
        match self.said.get(hash) {
            Some(true) => Standing::Proven,
            Some(false) => Standing::Denied,
            None => Standing::NeedsChainCheck { chain_id },
        }
    }

    /// The proved kind of this account: `Key` if its key ever signed an association, else `Contract` on the chain that first confirmed one.
    /// `None`: nothing is proved.
    pub fn pin(&self, address: Address) -> Option<AccountKind> {
        let mut code = None;
        for (hash, _) in self.kept.iter().filter(|(_, kept)| names(kept, address)) {
            let Some(looked) = self.looked(hash).filter(|looked| looked.stated.address == address) else {
                continue;
            };
            if looked.by_key.is_some() {
                return Some(AccountKind::Key);
            }
            if self.said.get(hash) == Some(&true) {
                let chain_id = looked.stated.sign_in().chain_id;
                code = Some(AccountKind::Contract { chain_id });
            }
        }
        code
    }

    /// Records the chain's answer about an association. Returns whether the association is proved by it and is to be stored as such.
    pub fn prove(&mut self, hash: AssociationHash, yes: bool) -> bool {
        let open = matches!(
            self.standing(&hash),
            Standing::NeedsChainCheck { .. } | Standing::Denied
        );
        if open {
            self.said.insert(hash, yes);
        }
        open && yes
    }

    /// Whether its form is known not to hold.
    pub fn is_rejected(&self, hash: &AssociationHash) -> bool {
        matches!(self.looked.borrow().get(hash), Some(None))
    }

    /// Whether the server did not give it when it was last asked.
    pub fn is_withheld(&self, hash: &AssociationHash) -> bool {
        self.withheld.contains(hash)
    }

    /// Whether the server need not be asked for it: it is known, rejected, or was withheld on this connection.
    pub fn is_settled(&self, hash: &AssociationHash) -> bool {
        self.looked(hash).is_some() || self.is_rejected(hash) || self.is_withheld(hash)
    }

    /// Keeps a revocation that was proved.
    pub fn keep_revoked(&mut self, revocation: &Revocation) {
        self.revoked.insert(revocation.installation);
    }

    /// Whether the installation's account is known to have revoked it. For ever: its key never comes back.
    pub fn is_revoked(&self, installation: InstallationId) -> bool {
        self.revoked.contains(&installation)
    }

    /// Whether this revocation holds: the account itself said so, by its key or by an installation that it has vouched for and that is
    /// not known to be revoked. A revoked installation revokes nobody but itself: its key may be in other hands (ADR 14).
    pub fn proves(&self, revocation: &Revocation) -> bool {
        let signer = revocation.association().and_then(|hash| self.get(&hash));
        let is_out =
            |signer: &Vouched| signer.installation != revocation.installation && self.is_revoked(signer.installation);
        if signer.as_ref().is_some_and(is_out) {
            return false;
        }
        revocation.verify(&self.domain, signer.as_deref()).is_ok()
    }

    /// Judges what the server gave for this hash.
    pub fn judge(&mut self, hash: AssociationHash, bytes: Option<&[u8]>) -> Verdict {
        let given = bytes.and_then(|bytes| Association::from_bytes(bytes).ok());
        let Some(association) = given.filter(|association| association.hash() == hash) else {
            self.withheld.insert(hash);
            return Verdict::Withheld;
        };
        self.withheld.remove(&hash);
        let looked = look(&association, &self.domain);
        let holds = looked.is_some();
        self.looked.borrow_mut().insert(hash, looked);
        if holds {
            self.kept.insert(hash, association.clone());
            Verdict::Holds(association)
        } else {
            Verdict::Rejected
        }
    }

    /// Called when a connection ends: forgets which associations were withheld and which chains answered no, so that both are asked again
    /// on the next one.
    pub fn ask_again(&mut self) {
        self.withheld.clear();
        self.said.retain(|_, yes| *yes);
    }
}

fn look(association: &Association, domain: &str) -> Option<Looked> {
    let stated = association.stated(domain).ok()?;
    let by_key = stated.by_key().ok();
    Some(Looked { stated, by_key })
}

/// Whether the text may be this account's: cheap, before anything is verified.
fn names(association: &Association, address: Address) -> bool {
    association.text.contains(&address.to_checksum(None))
}

impl e2ee::Associations for Directory {
    fn stated(&self, hash: &AssociationHash) -> Option<Stated> {
        self.stated(hash)
    }
}

#[cfg(test)]
mod tests {
    use identity::{SignIn, fingerprint, personal_digest};
    use k256::ecdsa::SigningKey;
    use sha3::{Digest, Keccak256};

    use super::*;

    const DOMAIN: &str = "chat.example";

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_slice(&[seed; 32]).unwrap()
    }

    fn address(key: &SigningKey) -> Address {
        let point = key.verifying_key().to_sec1_point(false);
        Address::from_slice(&Keccak256::digest(&point.as_bytes()[1..])[12..])
    }

    /// Of this account on this chain; signed by this key.
    fn association(account: Address, chain_id: u64, nonce: u8, signer: &SigningKey) -> Association {
        // The public key of the private key 1, which is a point like any other.
        let public_key = p256_one();
        let text = SignIn {
            domain: DOMAIN.into(),
            address: account,
            uri: format!("https://{DOMAIN}"),
            chain_id,
            nonce: format!("{nonce:016}"),
            issued_at: "2026-11-21T12:00:00Z".into(),
            expiration_time: "2026-11-21T12:05:00Z".into(),
            installation: fingerprint(&public_key),
        }
        .text();
        let (signature, id) = signer.sign_prehash_recoverable(&personal_digest(&text));
        let signature = [signature.to_bytes().as_slice(), &[27 + id.to_byte()]].concat();
        Association {
            text,
            signature,
            public_key,
        }
    }

    fn p256_one() -> Vec<u8> {
        hex::decode(
            "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
             4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
        )
        .unwrap()
    }

    fn put(directory: &mut Directory, association: &Association) -> AssociationHash {
        let hash = association.hash();
        let holds = directory.judge(hash, Some(&association.to_bytes()));
        assert_eq!(holds, Verdict::Holds(association.clone()));
        hash
    }

    #[test]
    fn a_key_proves_itself_and_code_waits_for_its_chain() {
        let mut directory = Directory::new(DOMAIN);
        let (alice, code) = (address(&key(1)), Address::repeat_byte(0xcc));
        let hers = put(&mut directory, &association(alice, 5, 1, &key(1)));
        assert_eq!(directory.standing(&hers), Standing::Proven);
        assert_eq!(directory.get(&hers).unwrap().kind(), AccountKind::Key);
        let its = put(&mut directory, &association(code, 5, 1, &key(1)));
        assert_eq!(directory.standing(&its), Standing::NeedsChainCheck { chain_id: 5 });
        assert_eq!((directory.get(&its), directory.pin(code)), (None, None));
        assert_eq!(directory.stated(&its).unwrap().address, code);
        assert!(!directory.prove(its, false));
        assert_eq!(directory.standing(&its), Standing::Denied);
        assert!(directory.prove(its, true));
        let kind = AccountKind::Contract { chain_id: 5 };
        assert_eq!(directory.get(&its).unwrap().kind(), kind);
        assert_eq!(directory.pin(code), Some(kind));
    }

    #[test]
    fn an_account_stays_what_it_was_first_proved_to_be() {
        let mut directory = Directory::new(DOMAIN);
        let (alice, code) = (address(&key(1)), Address::repeat_byte(0xcc));
        put(&mut directory, &association(alice, 5, 1, &key(1)));
        // Code at a key's address, or somebody who forges: refused before any chain is asked, whatever it says.
        let forged = put(&mut directory, &association(alice, 5, 2, &key(9)));
        assert_eq!(directory.standing(&forged), Standing::Rejected);
        assert!(!directory.prove(forged, true));
        assert_eq!(directory.get(&forged), None);
        // The same address on another chain.
        let (here, there) = (association(code, 5, 1, &key(1)), association(code, 6, 1, &key(2)));
        let (here, there) = (put(&mut directory, &here), put(&mut directory, &there));
        assert!(directory.prove(here, true));
        assert_eq!(directory.standing(&there), Standing::Rejected);
        assert!(!directory.prove(there, true));
        assert_eq!((directory.get(&there), directory.get(&here).is_some()), (None, true));
    }

    #[test]
    fn a_key_takes_its_address_back_from_code() {
        let mut directory = Directory::new(DOMAIN);
        let alice = address(&key(1));
        let code = put(&mut directory, &association(alice, 5, 1, &key(9)));
        assert!(directory.prove(code, true));
        let own = put(&mut directory, &association(alice, 6, 2, &key(1)));
        assert_eq!(directory.pin(alice), Some(AccountKind::Key));
        assert_eq!(directory.standing(&own), Standing::Proven);
        assert_eq!(directory.standing(&code), Standing::Rejected);
        assert_eq!(directory.get(&code), None);
    }
}
