//! What an association states, and the proof that its account states it.

use std::ops::Deref;

use protocol::{Address, AssociationHash, InstallationId};

use crate::{AssociationError, SignIn, recover};

/// An association of valid form: the text is of this site and names this key. That the account in the text signed it is not verified; a
/// [`Vouched`] states that.
///
/// It follows from bytes alone, so everybody gets the same: whether a commit is merged depends on nothing else, because members must not
/// disagree. Whom a client writes to, and whose name it shows, depends on a [`Vouched`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stated {
    /// The account named in the text.
    pub address: Address,
    /// The installation, by the fingerprint of its key.
    pub installation: InstallationId,
    /// The installation's P-256 key, SEC1 uncompressed.
    pub public_key: [u8; 65],
    /// The hash of the association.
    pub hash: AssociationHash,
    pub(crate) sign_in: SignIn,
    pub(crate) digest: [u8; 32],
    pub(crate) signature: Vec<u8>,
}

/// A verified association: its account signed it. Made by [`Stated::by_key`] and [`Stated::by_contract`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    stated: Stated,
    kind: AccountKind,
}

/// The kind of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountKind {
    /// A key signs for it, and its address is derived from the key: the same account on every chain, with code (EIP-7702) or without.
    Key,
    /// Code signs for it (ERC-1271, ERC-6492) on one chain. The same address of another chain may be another account.
    Contract {
        /// The EIP-155 id of that chain.
        chain_id: u64,
    },
}

impl Stated {
    /// The signed text.
    pub fn sign_in(&self) -> &SignIn {
        &self.sign_in
    }

    /// The digest that the wallet signed (EIP-191).
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The wallet's signature, in the form of its kind of account.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Verifies that the account's key signed. Always tried first: code cannot overrule a key.
    ///
    /// # Errors
    /// If no key made the signature, or another account's did.
    pub fn by_key(&self) -> Result<Vouched, AssociationError> {
        if recover(&self.digest, &self.signature)? == self.address {
            Ok(self.vouched(AccountKind::Key))
        } else {
            Err(AssociationError::WrongSigner)
        }
    }

    /// Takes the answer of a chain that was asked whether this account signed this digest with this signature.
    ///
    /// # Errors
    /// If the answer is no, or the chain is not the one of the text.
    pub fn by_contract(&self, chain_id: u64, yes: bool) -> Result<Vouched, AssociationError> {
        if let Ok(vouched) = self.by_key() {
            return Ok(vouched);
        }
        if chain_id != self.sign_in.chain_id {
            return Err(AssociationError::WrongChain);
        }
        if yes {
            Ok(self.vouched(AccountKind::Contract { chain_id }))
        } else {
            Err(AssociationError::WrongSigner)
        }
    }

    fn vouched(&self, kind: AccountKind) -> Vouched {
        Vouched {
            stated: self.clone(),
            kind,
        }
    }
}

impl Vouched {
    /// The kind of the account.
    pub fn kind(&self) -> AccountKind {
        self.kind
    }
}

impl Deref for Vouched {
    type Target = Stated;

    fn deref(&self) -> &Stated {
        &self.stated
    }
}

impl AccountKind {
    /// The one chain the account exists on, `None` if it is the same on every chain.
    pub fn chain_id(self) -> Option<u64> {
        match self {
            Self::Key => None,
            Self::Contract { chain_id } => Some(chain_id),
        }
    }

    /// Whether an account that is known as this may show itself as `other`. Nothing changes but this: a key proves more than
    /// code ever can, and the holder of an address' key is its owner everywhere.
    pub fn may_become(self, other: Self) -> bool {
        other == Self::Key || self == other
    }
}
