//! Creating a group, and joining one.

use openmls::prelude::{MlsGroup, MlsMessageBodyIn, MlsMessageIn, NewGroupError, StagedWelcome, WelcomeError};
use protocol::Topic;
use tls_codec::DeserializeBytes;

use crate::{
    Associations, E2eeError, Installation, Member,
    credential::LeafValidator,
    error::internal,
    installation::group_id,
    provider::StoreError,
    rules::{Form, Rules},
    settings,
};

impl Installation {
    /// Creates a group with this installation alone in it.
    ///
    /// # Errors
    /// `AlreadyUsed` if there is a group for this topic.
    pub fn create(&mut self, topic: Topic) -> Result<(), E2eeError> {
        self.refresh();
        if self.has(topic) {
            return Err(E2eeError::AlreadyUsed);
        }
        let group = MlsGroup::new_with_group_id(
            &self.provider,
            &self.signer,
            &settings::create(self.rules),
            group_id(topic),
            self.credential_with_key()?,
        )
        .map_err(|error| match error {
            NewGroupError::StorageError(error) => error.into(),
            other => internal(other),
        })?;
        self.keep(topic, group);
        Ok(())
    }

    /// Joins by a welcome, if it leads into the group of `topic` and every leaf of that is valid. Returns the members, this installation
    /// included.
    ///
    /// # Errors
    /// `AlreadyUsed` if there is a group for this topic, `NoKeyPackage` if the welcome is for a key package that is not here (any
    /// more), `MissingAssociations`, `NotBelieved`, `UnsupportedGroup`, `Garbage`. The key package is only used up if the join is committed.
    pub fn join(&mut self, topic: Topic, welcome: &[u8], known: &dyn Associations) -> Result<Vec<Member>, E2eeError> {
        if self.has(topic) {
            return Err(E2eeError::AlreadyUsed);
        }
        let own = self.credential_with_key()?;
        let message = MlsMessageIn::tls_deserialize_exact_bytes(welcome).map_err(|_| E2eeError::Garbage)?;
        let MlsMessageBodyIn::Welcome(welcome) = message.extract() else {
            return Err(E2eeError::Garbage);
        };
        // Leaves whose lifetime has ended must not keep newcomers out.
        let staged = StagedWelcome::build_from_welcome(&self.provider, &settings::join(), welcome)
            .and_then(|builder| builder.skip_lifetime_validation().build())
            .map_err(refused)?;
        let context = staged.group_context();
        if context.group_id() != &group_id(topic) || context.ciphersuite() != settings::SUITE {
            return Err(E2eeError::Garbage);
        }
        // External senders, for one, would be members that nobody sees.
        match (self.rules, Form::of(context.extensions())) {
            (_, Some(Form::First)) | (Rules::Current, Some(Form::Second)) => {}
            _ => return Err(E2eeError::UnsupportedGroup),
        }
        let mut validator = LeafValidator::new(known);
        let mut members = Vec::new();
        for member in staged.members() {
            members.extend(validator.member(&member.credential, &member.signature_key)?);
        }
        validator.end()?;
        let ours = staged.own_leaf_node().ok_or(E2eeError::Garbage)?;
        if ours.signature_key() != &own.signature_key {
            return Err(E2eeError::NotBelieved);
        }
        let group = staged.into_group(&self.provider).map_err(refused)?;
        self.keep(topic, group);
        Ok(members)
    }
}

fn refused(error: WelcomeError<StoreError>) -> E2eeError {
    match error {
        WelcomeError::StorageError(error) => error.into(),
        WelcomeError::LibraryError(error) => internal(error),
        WelcomeError::NoMatchingKeyPackage
        | WelcomeError::PrivateInitKeyNotFound
        | WelcomeError::NoMatchingEncryptionKey
        | WelcomeError::JoinerSecretNotFound => E2eeError::NoKeyPackage,
        WelcomeError::UnsupportedCapability | WelcomeError::UnsupportedExtensions => E2eeError::UnsupportedGroup,
        _ => E2eeError::Garbage,
    }
}
