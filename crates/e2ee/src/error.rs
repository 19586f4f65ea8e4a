//! The one error of this room.

use openmls::{
    framing::errors::{MessageDecryptionError, SecretTreeError},
    prelude::{ProcessMessageError, ValidationError},
};
use protocol::{AssociationHash, InstallationId};

use crate::provider::StoreError;

/// Why an operation was not done. After an error the pending changes may be half an operation: `discard`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum E2eeError {
    /// The associations with these hashes, at least one, must be fetched first; then try the same again.
    #[error("{} associations are not known yet", .0.len())]
    MissingAssociations(Vec<AssociationHash>),
    /// The message or commit belongs to another epoch than the conversation is in, and cannot be read (any more).
    #[error("of another epoch")]
    WrongEpoch,
    /// Not an MLS message of this conversation, or one that does not hold. Skipping it costs nothing.
    #[error("not a valid message of this conversation")]
    Garbage,
    /// A credential without the key its wallet vouched for, or a leaf of another form than ours: forged or stolen.
    #[error("a credential does not belong to its key")]
    NotBelieved,
    /// A group whose context holds extensions, or requires capabilities, that this build does not know. An update of Jackdaw may.
    #[error("the group requires what this build does not know")]
    UnsupportedGroup,
    /// A key package made by an older build, which lacks a capability that the group requires. Its owner can be added once it has published
    /// new ones.
    #[error("{0} lacks a capability that the group requires")]
    LacksCapability(InstallationId),
    /// Read before: its key is gone. Or: the conversation, or the invitation, is here already.
    #[error("used already")]
    AlreadyUsed,
    /// Our own message came back: we cannot read it, and need not.
    #[error("our own message")]
    OwnMessage,
    /// A commit of ours that is not pending here came back: its epoch's secrets are not here.
    #[error("our own commit, which is not known here")]
    OwnCommit,
    /// A welcome for a key package that is not (or no more) ours.
    #[error("no key package fits the welcome")]
    NoKeyPackage,
    /// There is no such conversation here.
    #[error("no such conversation here")]
    UnknownConversation,
    /// A member to remove is none.
    #[error("{0} is no member")]
    NotAMember(InstallationId),
    /// `associate` comes first: without a wallet's word there is no credential.
    #[error("no wallet has vouched for this installation yet")]
    NotAssociated,
    /// A commit of ours is pending: merge or clear it first.
    #[error("a commit is pending")]
    CommitPending,
    /// There is no pending commit of ours.
    #[error("no commit is pending")]
    NothingPending,
    /// A result over `limits::PAYLOAD`.
    #[error("too large")]
    TooLarge,
    /// A record does not decode: the storage is damaged, or of a newer build.
    #[error("damaged record: {0}")]
    Damaged(&'static str),
    /// A defect, here or in the library.
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

/// A defect, in words.
pub(crate) fn internal(error: impl std::fmt::Display) -> E2eeError {
    E2eeError::Internal(error.to_string())
}

/// The message is older than what is kept of its sender or its epoch.
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
