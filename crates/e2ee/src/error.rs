//! The error of this crate.

use openmls::{
    framing::errors::{MessageDecryptionError, SecretTreeError},
    prelude::{ProcessMessageError, ValidationError},
};
use protocol::{AssociationHash, InstallationId};

use crate::provider::StoreError;

/// Why an operation failed. The pending changes may hold half of it: call `roll_back`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum E2eeError {
    /// The associations with these hashes, at least one, must be fetched before the same is tried again.
    #[error("{} associations are not known yet", .0.len())]
    MissingAssociations(Vec<AssociationHash>),
    /// The message or commit is of another epoch than the group, and cannot be read, or not any more.
    #[error("of another epoch")]
    WrongEpoch,
    /// Not a valid MLS message of this group. Every member skips it.
    #[error("not a valid message of this conversation")]
    Garbage,
    /// The credential and key of a leaf are not what an association states, or the leaf has a form no leaf has here.
    #[error("a credential does not belong to its key")]
    NotBelieved,
    /// A group whose context holds extensions, or requires capabilities, that this build does not know. An update of Jackdaw may.
    #[error("the group requires what this build does not know")]
    UnsupportedGroup,
    /// A key package made by an older build, which lacks a capability that the group requires. Its owner can be added once it has published
    /// new ones.
    #[error("{0} lacks a capability that the group requires")]
    LacksCapability(InstallationId),
    /// The message was read before and its key is gone; or the group exists already.
    #[error("used already")]
    AlreadyUsed,
    /// This installation's own message, which it cannot decrypt.
    #[error("our own message")]
    OwnMessage,
    /// This installation's own commit, which is not pending here: the secrets of its epoch are missing.
    #[error("our own commit, which is not known here")]
    OwnCommit,
    /// A welcome for a key package that this installation does not have, or not any more.
    #[error("no key package fits the welcome")]
    NoKeyPackage,
    /// This installation has no group for the conversation.
    #[error("no such conversation here")]
    UnknownConversation,
    /// The installation to remove is not a member.
    #[error("{0} is no member")]
    NotAMember(InstallationId),
    /// The installation has no association yet, hence no credential: call `associate` first.
    #[error("no wallet has vouched for this installation yet")]
    NotAssociated,
    /// A commit of this installation is pending: merge or clear it first.
    #[error("a commit is pending")]
    CommitPending,
    /// No commit of this installation is pending.
    #[error("no commit is pending")]
    NothingPending,
    /// A result over `limits::PAYLOAD`.
    #[error("too large")]
    TooLarge,
    /// A stored record does not decode: it is damaged, or of a newer build.
    #[error("damaged record: {0}")]
    Damaged(&'static str),
    /// A defect in this crate or in OpenMLS.
    #[error("internal: {0}")]
    Internal(String),
}

impl From<StoreError> for E2eeError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unreadable => Self::Damaged("group state"),
            StoreError::Unwritable => Self::Internal(error.to_string()),
        }
    }
}

/// An [`E2eeError::Internal`] of an error that should not happen.
pub(crate) fn internal(error: impl std::fmt::Display) -> E2eeError {
    E2eeError::Internal(error.to_string())
}

/// Whether the message is older than the keys that are kept of its sender or its epoch.
pub(crate) fn is_too_old(error: &ProcessMessageError<StoreError>) -> bool {
    matches!(
        error,
        ProcessMessageError::ValidationError(ValidationError::UnableToDecrypt(
            MessageDecryptionError::SecretTreeError(SecretTreeError::TooDistantInThePast)
        ))
    )
}

impl From<ProcessMessageError<StoreError>> for E2eeError {
    fn from(error: ProcessMessageError<StoreError>) -> Self {
        match error {
            ProcessMessageError::StorageError(error) => error.into(),
            ProcessMessageError::LibraryError(error) => internal(error),
            ProcessMessageError::GroupStateError(_) => Self::UnknownConversation,
            ProcessMessageError::ValidationError(ValidationError::WrongEpoch | ValidationError::NoPastEpochData) => {
                Self::WrongEpoch
            }
            ProcessMessageError::ValidationError(ValidationError::UnableToDecrypt(
                MessageDecryptionError::SecretTreeError(
                    SecretTreeError::SecretReuseError | SecretTreeError::TooDistantInThePast,
                ),
            )) => Self::AlreadyUsed,
            _ => Self::Garbage,
        }
    }
}
