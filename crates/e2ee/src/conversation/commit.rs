//! Commits: adding and removing members, renewing keys.

use identity::{Vouched, fingerprint};
use openmls::prelude::{
    CreateCommitError, LeafNodeIndex, LeafNodeParameters, MlsGroup, Proposal, Sender, StagedCommit,
};
use protocol::{InstallationId, Topic, Welcome, limits};

use crate::{
    Associations, E2eeError, Installation, Member, Processed, Proposed,
    credential::{LeafValidator, check_form, merged},
    error::internal,
    key_package,
    rules::{Form, Rules, advertises, all_advertise, moves, second},
    settings,
};

impl Installation {
    /// Makes a commit that adds the owners of these key packages, removes these installations, and renews the keys of this one. It also moves
    /// the group to the second form if every leaf advertises that (ADR 18). It is pending until [`merge_pending`](Self::merge_pending) (the
    /// server has stored it in its turn), [`clear_pending`](Self::clear_pending) (it was refused), or another member's commit.
    ///
    /// # Errors
    /// `NotBelieved` if a key package is not of the installation that was vouched for, `LacksCapability` if it is of an older build than
    /// the group requires, `NotAMember`, `CommitPending`.
    pub fn commit(
        &mut self,
        topic: Topic,
        add: &[(Vec<u8>, Vouched)],
        remove: &[InstallationId],
    ) -> Result<Proposed, E2eeError> {
        self.refresh();
        let own = self.credential_with_key()?;
        let mut group = self.group_to_change(topic)?;
        if group.pending_commit().is_some() {
            return Err(E2eeError::CommitPending);
        }
        let key_packages = add
            .iter()
            .map(|(bytes, vouched)| key_package::read(bytes, vouched, &self.provider.crypto))
            .collect::<Result<Vec<_>, _>>()?;
        let removed = remove
            .iter()
            .map(|id| leaf_of(&group, *id))
            .collect::<Result<Vec<_>, _>>()?;
        if Form::of(group.extensions()) == Some(Form::Second)
            && let Some(old) = key_packages.iter().position(|added| !advertises(added.leaf_node()))
        {
            return Err(E2eeError::LacksCapability(add[old].1.installation));
        }
        // A newer association of ours reaches the others with our next leaf.
        let renewed = group
            .own_leaf_node()
            .is_none_or(|leaf| leaf.credential() != &own.credential);
        let leaf = LeafNodeParameters::builder().with_capabilities(settings::capabilities(self.rules));
        let leaf = if renewed {
            leaf.with_credential_with_key(own)
        } else {
            leaf
        };

        let moves = self.rules == Rules::Current && moves(&group, &key_packages);
        group.set_aad(topic.0.to_vec());
        let mut builder = group.commit_builder().consume_proposal_store(false);
        if moves {
            builder = builder.propose_group_context_extensions(second()).map_err(internal)?;
        }
        let (commit, welcome, _) = builder
            .propose_adds(key_packages)
            .propose_removals(removed)
            .leaf_node_parameters(leaf.build())
            .force_self_update(true)
            .load_psks(&self.provider.store)
            .map_err(internal)?
            .build(&self.provider.crypto, &self.provider.crypto, &self.signer, |_| true)
            .map_err(|error| match error {
                // A key package that holds by itself, and that no group of ours can take in.
                CreateCommitError::ProposalValidationError(_)
                | CreateCommitError::LeafNodeValidation(_)
                | CreateCommitError::TreeSyncAddLeaf(_)
                    if !add.is_empty() =>
                {
                    E2eeError::NotBelieved
                }
                error => internal(error),
            })?
            .stage_commit(&self.provider)
            .map_err(internal)?
            .into_messages();
        let commit = commit.to_bytes().map_err(internal)?;
        let welcome = welcome
            .map(|welcome| welcome.to_bytes())
            .transpose()
            .map_err(internal)?
            .unwrap_or_default();
        let welcomes: Vec<_> = add
            .iter()
            .map(|(_, vouched)| Welcome {
                installation: vouched.installation,
                message: welcome.clone(),
            })
            .collect();
        let size = commit.len() + welcomes.iter().map(|welcome| welcome.message.len()).sum::<usize>();
        if size > limits::PAYLOAD || welcomes.len() > limits::WELCOMES {
            return Err(E2eeError::TooLarge);
        }
        Ok(Proposed { commit, welcomes })
    }

    /// Merges the pending commit, which the server has stored in its turn: its epoch begins.
    pub fn merge_pending(&mut self, topic: Topic) -> Result<(), E2eeError> {
        let mut group = self.group_to_change(topic)?;
        if group.pending_commit().is_none() {
            return Err(E2eeError::NothingPending);
        }
        group.merge_pending_commit(&self.provider).map_err(internal)
    }

    /// Drops the pending commit, which the server has refused.
    pub fn clear_pending(&mut self, topic: Topic) -> Result<(), E2eeError> {
        let mut group = self.group_to_change(topic)?;
        if group.pending_commit().is_none() {
            return Err(E2eeError::NothingPending);
        }
        Ok(group.clear_pending_commit(&self.provider.store)?)
    }

    /// Validates and merges the commit of another member.
    pub(super) fn merge_commit(
        &self,
        group: &mut MlsGroup,
        sender: LeafNodeIndex,
        commit: StagedCommit,
        known: &dyn Associations,
    ) -> Result<Processed, E2eeError> {
        let (added, removed) = judge(self.rules, group, sender, &commit, known)?;
        let left = commit.self_removed();
        group.merge_staged_commit(&self.provider, commit).map_err(internal)?;
        Ok(Processed::Commit { added, removed, left })
    }
}

/// Validates a commit and returns the members it adds and removes. The result depends only on the commit, the group, and associations named
/// by hash, so that all members judge alike.
fn judge(
    rules: Rules,
    group: &MlsGroup,
    sender: LeafNodeIndex,
    commit: &StagedCommit,
    known: &dyn Associations,
) -> Result<(Vec<Member>, Vec<Member>), E2eeError> {
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    let mut validator = LeafValidator::new(known);
    let mut form = Form::of(group.extensions()).ok_or(E2eeError::Garbage)?;
    let mut leaves = Vec::new();
    for queued in commit.queued_proposals() {
        // Only proposals by value of the committer itself.
        if queued.sender() != &Sender::Member(sender) {
            return Err(E2eeError::Garbage);
        }
        match queued.proposal() {
            Proposal::Add(add) => {
                let leaf = add.key_package().leaf_node();
                check_form(leaf)?;
                leaves.push(leaf);
                added.extend(validator.member(leaf.credential(), leaf.signature_key().as_slice())?);
            }
            Proposal::Remove(remove) => {
                let leaf = group.member_at(remove.removed()).ok_or(E2eeError::Garbage)?;
                removed.push(merged(&leaf.credential, &leaf.signature_key).ok_or(E2eeError::Garbage)?);
            }
            // The only valid change of the context. A member of an older build refuses it, and its leaf makes all others refuse it too.
            Proposal::GroupContextExtensions(proposal)
                if rules == Rules::Current
                    && form == Form::First
                    && Form::of(proposal.extensions()) == Some(Form::Second)
                    && all_advertise(group) =>
            {
                form = Form::Second;
            }
            _ => return Err(E2eeError::Garbage),
        }
    }
    // A new leaf of the committer may carry a newer association, but stays the same account and the same key: an
    // installation is its key.
    if let Some(leaf) = commit.update_path_leaf_node() {
        let old = group.member_at(sender).ok_or(E2eeError::Garbage)?;
        let old = merged(&old.credential, &old.signature_key).ok_or(E2eeError::Garbage)?;
        check_form(leaf)?;
        leaves.push(leaf);
        let new = validator.member(leaf.credential(), leaf.signature_key().as_slice())?;
        if new.is_some_and(|new| (new.address, new.installation) != (old.address, old.installation)) {
            return Err(E2eeError::NotBelieved);
        }
    }
    if form == Form::Second && !leaves.into_iter().all(advertises) {
        return Err(E2eeError::Garbage);
    }
    validator.end()?;
    let mut ids: Vec<_> = added.iter().map(|member| member.installation).collect();
    ids.sort_unstable();
    if ids.is_sorted_by(|one, next| one < next) {
        Ok((added, removed))
    } else {
        Err(E2eeError::Garbage)
    }
}

fn leaf_of(group: &MlsGroup, installation: InstallationId) -> Result<LeafNodeIndex, E2eeError> {
    group
        .members()
        .find(|member| fingerprint(&member.signature_key) == installation)
        .map(|member| member.index)
        .ok_or(E2eeError::NotAMember(installation))
}
