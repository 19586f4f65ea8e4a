//! What comes in: invitations and the logs of conversations. Each is read in order, and what was read is kept together with
//! the place up to which it was read. What does not hold is skipped; it never blocks what comes behind it.

use bridge::{ConversationId, Event, Trouble};
use content::Content;
use e2ee::{E2eeError, Member, Processed};
use protocol::{AssociationHash, Body, ClientFrame, Envelope, MessageId, Seq, Topic};

use crate::{
    Client, Environment, Vault, VaultError,
    content::Received,
    directory::Standing,
    records::{self, Membership, Message, PendingAlert, SPENT, Settings, TopicState},
    step::Step,
};

/// Why reading stops at an envelope.
enum Stop {
    /// It holds nothing for us: go on behind it.
    Skip,
    /// Something should be here and cannot be read: go on behind it, and say so.
    Unreadable,
    /// These associations are needed first.
    Hold(Vec<AssociationHash>),
    /// The vault fails.
    Vault(VaultError),
}

impl From<VaultError> for Stop {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// The next entries of a topic.
    pub(crate) async fn envelopes(&mut self, topic: Topic, envelopes: Vec<Envelope>) -> Result<(), VaultError> {
        if !self.link.subscribed.contains(&topic) || self.link.held.contains_key(&topic) {
            return Ok(());
        }
        let cursor = self.state.logs.get(&topic).map_or(Seq(0), |log| log.cursor);
        let new: Vec<_> = envelopes
            .into_iter()
            .skip_while(|envelope| envelope.seq <= cursor)
            .collect();
        let places = new.iter().map(|envelope| envelope.seq);
        if !places.eq((cursor.0 + 1..).take(new.len()).map(Seq)) {
            // A gap, or out of order: what is missing must be read first.
            if !self.link.resuming.contains(&topic) {
                self.drop_link();
            }
            return Ok(());
        }
        if !new.is_empty() {
            self.link.resuming.remove(&topic);
        }
        let mut rest = &new[..];
        while !rest.is_empty() {
            let mut step = Step::default();
            let Err((place, reason)) = self.read(&mut step, topic, rest).await else {
                return self.finish(step).await;
            };
            // The engine cannot take back one envelope alone: everything up to the one that failed is read again.
            self.give_up();
            let mut step = Step::default();
            if self.read(&mut step, topic, &rest[..place]).await.is_err() {
                self.give_up();
                return Err(VaultError::Unavailable(
                    "what was read before does not read again".into(),
                ));
            }
            match reason {
                Stop::Skip | Stop::Unreadable => {
                    self.pass(&mut step, topic, &rest[place]);
                    if matches!(reason, Stop::Unreadable) {
                        self.queue_alert(&mut step, topic, PendingAlert::Unreadable);
                    }
                    self.finish(step).await?;
                    if matches!(reason, Stop::Unreadable) {
                        self.report(Trouble::Unreadable);
                    }
                    rest = &rest[place + 1..];
                }
                Stop::Hold(hashes) => {
                    self.finish(step).await?;
                    let asked = hashes.iter().all(|hash| self.directory.is_settled(hash));
                    self.link.held.insert(topic, hashes);
                    if asked {
                        // Only a chain or an honest server can resolve this; do not let it delay `Live`.
                        self.link.behind.remove(&topic);
                        self.check_live();
                    }
                    return Ok(());
                }
                Stop::Vault(error) => {
                    self.give_up();
                    self.report(crate::step::trouble(&error));
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    async fn read(&mut self, step: &mut Step, topic: Topic, envelopes: &[Envelope]) -> Result<(), (usize, Stop)> {
        for (at, envelope) in envelopes.iter().enumerate() {
            self.take(step, topic, envelope).await.map_err(|stop| (at, stop))?;
            self.pass(step, topic, envelope);
        }
        Ok(())
    }

    /// Moves the topic's cursor to this envelope, in this step.
    fn pass(&self, step: &mut Step, topic: Topic, envelope: &Envelope) {
        let known = self.log(step, topic);
        let mut log = known.unwrap_or_else(|| TopicState::new(None, Membership::Joined, self.now()));
        log.cursor = envelope.seq;
        if matches!(envelope.body, Body::Commit(_)) {
            // Valid or not: the server counts it.
            log.last_commit = envelope.seq;
        }
        step.logs.insert(topic, log);
    }

    /// Reads one envelope in this step. Changes nothing but the step and the engine, so that it can be repeated.
    async fn take(&mut self, step: &mut Step, topic: Topic, envelope: &Envelope) -> Result<(), Stop> {
        if topic == self.installation.id().inbox() {
            return match &envelope.body {
                Body::Welcome { topic, commit, message } => self.take_welcome(step, *topic, *commit, message),
                Body::Application(_) | Body::Commit(_) | Body::Unknown => Err(Stop::Skip),
            };
        }
        let log = self
            .log(step, topic)
            .filter(|log| log.stage != Membership::Left)
            .ok_or(Stop::Skip)?;
        let conversation = log.conversation.ok_or(Stop::Skip)?;
        match &envelope.body {
            Body::Application(payload) => {
                let own = self.state.outbox.iter().find(|(_, intent)| intent.id == envelope.id);
                let own = own.filter(|(_, intent)| {
                    intent
                        .sealed
                        .as_ref()
                        .is_some_and(|sealed| sealed.topic == topic && sealed.payload == *payload)
                });
                if let Some((order, intent)) = own.map(|(order, intent)| (*order, intent.clone())) {
                    self.sent(step, order, &intent).await;
                    self.take_echo(step, topic, log, envelope).await;
                    return Ok(());
                }
                self.take_message(step, topic, conversation, log, envelope, payload)
                    .await
            }
            Body::Commit(payload) => self.take_commit(step, topic, conversation, &log, envelope.seq, payload),
            Body::Welcome { .. } => Err(Stop::Unreadable),
            // Of a newer server; its senders know that older pages skip it.
            Body::Unknown => Err(Stop::Skip),
        }
    }

    /// Handles our own message coming back from the log, which fixes its place among the others.
    async fn take_echo(&self, step: &mut Step, topic: Topic, log: TopicState, envelope: &Envelope) {
        let newest = self.time_of(envelope.at, log.newest);
        let since = log.since.saturating_add(1);
        step.logs.insert(topic, TopicState { newest, since, ..log });
        self.move_to(step, envelope.id, newest).await;
        self.reaction_is_read(step, envelope.id, newest).await;
    }

    /// Handles a message whose sender data names our leaf, which any member can forge. If this vault does not know it, the vault is an old
    /// copy or has a twin, and our keys are renewed before they seal again. A second echo of one message is unreadable: it takes another
    /// message's place.
    async fn take_own(
        &self,
        step: &mut Step,
        topic: Topic,
        mut log: TopicState,
        envelope: &Envelope,
        payload: &[u8],
    ) -> Result<(), Stop> {
        let id = envelope.id;
        if log.has_come_back(id, payload) {
            self.take_echo(step, topic, log, envelope).await;
            return Ok(());
        }
        let waiting = self.find_intent(id);
        let known = self.state.txs.contains_key(&id) || self.find_message(step, id).await?.is_some();
        if known && waiting.is_none() {
            return Err(if envelope.seq <= log.reread {
                Stop::Skip
            } else {
                Stop::Unreadable
            });
        }
        if log.since != SPENT {
            self.is_copied(step);
            log.alert = Some(PendingAlert::Copied);
        }
        log.since = SPENT;
        step.logs.insert(topic, log.clone());
        if let Some((order, intent)) = waiting {
            self.sent(step, order, &intent).await;
            let late = |(_, _, message): (_, _, Message)| message.at > log.newest;
            if self.message(step, id).await.is_some_and(late) {
                self.take_echo(step, topic, log, envelope).await;
            }
        }
        Ok(())
    }

    /// Handles evidence that this vault is an old copy or has a twin, in this step. The server's key packages may be the twin's, and
    /// invitations that use them could not be read here: all are replaced.
    fn is_copied(&self, step: &mut Step) {
        step.events.push(Event::Trouble(Trouble::Copied));
        step.settings = Some(Settings {
            last_resort: false,
            ..self.state.settings.clone()
        });
        step.replace_key_packages = true;
    }

    async fn take_message(
        &mut self,
        step: &mut Step,
        topic: Topic,
        conversation: ConversationId,
        mut log: TopicState,
        envelope: &Envelope,
        payload: &[u8],
    ) -> Result<(), Stop> {
        let read = self.installation.process(topic, payload, &self.directory);
        let (from, id, plaintext) = match read {
            Ok(Processed::Message { from, id, plaintext }) => (from, id, plaintext),
            Ok(Processed::Commit { .. }) => return Err(Stop::Unreadable),
            Err(E2eeError::OwnMessage) => return self.take_own(step, topic, log, envelope, payload).await,
            Err(error) => return Err(self.stop(&log, envelope.seq, error)),
        };
        match self.directory.standing(&from.association) {
            Standing::Proven => {}
            Standing::Rejected => return Err(Stop::Skip),
            // Left where it is until its chain has said who wrote it.
            Standing::NeedsChainCheck { .. } | Standing::Denied | Standing::Unknown => {
                return Err(Stop::Hold(vec![from.association]));
            }
        }
        // The author may have been removed since. A server that orders a removed author's message behind the removal lies.
        if !self.installation.members(topic).contains(&from) {
            return Err(Stop::Unreadable);
        }
        let content = Content::decode(&plaintext, id).map_err(|_| Stop::Unreadable)?;
        let speaks_here = match conversation {
            ConversationId::Direct(peer) => from.address == self.account || from.address == peer,
            // A member, as was just seen.
            ConversationId::Group(_) => true,
        };
        if content.id != envelope.id || !speaks_here {
            return Err(Stop::Unreadable);
        }
        let mut id = content.id;
        if let Some(key) = self.find_message(step, id).await? {
            let place = records::parse_message_key(&key).or_else(|| records::parse_early_key(&key));
            if place.is_none_or(|(other, _)| other == conversation) {
                return Ok(());
            }
            // The id of a tip's message is public as soon as the tip is, so another message or a reaction may use it first, in another
            // conversation. That must not suppress this one: it is stored under a fresh id.
            id = MessageId(self.random());
        } else if self.state.txs.contains_key(&id) {
            // Of a tip of ours that was taken back, and may have been paid: it comes back under this id.
            id = MessageId(self.random());
        }
        let at = self.time_of(envelope.at, log.newest);
        log.newest = at;
        log.since = log.since.saturating_add(1);
        step.logs.insert(topic, log);
        let received = Received {
            conversation,
            id,
            author: from.address,
            at,
            content,
        };
        Ok(self.take_content(step, received).await?)
    }

    fn take_commit(
        &mut self,
        step: &mut Step,
        topic: Topic,
        conversation: ConversationId,
        log: &TopicState,
        seq: Seq,
        payload: &[u8],
    ) -> Result<(), Stop> {
        let own = log.commit.as_ref().is_some_and(|own| own.commit == payload);
        if own {
            self.installation.merge_pending(topic).map_err(|_| Stop::Unreadable)?;
            step.logs.insert(
                topic,
                TopicState {
                    commit: None,
                    stage: Membership::Joined,
                    invited: self.still_invited(topic, log),
                    renewed: self.now(),
                    since: 0,
                    ..log.clone()
                },
            );
            return Ok(());
        }
        let read = self.installation.process(topic, payload, &self.directory);
        match read {
            Ok(Processed::Commit { added, left, .. }) => {
                // Two accounts stay two; into a group others may come.
                let stranger = conversation.peer().is_some_and(|peer| {
                    let mut added = added.iter();
                    added.any(|member| member.address != peer && member.address != self.account)
                });
                // A commit of ours that was pending is gone: its epoch has passed.
                step.logs.insert(
                    topic,
                    TopicState {
                        commit: None,
                        ..log.clone()
                    },
                );
                if left || stranger {
                    // We are out, or it is no conversation of two any more: nothing more is written in it.
                    self.leave(step, topic);
                }
                Ok(())
            }
            Ok(Processed::Message { .. }) => Err(Stop::Unreadable),
            // Merged when it was read first.
            Err(E2eeError::OwnCommit) if seq <= log.reread => Err(Stop::Skip),
            Err(E2eeError::OwnCommit) => {
                // A commit of ours that this vault knows nothing of: the secrets of the epoch it begins are elsewhere.
                let alert = Some(PendingAlert::Copied);
                step.logs.insert(topic, TopicState { alert, ..log.clone() });
                self.leave(step, topic);
                self.is_copied(step);
                Ok(())
            }
            Err(error) => Err(self.stop(log, seq, error)),
        }
    }

    fn take_welcome(&mut self, step: &mut Step, topic: Topic, commit: Seq, message: &[u8]) -> Result<(), Stop> {
        let inbox = self.installation.id().inbox();
        if topic == inbox || self.log(step, topic).is_some() {
            return Err(Stop::Skip);
        }
        let read = self.installation.join(topic, message, &self.directory);
        let members = read.map_err(|error| self.stop_welcome(error))?;
        let rejected = |member: &Member| self.directory.standing(&member.association) == Standing::Rejected;
        let known_wrong = members.iter().any(rejected);
        let addresses = members.iter().map(|member| member.address);
        let mut others = addresses.filter(|address| *address != self.account);
        let peer = others.next().unwrap_or(self.account);
        let conversation = if others.all(|other| other == peer) {
            ConversationId::Direct(peer)
        } else {
            ConversationId::Group(topic)
        };
        let unwanted = conversation.peer().is_none() && !self.groups;
        // Also of somebody blocked: we are a member for the others, and a message that comes after the block is over must not
        // be lost. Until then nothing of it is kept (`receive`).
        if unwanted || known_wrong {
            return Err(Stop::Skip);
        }
        step.logs.insert(
            topic,
            TopicState {
                cursor: commit,
                last_commit: commit,
                ..TopicState::new(Some(conversation), Membership::Joined, self.now())
            },
        );
        step.frames.push(ClientFrame::Subscribe {
            topics: vec![(topic, commit)],
        });
        Ok(())
    }

    fn stop(&self, log: &TopicState, seq: Seq, error: E2eeError) -> Stop {
        match error {
            E2eeError::MissingAssociations(hashes) if hashes.iter().any(|hash| self.directory.is_rejected(hash)) => {
                Stop::Skip
            }
            E2eeError::MissingAssociations(hashes) => Stop::Hold(hashes),
            // Read before, and here once more because the server has forgotten what came behind it.
            E2eeError::AlreadyUsed | E2eeError::WrongEpoch if seq <= log.reread => Stop::Skip,
            _ => Stop::Unreadable,
        }
    }

    /// Why reading stops at a welcome. Anyone may write into an inbox, so one that is invalid or cannot be verified is skipped without an
    /// alert.
    fn stop_welcome(&self, error: E2eeError) -> Stop {
        let hopeless = |hash: &AssociationHash| self.directory.is_rejected(hash) || self.directory.is_withheld(hash);
        match error {
            E2eeError::MissingAssociations(hashes) if !hashes.iter().any(hopeless) => Stop::Hold(hashes),
            _ => Stop::Skip,
        }
    }
}
