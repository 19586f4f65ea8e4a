//! Encrypting messages, and processing envelopes.

use openmls::prelude::{ContentType, MlsMessageIn, ProcessedMessageContent, ProtocolMessage, Sender};
use protocol::{MessageId, Topic, limits};
use sha2::{Digest, Sha256};
use tls_codec::DeserializeBytes;

use crate::{
    Associations, E2eeError, Installation, Processed,
    credential::{Claim, merged, validate_stated},
    error::{internal, is_too_old},
    installation::group_id,
};

/// The first 8 bytes of the SHA-256 of a ciphertext.
pub fn ciphertext_digest(sealed: &[u8]) -> [u8; 8] {
    let mut digest = [0; 8];
    digest.copy_from_slice(&Sha256::digest(sealed)[..8]);
    digest
}

impl Installation {
    /// Encrypts a message to all members. The bytes may be sent only after the changes are durable.
    ///
    /// Topic and message id are authenticated (MLS `authenticated_data`: topic, then id), so that the server can move the message neither to
    /// another topic nor under another id.
    pub fn encrypt(&mut self, topic: Topic, id: MessageId, plaintext: Vec<u8>) -> Result<Vec<u8>, E2eeError> {
        self.refresh();
        let plaintext = zeroize::Zeroizing::new(plaintext);
        let mut group = self.group_to_change(topic)?;
        group.set_aad([topic.0.as_slice(), &id.0].concat());
        let sealed = group
            .create_message(&self.provider, &self.signer, &plaintext)
            .map_err(internal)?
            .to_bytes()
            .map_err(internal)?;
        if sealed.len() > limits::PAYLOAD {
            Err(E2eeError::TooLarge)
        } else {
            Ok(sealed)
        }
    }

    /// Processes an envelope: decrypts a message, or validates and merges another member's commit. The caller recognises the echo of its own
    /// commit by its id and calls [`merge_pending`](Self::merge_pending) instead.
    ///
    /// # Errors
    /// `MissingAssociations`: fetch them and call again with the same bytes (after `roll_back`). `WrongEpoch`, `Garbage`,
    /// `NotBelieved`, `AlreadyUsed`: skip it. `OwnMessage`, `OwnCommit`: this installation's by its sender data alone, which any member can
    /// forge.
    pub fn process(&mut self, topic: Topic, message: &[u8], known: &dyn Associations) -> Result<Processed, E2eeError> {
        let message = MlsMessageIn::tls_deserialize_exact_bytes(message).map_err(|_| E2eeError::Garbage)?;
        let message = message.try_into_protocol_message().map_err(|_| E2eeError::Garbage)?;
        // Everything travels encrypted; proposals travel inside commits only.
        let ProtocolMessage::PrivateMessage(_) = &message else {
            return Err(E2eeError::Garbage);
        };
        if message.group_id() != &group_id(topic) || message.content_type() == ContentType::Proposal {
            return Err(E2eeError::Garbage);
        }
        let mut group = self.group_to_change(topic)?;
        let is_commit = message.content_type() == ContentType::Commit;
        if message.epoch() > group.epoch() || (is_commit && message.epoch() != group.epoch()) {
            return Err(E2eeError::WrongEpoch);
        }
        let past = message.epoch() < group.epoch();
        let processed = group.process_message(&self.provider, message).map_err(|error| {
            // The library says the same of a key that is gone and of an epoch that is.
            if past && is_too_old(&error) {
                E2eeError::WrongEpoch
            } else {
                error.into()
            }
        })?;
        let aad = processed.aad().to_vec();
        let claim = Claim::read(processed.credential());
        let Sender::Member(sender) = *processed.sender() else {
            return Err(E2eeError::Garbage);
        };
        match processed.into_content() {
            ProcessedMessageContent::ApplicationMessage(message) => {
                let (sealed_for, id) = aad.split_at_checked(Topic::LEN).ok_or(E2eeError::Garbage)?;
                let id = MessageId::from_slice(id).ok_or(E2eeError::Garbage)?;
                if sealed_for != topic.0 {
                    return Err(E2eeError::Garbage);
                }
                let claim = claim.ok_or(E2eeError::Garbage)?;
                // The credential is of the message's epoch; it was believed when that epoch began. Its sender may have left
                // since; then its key is found by the association.
                let present = group
                    .members()
                    .filter(|member| Claim::read(&member.credential) == Some(claim))
                    .find_map(|member| merged(&member.credential, &member.signature_key));
                let from = if let Some(member) = present {
                    member
                } else {
                    let stated = known
                        .stated(&claim.association)
                        .ok_or_else(|| E2eeError::MissingAssociations(vec![claim.association]))?;
                    validate_stated(claim, &stated.public_key, &stated)?
                };
                Ok(Processed::Message {
                    from,
                    id,
                    plaintext: message.into_bytes().into(),
                })
            }
            ProcessedMessageContent::StagedCommitMessage(commit) => {
                if aad != topic.0 {
                    return Err(E2eeError::Garbage);
                }
                let merged = self.merge_commit(&mut group, sender, *commit, known)?;
                drop(group);
                if matches!(merged, Processed::Commit { left: true, .. }) {
                    self.forget(topic)?;
                }
                Ok(merged)
            }
            ProcessedMessageContent::OwnPrivateMessage if is_commit => Err(E2eeError::OwnCommit),
            ProcessedMessageContent::OwnPrivateMessage => Err(E2eeError::OwnMessage),
            _ => Err(E2eeError::Garbage),
        }
    }
}
