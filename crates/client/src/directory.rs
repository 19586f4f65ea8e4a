//! Who vouches for whom: associations by hash, fetched once, verified here, kept.

use std::cell::RefCell;

use identity::{Association, Vouched};
use protocol::AssociationHash;

use crate::map::{Map, Set};

/// What became of a fetched association.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It holds.
    Holds(Association),
    /// These are its bytes, and it does not hold.
    Rejected,
    /// The server has none, or gave other bytes: it can withhold one, not forge it.
    Withheld,
}

/// Associations this installation knows.
#[derive(Default)]
pub(crate) struct Directory {
    domain: String,
    kept: Map<AssociationHash, Association>,
    /// Verifying costs a third of a millisecond: done when first asked for.
    verified: RefCell<Map<AssociationHash, Option<Vouched>>>,
    withheld: Set<AssociationHash>,
}

impl Directory {
    pub fn new(domain: &str) -> Self {
        Self {
            domain: domain.to_owned(),
            ..Self::default()
        }
    }

    /// Adds one from the vault.
    pub fn keep(&mut self, association: Association) {
        self.kept.insert(association.hash(), association);
    }

    /// The association that this hash names, if it is known and holds.
    pub fn get(&self, hash: &AssociationHash) -> Option<Vouched> {
        if let Some(known) = self.verified.borrow().get(hash) {
            return known.clone();
        }
        let vouched = self.kept.get(hash)?.verify(&self.domain).ok();
        self.verified.borrow_mut().insert(*hash, vouched.clone());
        vouched
    }

    /// Whether it is known not to hold, by anybody's judgement.
    pub fn is_rejected(&self, hash: &AssociationHash) -> bool {
        matches!(self.verified.borrow().get(hash), Some(None))
    }

    /// Whether the server did not give it when it was last asked.
    pub fn is_withheld(&self, hash: &AssociationHash) -> bool {
        self.withheld.contains(hash)
    }

    /// Whether asking the server would tell something new.
    pub fn is_settled(&self, hash: &AssociationHash) -> bool {
        self.get(hash).is_some() || self.is_rejected(hash) || self.is_withheld(hash)
    }

    /// Judges what the server gave for this hash.
    pub fn judge(&mut self, hash: AssociationHash, bytes: Option<&[u8]>) -> Verdict {
        let given = bytes.and_then(|bytes| Association::from_bytes(bytes).ok());
        let Some(association) = given.filter(|association| association.hash() == hash) else {
            self.withheld.insert(hash);
            return Verdict::Withheld;
        };
        self.withheld.remove(&hash);
        let vouched = association.verify(&self.domain).ok();
        let holds = vouched.is_some();
        self.verified.borrow_mut().insert(hash, vouched);
        if holds {
            self.kept.insert(hash, association.clone());
            Verdict::Holds(association)
        } else {
            Verdict::Rejected
        }
    }

    /// A new connection may give what the last one did not.
    pub fn ask_again(&mut self) {
        self.withheld.clear();
    }
}

impl e2ee::Associations for Directory {
    fn vouched(&self, hash: &AssociationHash) -> Option<Vouched> {
        self.get(hash)
    }
}
