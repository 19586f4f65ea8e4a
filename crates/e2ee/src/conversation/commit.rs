//! Changing who is in a conversation, and renewing its keys.

use identity::{Vouched, fingerprint};
use openmls::prelude::{
    CreateCommitError, LeafNodeIndex, LeafNodeParameters, MlsGroup, Proposal, Sender, StagedCommit,
};
use protocol::{InstallationId, Topic, Welcome, limits};

use crate::{
    Associations, E2eeError, Installation, Member, Processed, Proposed,
    credential::{Belief, check_form, merged},
    error::internal,
    key_package,
    rules::{Form, Rules, advertises, all_advertise, moves, second},
    settings,
};

impl Installation {
    /// A commit that adds the owners of these key packages, removes these installations, and renews our own keys. It is
    /// pending until [`merge_pending`](Self::merge_pending) (the server has put it into the log, in its turn) or
    /// [`clear_pending`](Self::clear_pending) (it was refused), or until another's commit wins.
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

    /// Our pending commit stands in the log, in its turn: its epoch begins.
    pub fn merge_pending(&mut self, topic: Topic) -> Result<(), E2eeError> {
        let mut group = self.group_to_change(topic)?;
        if group.pending_commit().is_none() {
            return Err(E2eeError::NothingPending);
        }
        group.merge_pending_commit(&self.provider).map_err(internal)
    }

    /// Our pending commit was refused: it never was.
    pub fn clear_pending(&mut self, topic: Topic) -> Result<(), E2eeError> {
        let mut group = self.group_to_change(topic)?;
        if group.pending_commit().is_none() {
            return Err(E2eeError::NothingPending);
        }
        Ok(group.clear_pending_commit(&self.provider.store)?)
    }

    /// Another's commit: judged, then merged.
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

/// Says who comes and goes by a commit, if everything in it may be believed. Every member judges alike: only what stands in
/// the commit, in the group and in associations named by hash is looked at.
fn judge(
    rules: Rules,
    group: &MlsGroup,
    sender: LeafNodeIndex,
    commit: &StagedCommit,
    known: &dyn Associations,
) -> Result<(Vec<Member>, Vec<Member>), E2eeError> {
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    let mut belief = Belief::new(known);
    let mut form = Form::of(group.extensions()).ok_or(E2eeError::Garbage)?;
    let mut leaves = Vec::new();
    for queued in commit.queued_proposals() {
        // Only what the committer itself proposes, by value; other kinds of proposals are not spoken here.
        if queued.sender() != &Sender::Member(sender) {
            return Err(E2eeError::Garbage);
        }
        match queued.proposal() {
            Proposal::Add(add) => {
                let leaf = add.key_package().leaf_node();
                check_form(leaf)?;
                leaves.push(leaf);
                added.extend(belief.member(leaf.credential(), leaf.signature_key().as_slice())?);
            }
            Proposal::Remove(remove) => {
                let leaf = group.member_at(remove.removed()).ok_or(E2eeError::Garbage)?;
                removed.push(merged(&leaf.credential, &leaf.signature_key).ok_or(E2eeError::Garbage)?);
            }
            // The one change there is: every member judges it by the leaves alone, and nobody without the capability is among them.
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
        let new = belief.member(leaf.credential(), leaf.signature_key().as_slice())?;
        if new.is_some_and(|new| (new.address, new.installation) != (old.address, old.installation)) {
            return Err(E2eeError::NotBelieved);
        }
    }
    if form == Form::Second && !leaves.into_iter().all(advertises) {
        return Err(E2eeError::Garbage);
    }
    belief.end()?;
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
