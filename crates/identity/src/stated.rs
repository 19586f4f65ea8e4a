//! What an association states, and who proves it.

use std::ops::Deref;

use protocol::{Address, AssociationHash, InstallationId};

use crate::{AssociationError, SignIn, recover};

/// An association whose form holds: the text is of this site and names this key. Whether the account named in it said so
/// is another matter, and only a [`Vouched`] has an answer.
///
/// All that is decided from bytes alone, so everybody decides the same. Whether a commit is merged hangs on nothing else,
/// for members must not disagree; who is written to and whom the face names hangs on a [`Vouched`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stated {
    /// The account that is said to vouch.
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

/// An association that held: the account itself said so. Only [`Stated::by_key`] and [`Stated::by_contract`] make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    stated: Stated,
    kind: AccountKind,
}

/// What an account is, and so what it is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountKind {
    /// A key signs for it, and its address is the key's: the same account on every chain, with code (EIP-7702) or without.
    Key,
    /// Code signs for it (ERC-1271, ERC-6492), on this chain. At the same address of another chain may be somebody else.
    Contract {
        /// The EIP-155 id of the chain that can tell.
        chain_id: u64,
    },
}

impl Stated {
    /// The text as it was signed.
    pub fn sign_in(&self) -> &SignIn {
        &self.sign_in
    }

    /// What the wallet signed (EIP-191).
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The wallet's signature, of whatever form.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The account's key signed. Comes first, always: no code speaks against a key.
    ///
    /// # Errors
    /// If no key signed, or another account's.
    pub fn by_key(&self) -> Result<Vouched, AssociationError> {
        if recover(&self.digest, &self.signature)? == self.address {
            Ok(self.vouched(AccountKind::Key))
        } else {
            Err(AssociationError::WrongSigner)
        }
    }

    /// A chain was asked whether this account signed this digest with this signature, and this is what it said.
    ///
    /// # Errors
    /// If it said no, or is not the chain of the text.
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
    /// What kind of account vouched.
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
    /// The one chain it exists on; `None`: any.
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
