//! What is to be sent: kept first, then encrypted, then sent, and repeated with the same bytes until the server has an
//! answer.

use ::content::{Kind as _, Reaction};
use bridge::{Consent, ConversationId, Draft, Event, MessageState, Trouble, Unsent};
use protocol::{Ask, ClientFrame, ErrorCode, Kind, MessageId, Publish, Seq, Topic, UnixMillis};

use crate::{
    Client, Environment, Space, Vault, VaultError,
    content::written,
    conversations::new_conversation,
    records::{self, Intent, Membership, Message, PendingCommit, Sealed, TopicState, Written},
    step::Step,
};

/// How many publishes may be on their way at once.
const WINDOW: usize = 32;

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// How many messages wait to be sent.
    pub(crate) fn waiting(&self) -> u32 {
        let waiting = self
            .state
            .outbox
            .values()
            .filter(|intent| intent.unsent.is_none())
            .count();
        u32::try_from(waiting).unwrap_or(u32::MAX)
    }

    /// `Send`.
    pub(crate) async fn send(
        &mut self,
        conversation: ConversationId,
        id: MessageId,
        (in_reply_to, body): (Option<MessageId>, &Draft),
    ) -> Result<(), VaultError> {
        match written(body, in_reply_to) {
            Ok(content) => self.send_once(conversation, id, content).await,
            Err(code) => {
                self.refuse(id, code);
                Ok(())
            }
        }
    }

    fn refuse(&mut self, id: MessageId, code: ErrorCode) {
        self.reply(Event::Trouble(Trouble::Refused(code)));
        self.reply(Event::NotKept { id });
    }

    /// Puts what is to be sent into its thread and into the outbox, unless it is there: the command came twice, or was found
    /// as a pending send.
    pub(crate) async fn send_once(
        &mut self,
        conversation: ConversationId,
        id: MessageId,
        content: Written,
    ) -> Result<(), VaultError> {
        let mut step = Step {
            granted: Some(id),
            ..Step::default()
        };
        if self.find_message(&step, id).await?.is_some() {
            if let Some((_, conversation, message)) = self.message(&step, id).await {
                // The tab that repeats the command shows the message as it is.
                let messages = vec![self.view(id, message)];
                self.reply(Event::Messages { conversation, messages });
            }
            if self.vault.get(Space::PendingSend, &id.0).await?.is_none() {
                return Ok(());
            }
            return self.finish(step).await;
        }
        if content.body.kind == Reaction::NUMBER {
            if !self.react(&mut step, conversation, id, content).await {
                self.refuse(id, ErrorCode::Malformed);
            }
            return self.finish(step).await;
        }
        if matches!(conversation, ConversationId::Group(_)) && self.topic_of(conversation).is_none() {
            // A group is not made by writing to it.
            self.refuse(id, ErrorCode::NotAMember);
            return self.finish(step).await;
        }
        let (at, revealed) = self.append(&mut step, conversation, id, content.clone()).await;
        self.enqueue(&mut step, conversation, id, at, content);
        self.finish(step).await?;
        if revealed {
            self.tell_thread(conversation).await;
        }
        Ok(())
    }

    /// Appends our message and sets the conversation's consent to `Accepted`, in this step. Returns its timestamp and whether
    /// the thread was hidden.
    pub(crate) async fn append(
        &self,
        step: &mut Step,
        of: ConversationId,
        id: MessageId,
        content: Written,
    ) -> (UnixMillis, bool) {
        let quoted = self.quoted(step, of, content.in_reply_to).await;
        let known = self.conversation(step, of);
        let revealed = known.as_ref().is_some_and(|known| known.consent != Consent::Accepted);
        let mut conversation = known.unwrap_or_else(|| new_conversation(Consent::Accepted));
        conversation.consent = Consent::Accepted;
        let at = UnixMillis(self.now().0.max(conversation.at.0.saturating_add(1)));
        let message = Message {
            author: self.account,
            mine: true,
            at,
            state: MessageState::Sending,
            content,
            quoted,
            reactions: Vec::new(),
        };
        conversation.advance(id, &message);
        step.conversations.insert(of, conversation);
        step.put_message(of, id, message);
        (at, revealed)
    }

    /// Puts an intent behind all others, in this step.
    pub(crate) fn enqueue(
        &mut self,
        step: &mut Step,
        conversation: ConversationId,
        id: MessageId,
        at: UnixMillis,
        content: Written,
    ) {
        let order = self.state.outbox.last().map_or(0, |(order, _)| order + 1);
        let intent = Intent {
            id,
            conversation,
            at,
            content,
            sealed: None,
            unsent: None,
        };
        step.outbox.insert(order, Some(intent.clone()));
        // The usual case: the group is there, so that the ciphertext goes into the same commit.
        let alone = !self
            .state
            .outbox
            .values()
            .any(|other| other.conversation == conversation && other.is_unsealed());
        if let (Some(topic), true) = (self.open_topic(conversation), alone && self.room() > 0)
            && self.seal(step, order, &intent, topic).is_err()
        {
            self.give_up();
        }
    }

    /// `Retry`.
    pub(crate) async fn retry(&mut self, id: MessageId) -> Result<(), VaultError> {
        let Some((order, intent)) = self.find_intent(id) else {
            return Ok(());
        };
        if intent.unsent.is_none() {
            return Ok(());
        }
        for account in self.others(intent.conversation) {
            self.people.lists.remove(&account);
        }
        self.rosters.remove(&intent.conversation);
        let mut step = Step::default();
        step.outbox.insert(order, Some(Intent { unsent: None, ..intent }));
        self.set_state(&mut step, id, MessageState::Sending).await;
        self.finish(step).await
    }

    /// `Discard`.
    pub(crate) async fn discard(&mut self, id: MessageId) -> Result<(), VaultError> {
        let Some((order, intent)) = self.find_intent(id) else {
            return Ok(());
        };
        // What was paid is not unsaid.
        if intent.unsent.is_none() || self.state.txs.contains_key(&id) {
            return Ok(());
        }
        let mut step = Step::default();
        step.outbox.insert(order, None);
        self.take_back(&mut step, intent.conversation, id).await?;
        self.finish(step).await
    }

    /// Takes a message out of its thread, in this step.
    pub(crate) async fn take_back(
        &self,
        step: &mut Step,
        conversation: ConversationId,
        id: MessageId,
    ) -> Result<(), VaultError> {
        if let Some(key) = self.find_message(step, id).await? {
            step.messages.insert(key.clone(), None);
            step.index.insert(id, None);
            self.step_back(step, conversation, &key).await?;
        }
        step.events.push(Event::Discarded { conversation, id });
        Ok(())
    }

    /// The conversation's newest message, when the one under `gone` is no more.
    async fn step_back(&self, step: &mut Step, of: ConversationId, gone: &[u8]) -> Result<(), VaultError> {
        let Some(mut conversation) = self.conversation(step, of) else {
            return Ok(());
        };
        let records = self.vault.before(Space::Message, &of.key(), None, 2).await?;
        let newest = records.rows.iter().find(|(key, _)| key != gone);
        let newest = newest.and_then(|(key, value)| {
            let (_, id) = records::parse_message_key(key)?;
            Some((id, records::read(Space::Message, key, value).ok()?))
        });
        if let Some((id, message)) = newest {
            conversation.at = UnixMillis(0);
            conversation.advance(id, &message);
        } else {
            conversation.latest = None;
            conversation.mine = false;
        }
        step.conversations.insert(of, conversation);
        Ok(())
    }

    pub(crate) fn find_intent(&self, id: MessageId) -> Option<(u64, Intent)> {
        let (order, intent) = self.state.outbox.iter().find(|(_, intent)| intent.id == id)?;
        Some((*order, intent.clone()))
    }

    /// How many more publishes may go out now.
    fn room(&self) -> usize {
        WINDOW.saturating_sub(self.link.in_flight.len())
    }

    /// Encrypts an intent into `topic`, in this step. On an error the engine's changes must be given up.
    fn seal(&mut self, step: &mut Step, order: u64, intent: &Intent, topic: Topic) -> Result<(), e2ee::E2eeError> {
        let log = self.log(step, topic).ok_or(e2ee::E2eeError::UnknownConversation)?;
        let content = self.content_of(step, intent);
        let content = content.encode().map_err(|_| e2ee::E2eeError::TooLarge)?;
        let payload = self.installation.encrypt(topic, intent.id, content)?;
        let sealed = Sealed {
            topic,
            last_commit: log.last_commit,
            payload,
        };
        step.frames.push(ClientFrame::Publish(publish(intent.id, &sealed)));
        step.outbox.insert(
            order,
            Some(Intent {
                sealed: Some(sealed),
                ..intent.clone()
            }),
        );
        Ok(())
    }

    /// Sends what is ready, encrypts what can be, and prepares the groups of what cannot yet.
    pub(crate) async fn pump(&mut self) {
        if !self.link.is_ready() || self.link.is_paused(self.environment.now()) {
            return;
        }
        self.repeat();
        let held: Vec<_> = self
            .link
            .held
            .values()
            .flatten()
            .copied()
            .filter(|hash| !self.directory.is_settled(hash))
            .collect();
        for hash in held {
            self.ask(Ask::Association { hash });
        }
        let mut conversations: Vec<ConversationId> = Vec::new();
        for intent in self.state.outbox.values().filter(|intent| intent.is_unsealed()) {
            if !conversations.contains(&intent.conversation) {
                conversations.push(intent.conversation);
            }
        }
        for conversation in conversations {
            let done = match self.prepare_group(conversation).await {
                Ok(Some(topic)) => self.write_to(conversation, topic).await,
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            if done.is_err() {
                return self.drop_link();
            }
        }
        self.answer_finds();
        self.answer_payees();
        if self.renew().await.is_err() || self.top_up().await.is_err() {
            self.drop_link();
        }
    }

    async fn write_to(&mut self, conversation: ConversationId, topic: Topic) -> Result<(), VaultError> {
        let room = self.room();
        let ready: Vec<(u64, Intent)> = self
            .state
            .outbox
            .iter()
            .filter(|(_, intent)| intent.conversation == conversation && intent.is_unsealed())
            .take(room)
            .map(|(order, intent)| (*order, intent.clone()))
            .collect();
        let mut step = Step::default();
        for (order, intent) in ready {
            if self.seal(&mut step, order, &intent, topic).is_err() {
                self.give_up();
                let mut step = Step::default();
                self.fail(&mut step, order, intent, Unsent::Refused(ErrorCode::Internal))
                    .await;
                return self.finish(step).await;
            }
        }
        self.finish(step).await
    }

    /// Sends every encrypted publish that is not in flight, with the same bytes. A publish into a topic that we have joined waits until the
    /// topic is read to its end: by then it is known whether this vault is an old copy.
    fn repeat(&mut self) {
        let mut frames = Vec::new();
        let link = &self.link;
        let is_read = |topic: &Topic| {
            link.subscribed.contains(topic) && !link.behind.contains(topic) && !link.held.contains_key(topic)
        };
        for (topic, log) in self.state.logs.iter() {
            let Some(pending) = log.commit.as_ref() else { continue };
            if log.stage == Membership::Left || (log.stage == Membership::Joined && !is_read(topic)) {
                continue;
            }
            if !self.link.in_flight.contains_key(&pending.id) && !self.link.stored.contains(&pending.id) {
                frames.push(publish_commit(*topic, pending));
            }
        }
        let room = self.room();
        let waiting = self.state.outbox.values().filter(|intent| intent.unsent.is_none());
        let idle = waiting.filter(|intent| !link.in_flight.contains_key(&intent.id));
        let sealed = idle.filter_map(|intent| Some((intent.id, intent.sealed.as_ref()?)));
        let ready = sealed.filter(|(_, sealed)| is_read(&sealed.topic));
        frames.extend(ready.map(|(id, sealed)| publish(id, sealed)).take(room));
        for frame in frames {
            self.transmit(ClientFrame::Publish(frame));
        }
    }

    /// The server has it.
    pub(crate) async fn stored(&mut self, id: MessageId) -> Result<(), VaultError> {
        self.link.in_flight.remove(&id);
        if let Some((order, intent)) = self.find_intent(id) {
            let mut step = Step::default();
            self.sent(&mut step, order, &intent).await;
            if let Some(sealed) = intent.sealed
                && let Some(mut log) = self.log(&step, sealed.topic)
            {
                log.await_back(id, &sealed.payload);
                step.logs.insert(sealed.topic, log);
            }
            return self.finish(step).await;
        }
        let pending = |log: &TopicState| log.commit.as_ref().is_some_and(|commit| commit.id == id);
        if let Some((topic, log)) = self.state.logs.iter().find(|(_, log)| pending(log)) {
            let (topic, cursor) = (*topic, log.cursor);
            self.link.stored.insert(id);
            if !self.link.subscribed.contains(&topic) {
                self.transmit(ClientFrame::Subscribe {
                    topics: vec![(topic, cursor)],
                });
            }
        }
        Ok(())
    }

    /// Marks an intent as done, in this step.
    pub(crate) async fn sent(&self, step: &mut Step, order: u64, intent: &Intent) {
        step.outbox.insert(order, None);
        self.set_state(step, intent.id, MessageState::Sent).await;
    }

    /// Marks an intent as waiting for the person, in this step.
    pub(crate) async fn fail(&self, step: &mut Step, order: u64, intent: Intent, why: Unsent) {
        let id = intent.id;
        if intent.content.body.kind == Reaction::NUMBER {
            step.outbox.insert(order, None);
            let code = if let Unsent::Refused(code) = why {
                Some(code)
            } else {
                None
            };
            return self.retract_reaction(step, &intent, code).await;
        }
        step.outbox.insert(
            order,
            Some(Intent {
                sealed: None,
                unsent: Some(why),
                ..intent
            }),
        );
        self.set_state(step, id, MessageState::NotSent(why)).await;
    }

    /// Marks everything that waits for this conversation's group as waiting for the person.
    pub(crate) async fn fail_all(&mut self, conversation: ConversationId, why: Unsent) -> Result<(), VaultError> {
        let mut step = Step::default();
        let waiting: Vec<_> = self
            .state
            .outbox
            .iter()
            .filter(|(_, intent)| intent.conversation == conversation && intent.is_unsealed())
            .map(|(order, intent)| (*order, intent.clone()))
            .collect();
        for (order, intent) in waiting {
            self.fail(&mut step, order, intent, why).await;
        }
        self.finish(step).await
    }

    /// The server does not have it, and says why.
    pub(crate) async fn refused(&mut self, id: MessageId, code: ErrorCode) -> Result<(), VaultError> {
        self.link.in_flight.remove(&id);
        if is_passing(code) {
            self.pause();
            return Ok(());
        }
        let mut step = Step::default();
        if let Some((order, intent)) = self.find_intent(id) {
            let Some(sealed) = intent.sealed.clone() else {
                return Ok(());
            };
            if code == ErrorCode::StaleEpoch {
                self.link.stale.insert(sealed.topic, sealed.last_commit);
                step.outbox.insert(order, Some(Intent { sealed: None, ..intent }));
            } else {
                self.fail(&mut step, order, intent, Unsent::Refused(code)).await;
                if matches!(code, ErrorCode::NotAMember | ErrorCode::NoSuchTopic) {
                    self.leave(&mut step, sealed.topic);
                    step.events.push(Event::Trouble(Trouble::Refused(code)));
                }
            }
            return self.finish(step).await;
        }
        let pending = |log: &TopicState| log.commit.as_ref().is_some_and(|commit| commit.id == id);
        let Some(topic) = self
            .state
            .logs
            .iter()
            .find(|(_, log)| pending(log))
            .map(|(topic, _)| *topic)
        else {
            return Ok(());
        };
        self.commit_refused(topic, code).await
    }

    /// Nothing is read or written in this topic any more, from this step on; what was encrypted for it is encrypted anew.
    pub(crate) fn leave(&self, step: &mut Step, topic: Topic) {
        if let Some(log) = self.log(step, topic) {
            step.logs.insert(
                topic,
                TopicState {
                    stage: Membership::Left,
                    commit: None,
                    awaited: Vec::new(),
                    ..log
                },
            );
        }
        for (order, intent) in self.state.outbox.iter() {
            let here = intent.sealed.as_ref().is_some_and(|sealed| sealed.topic == topic);
            if here && !step.outbox.contains_key(order) {
                step.outbox.insert(
                    *order,
                    Some(Intent {
                        sealed: None,
                        ..intent.clone()
                    }),
                );
            }
        }
    }

    /// The topic in which messages of this conversation are written. Of several the smallest id is taken, the same on both sides, but one
    /// with an unverified member only if there is no other: an impostor must not block the rest.
    pub(crate) fn topic_of(&self, conversation: ConversationId) -> Option<Topic> {
        let of = |stage| {
            let logs = self.state.logs.iter();
            logs.filter(move |(_, log)| log.conversation == Some(conversation) && log.stage == stage)
                .map(|(topic, _)| *topic)
        };
        let mut joined = of(Membership::Joined);
        let first = joined.next();
        let beyond_doubt = |topic: &Topic| self.doubtful(*topic).is_none();
        let better = match first {
            Some(topic) if beyond_doubt(&topic) => Some(topic),
            _ => joined.find(beyond_doubt),
        };
        better.or(first).or_else(|| of(Membership::Made).next())
    }

    /// Whether a message can be encrypted into this topic now: the topic is read to its end, no commit of ours is in flight, and no earlier
    /// message may have to be encrypted again, which would put it behind this one.
    pub(crate) fn is_writable(&self, topic: Topic) -> bool {
        let Some(log) = self.state.logs.get(&topic) else {
            return false;
        };
        log.stage == Membership::Joined
            && log.commit.is_none()
            && self.link.subscribed.contains(&topic)
            && !self.link.behind.contains(&topic)
            && !self.link.held.contains_key(&topic)
            && self
                .link
                .stale
                .get(&topic)
                .is_none_or(|stale: &Seq| log.last_commit > *stale)
            && !self.state.outbox.values().any(|intent| {
                let before = |sealed: &Sealed| {
                    if sealed.topic == topic {
                        sealed.last_commit < log.last_commit
                    } else {
                        Some(intent.conversation) == log.conversation && self.link.in_flight.contains_key(&intent.id)
                    }
                };
                intent.sealed.as_ref().is_some_and(before)
            })
    }
}

impl Intent {
    /// It waits to be encrypted.
    pub(crate) fn is_unsealed(&self) -> bool {
        self.sealed.is_none() && self.unsent.is_none()
    }
}

fn publish(id: MessageId, sealed: &Sealed) -> Publish {
    Publish {
        topic: sealed.topic,
        id,
        last_commit: sealed.last_commit,
        kind: Kind::Application,
        payload: sealed.payload.clone(),
    }
}

/// The same bytes each time it is repeated.
pub(crate) fn publish_commit(topic: Topic, pending: &PendingCommit) -> Publish {
    Publish {
        topic,
        id: pending.id,
        last_commit: pending.last_commit,
        kind: Kind::Commit {
            welcomes: pending.welcomes.clone(),
            removed: pending.removed.clone(),
        },
        payload: pending.commit.clone(),
    }
}

/// Whether the same publish may succeed later without anybody's doing.
pub(crate) fn is_passing(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::Unavailable
            | ErrorCode::TooMany
            | ErrorCode::Restarting
            | ErrorCode::TooSlow
            | ErrorCode::Superseded
    )
}
