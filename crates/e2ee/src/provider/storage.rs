//! OpenMLS' 53 storage methods over [`Store`]. Keys are one byte for the format, one for the kind, and the key in
//! postcard (self-delimiting, so that one key is never the beginning of another); values are postcard; the one type that
//! postcard cannot load has a loader of its own (`described`).

use openmls::prelude::GroupId;
use openmls_traits::storage::{CURRENT_VERSION, StorageProvider, traits};
use serde::Serialize;

use super::store::{Store, StoreError};

const VERSION: u16 = CURRENT_VERSION;
/// First byte of every record OpenMLS owns: its storage format. Our own records begin with 0.
const FORMAT: u8 = 1;

/// Second byte of a key. The numbers are stored in browsers and never change.
mod kind {
    pub(super) const JOIN_CONFIG: u8 = 1;
    pub(super) const OWN_LEAF_NODES: u8 = 2;
    pub(super) const PROPOSAL: u8 = 3;
    pub(super) const TREE: u8 = 4;
    pub(super) const INTERIM_TRANSCRIPT_HASH: u8 = 5;
    pub(super) const CONTEXT: u8 = 6;
    pub(super) const CONFIRMATION_TAG: u8 = 7;
    pub(super) const GROUP_STATE: u8 = 8;
    pub(super) const MESSAGE_SECRETS: u8 = 9;
    pub(super) const RESUMPTION_PSK_STORE: u8 = 10;
    pub(super) const OWN_LEAF_INDEX: u8 = 11;
    pub(super) const GROUP_EPOCH_SECRETS: u8 = 12;
    pub(super) const SIGNATURE_KEY_PAIR: u8 = 13;
    pub(super) const ENCRYPTION_KEY_PAIR: u8 = 14;
    pub(super) const EPOCH_KEY_PAIRS: u8 = 15;
    pub(super) const KEY_PACKAGE: u8 = 16;
    pub(super) const PSK: u8 = 17;
}

fn key<K: Serialize>(kind: u8, key: &K) -> Result<Vec<u8>, StoreError> {
    postcard::to_extend(key, vec![FORMAT, kind]).map_err(|_| StoreError::Unwritable)
}

impl Store {
    /// Deletes what OpenMLS leaves of a group that it deleted: key pairs of earlier epochs.
    pub(crate) fn delete_group(&self, id: &GroupId) -> Result<(), StoreError> {
        for kind in (kind::JOIN_CONFIG..=kind::GROUP_EPOCH_SECRETS).chain([kind::EPOCH_KEY_PAIRS]) {
            for key in self.keys(&key(kind, id)?) {
                self.delete(key);
            }
        }
        Ok(())
    }
}

/// OpenMLS orders the type parameters differently from method to method, hence the list in brackets.
macro_rules! write {
    ($($method:ident [$($parameter:ident),*] ($key:ident, $value:ident) $kind:ident;)*) => {$(
        fn $method<$($parameter: traits::$parameter<VERSION>),*>(&self, id: &$key, value: &$value) -> Result<(), StoreError> {
            self.put(key(kind::$kind, id)?, value)
        }
    )*};
}

macro_rules! read {
    ($($method:ident [$($parameter:ident),*] ($key:ident) -> $value:ident $kind:ident;)*) => {$(
        fn $method<$($parameter: traits::$parameter<VERSION>),*>(&self, id: &$key) -> Result<Option<$value>, StoreError> {
            self.get(&key(kind::$kind, id)?)
        }
    )*};
}

macro_rules! delete {
    ($($method:ident ($key:ident) $kind:ident;)*) => {$(
        fn $method<$key: traits::$key<VERSION>>(&self, id: &$key) -> Result<(), StoreError> {
            self.delete(key(kind::$kind, id)?);
            Ok(())
        }
    )*};
}

impl StorageProvider<VERSION> for Store {
    type Error = StoreError;

    write! {
        write_tree [GroupId, TreeSync] (GroupId, TreeSync) TREE;
        write_interim_transcript_hash [GroupId, InterimTranscriptHash] (GroupId, InterimTranscriptHash) INTERIM_TRANSCRIPT_HASH;
        write_context [GroupId, GroupContext] (GroupId, GroupContext) CONTEXT;
        write_confirmation_tag [GroupId, ConfirmationTag] (GroupId, ConfirmationTag) CONFIRMATION_TAG;
        write_group_state [GroupState, GroupId] (GroupId, GroupState) GROUP_STATE;
        write_message_secrets [GroupId, MessageSecrets] (GroupId, MessageSecrets) MESSAGE_SECRETS;
        write_resumption_psk_store [GroupId, ResumptionPskStore] (GroupId, ResumptionPskStore) RESUMPTION_PSK_STORE;
        write_own_leaf_index [GroupId, LeafNodeIndex] (GroupId, LeafNodeIndex) OWN_LEAF_INDEX;
        write_group_epoch_secrets [GroupId, GroupEpochSecrets] (GroupId, GroupEpochSecrets) GROUP_EPOCH_SECRETS;
        write_signature_key_pair [SignaturePublicKey, SignatureKeyPair] (SignaturePublicKey, SignatureKeyPair) SIGNATURE_KEY_PAIR;
        write_encryption_key_pair [EncryptionKey, HpkeKeyPair] (EncryptionKey, HpkeKeyPair) ENCRYPTION_KEY_PAIR;
        write_key_package [HashReference, KeyPackage] (HashReference, KeyPackage) KEY_PACKAGE;
        write_psk [PskId, PskBundle] (PskId, PskBundle) PSK;
    }

    read! {
        tree [GroupId, TreeSync] (GroupId) -> TreeSync TREE;
        group_context [GroupId, GroupContext] (GroupId) -> GroupContext CONTEXT;
        interim_transcript_hash [GroupId, InterimTranscriptHash] (GroupId) -> InterimTranscriptHash INTERIM_TRANSCRIPT_HASH;
        confirmation_tag [GroupId, ConfirmationTag] (GroupId) -> ConfirmationTag CONFIRMATION_TAG;
        group_state [GroupState, GroupId] (GroupId) -> GroupState GROUP_STATE;
        message_secrets [GroupId, MessageSecrets] (GroupId) -> MessageSecrets MESSAGE_SECRETS;
        resumption_psk_store [GroupId, ResumptionPskStore] (GroupId) -> ResumptionPskStore RESUMPTION_PSK_STORE;
        own_leaf_index [GroupId, LeafNodeIndex] (GroupId) -> LeafNodeIndex OWN_LEAF_INDEX;
        group_epoch_secrets [GroupId, GroupEpochSecrets] (GroupId) -> GroupEpochSecrets GROUP_EPOCH_SECRETS;
        signature_key_pair [SignaturePublicKey, SignatureKeyPair] (SignaturePublicKey) -> SignatureKeyPair SIGNATURE_KEY_PAIR;
        encryption_key_pair [HpkeKeyPair, EncryptionKey] (EncryptionKey) -> HpkeKeyPair ENCRYPTION_KEY_PAIR;
        key_package [HashReference, KeyPackage] (HashReference) -> KeyPackage KEY_PACKAGE;
        psk [PskBundle, PskId] (PskId) -> PskBundle PSK;
    }

    delete! {
        delete_own_leaf_nodes (GroupId) OWN_LEAF_NODES;
        delete_group_config (GroupId) JOIN_CONFIG;
        delete_tree (GroupId) TREE;
        delete_confirmation_tag (GroupId) CONFIRMATION_TAG;
        delete_group_state (GroupId) GROUP_STATE;
        delete_context (GroupId) CONTEXT;
        delete_interim_transcript_hash (GroupId) INTERIM_TRANSCRIPT_HASH;
        delete_message_secrets (GroupId) MESSAGE_SECRETS;
        delete_all_resumption_psk_secrets (GroupId) RESUMPTION_PSK_STORE;
        delete_own_leaf_index (GroupId) OWN_LEAF_INDEX;
        delete_group_epoch_secrets (GroupId) GROUP_EPOCH_SECRETS;
        delete_signature_key_pair (SignaturePublicKey) SIGNATURE_KEY_PAIR;
        delete_encryption_key_pair (EncryptionKey) ENCRYPTION_KEY_PAIR;
        delete_key_package (HashReference) KEY_PACKAGE;
        delete_psk (PskId) PSK;
    }

    fn write_mls_join_config<
        GroupId: traits::GroupId<VERSION>,
        MlsGroupJoinConfig: traits::MlsGroupJoinConfig<VERSION>,
    >(
        &self,
        id: &GroupId,
        config: &MlsGroupJoinConfig,
    ) -> Result<(), StoreError> {
        self.put(key(kind::JOIN_CONFIG, id)?, config)
    }

    fn mls_group_join_config<
        GroupId: traits::GroupId<VERSION>,
        MlsGroupJoinConfig: traits::MlsGroupJoinConfig<VERSION>,
    >(
        &self,
        id: &GroupId,
    ) -> Result<Option<MlsGroupJoinConfig>, StoreError> {
        self.get_described(&key(kind::JOIN_CONFIG, id)?)
    }

    fn append_own_leaf_node<GroupId: traits::GroupId<VERSION>, LeafNode: traits::LeafNode<VERSION>>(
        &self,
        id: &GroupId,
        leaf_node: &LeafNode,
    ) -> Result<(), StoreError> {
        let key = key(kind::OWN_LEAF_NODES, id)?;
        let mut leaf_nodes: Vec<LeafNode> = self.get(&key)?.unwrap_or_default();
        // One more in the list, without asking for `Clone`: the node goes through its own encoding.
        let bytes = postcard::to_stdvec(leaf_node).map_err(|_| StoreError::Unwritable)?;
        leaf_nodes.push(postcard::from_bytes(&bytes).map_err(|_| StoreError::Unreadable)?);
        self.put(key, &leaf_nodes)
    }

    fn own_leaf_nodes<GroupId: traits::GroupId<VERSION>, LeafNode: traits::LeafNode<VERSION>>(
        &self,
        id: &GroupId,
    ) -> Result<Vec<LeafNode>, StoreError> {
        Ok(self.get(&key(kind::OWN_LEAF_NODES, id)?)?.unwrap_or_default())
    }

    fn queue_proposal<
        GroupId: traits::GroupId<VERSION>,
        ProposalRef: traits::ProposalRef<VERSION>,
        QueuedProposal: traits::QueuedProposal<VERSION>,
    >(
        &self,
        id: &GroupId,
        reference: &ProposalRef,
        proposal: &QueuedProposal,
    ) -> Result<(), StoreError> {
        self.put(key(kind::PROPOSAL, &(id, reference))?, &(reference, proposal))
    }

    fn queued_proposal_refs<GroupId: traits::GroupId<VERSION>, ProposalRef: traits::ProposalRef<VERSION>>(
        &self,
        id: &GroupId,
    ) -> Result<Vec<ProposalRef>, StoreError> {
        let keys = self.keys(&key(kind::PROPOSAL, id)?);
        keys.into_iter()
            .filter_map(|key| self.get_first(&key).transpose())
            .collect()
    }

    fn queued_proposals<
        GroupId: traits::GroupId<VERSION>,
        ProposalRef: traits::ProposalRef<VERSION>,
        QueuedProposal: traits::QueuedProposal<VERSION>,
    >(
        &self,
        id: &GroupId,
    ) -> Result<Vec<(ProposalRef, QueuedProposal)>, StoreError> {
        let keys = self.keys(&key(kind::PROPOSAL, id)?);
        keys.into_iter().filter_map(|key| self.get(&key).transpose()).collect()
    }

    fn remove_proposal<GroupId: traits::GroupId<VERSION>, ProposalRef: traits::ProposalRef<VERSION>>(
        &self,
        id: &GroupId,
        reference: &ProposalRef,
    ) -> Result<(), StoreError> {
        self.delete(key(kind::PROPOSAL, &(id, reference))?);
        Ok(())
    }

    fn clear_proposal_queue<GroupId: traits::GroupId<VERSION>, ProposalRef: traits::ProposalRef<VERSION>>(
        &self,
        id: &GroupId,
    ) -> Result<(), StoreError> {
        for key in self.keys(&key(kind::PROPOSAL, id)?) {
            self.delete(key);
        }
        Ok(())
    }

    fn write_encryption_epoch_key_pairs<
        GroupId: traits::GroupId<VERSION>,
        EpochKey: traits::EpochKey<VERSION>,
        HpkeKeyPair: traits::HpkeKeyPair<VERSION>,
    >(
        &self,
        id: &GroupId,
        epoch: &EpochKey,
        leaf_index: u32,
        key_pairs: &[HpkeKeyPair],
    ) -> Result<(), StoreError> {
        self.put(key(kind::EPOCH_KEY_PAIRS, &(id, epoch, leaf_index))?, &key_pairs)
    }

    fn encryption_epoch_key_pairs<
        GroupId: traits::GroupId<VERSION>,
        EpochKey: traits::EpochKey<VERSION>,
        HpkeKeyPair: traits::HpkeKeyPair<VERSION>,
    >(
        &self,
        id: &GroupId,
        epoch: &EpochKey,
        leaf_index: u32,
    ) -> Result<Vec<HpkeKeyPair>, StoreError> {
        Ok(self
            .get(&key(kind::EPOCH_KEY_PAIRS, &(id, epoch, leaf_index))?)?
            .unwrap_or_default())
    }

    fn delete_encryption_epoch_key_pairs<GroupId: traits::GroupId<VERSION>, EpochKey: traits::EpochKey<VERSION>>(
        &self,
        id: &GroupId,
        epoch: &EpochKey,
        leaf_index: u32,
    ) -> Result<(), StoreError> {
        self.delete(key(kind::EPOCH_KEY_PAIRS, &(id, epoch, leaf_index))?);
        Ok(())
    }
}
