//! One step: everything that becomes true together, and what may be said about it afterwards.

use bridge::{ConversationId, Event, Trouble};
use identity::{Association, Revocation};
use protocol::{Ask, ClientFrame, MessageId, Topic, UnixMillis};

use sorted::{Map, Set};

use crate::{
    Batch, Client, Environment, Space, Vault, VaultError,
    failpoints::NO_DISCARD,
    records::{self, Conversation, Early, Intent, Message, PendingAlert, Settings, TopicState, Tx},
};

/// The part of the vault that is also held in memory.
#[derive(Default)]
pub(crate) struct State {
    pub settings: Settings,
    pub conversations: Map<ConversationId, Conversation>,
    pub logs: Map<Topic, TopicState>,
    pub outbox: Map<u64, Intent>,
    pub txs: Map<MessageId, Tx>,
    /// Those that are not settled: the only ones that are read without a hint of the server.
    pub open_txs: Set<MessageId>,
    pub early: Map<(ConversationId, MessageId), Early>,
}

/// Changes over [`State`] and the vault that are not yet durable. Dropped, nothing has happened.
#[derive(Default)]
pub(crate) struct Step {
    pub settings: Option<Settings>,
    pub conversations: Map<ConversationId, Conversation>,
    pub logs: Map<Topic, TopicState>,
    /// `None`: done with.
    pub outbox: Map<u64, Option<Intent>>,
    /// `None`: deleted.
    pub messages: Map<Vec<u8>, Option<Message>>,
    pub index: Map<MessageId, Option<Vec<u8>>>,
    /// `None`: deleted.
    pub txs: Map<MessageId, Option<Tx>>,
    /// `None`: done with.
    pub early: Map<(ConversationId, MessageId), Option<Early>>,
    /// With whether its chain has said yes.
    pub associations: Vec<(Association, bool)>,
    /// The pending send with this id is done with, if there is one.
    pub granted: Option<MessageId>,
    /// Revocations that have been verified, to be stored.
    pub revocations: Vec<Revocation>,
    /// Sent once the step is durable.
    pub frames: Vec<ClientFrame>,
    /// Asked once the step is durable.
    pub asks: Vec<Ask>,
    /// Told once the step is durable, after the conversations and messages that have changed.
    pub events: Vec<Event>,
    /// Changed messages, in order, for the tabs that show their thread.
    pub changed: Vec<(ConversationId, MessageId, Message)>,
    /// Tips that have changed while their messages have not: shown behind those.
    pub touched: Vec<MessageId>,
    /// The server is given new key packages instead of all it has.
    pub replace_key_packages: bool,
}

impl Step {
    /// Puts a message that stands under this key.
    pub fn put_message(&mut self, conversation: ConversationId, id: MessageId, message: Message) {
        let key = records::message_key(conversation, message.at, id);
        self.changed.push((conversation, id, message.clone()));
        self.index.insert(id, Some(key.clone()));
        self.messages.insert(key, Some(message));
    }

    /// Puts a transaction, and shows it anew: a tip by its message.
    pub fn put_tx(&mut self, id: MessageId, tx: Tx) {
        self.txs.insert(id, Some(tx));
        match tx.transfer_view() {
            None => self.touched.push(id),
            // One that was put away stays away.
            view => self.events.push(Event::Transfer {
                id,
                view: view.filter(|_| !tx.gone),
            }),
        }
    }

    fn batch(&self, changes: e2ee::Changes) -> Batch {
        let mut batch = Batch::default();
        for (key, value) in changes.puts {
            batch.put(Space::Mls, key, value);
        }
        for key in changes.deletes {
            batch.delete(Space::Mls, key);
        }
        if let Some(settings) = &self.settings {
            batch.put(Space::Meta, records::SETTINGS, records::write(settings));
        }
        for (association, proven) in &self.associations {
            let value = records::write_association(association, *proven);
            batch.put(Space::Association, association.hash().0, value);
        }
        for revocation in &self.revocations {
            let key = records::revocation_key(revocation.installation);
            batch.put(Space::Meta, key, records::write_revocation(revocation));
        }
        for (id, conversation) in self.conversations.iter() {
            batch.put(Space::Conversation, id.key(), records::write(conversation));
        }
        for (topic, log) in self.logs.iter() {
            batch.put(Space::Topic, topic.0, records::write(log));
        }
        for (order, intent) in self.outbox.iter() {
            let key = records::order_key(*order);
            match intent {
                Some(intent) => batch.put(Space::Outbox, key, records::write(intent)),
                None => batch.delete(Space::Outbox, key),
            }
        }
        for (key, message) in self.messages.iter() {
            match message {
                Some(message) => batch.put(Space::Message, key.clone(), records::write(message)),
                None => batch.delete(Space::Message, key.clone()),
            }
        }
        for (id, key) in self.index.iter() {
            match key {
                Some(key) => batch.put(Space::Index, id.0, key.clone()),
                None => batch.delete(Space::Index, id.0),
            }
        }
        if let Some(id) = self.granted {
            batch.delete(Space::PendingSend, id.0);
        }
        for (id, tx) in self.txs.iter() {
            match tx {
                Some(tx) => batch.put(Space::Tip, id.0, records::write(tx)),
                None => batch.delete(Space::Tip, id.0),
            }
        }
        for ((conversation, target), early) in self.early.iter() {
            let key = records::early_key(*conversation, *target);
            match early {
                Some(early) => batch.put(Space::Early, key, records::write(early)),
                None => batch.delete(Space::Early, key),
            }
        }
        batch
    }
}

/// What the person is told of a vault that failed.
pub(crate) fn trouble(error: &VaultError) -> Trouble {
    match error {
        VaultError::Full => Trouble::VaultFull,
        VaultError::Damaged { .. } => Trouble::VaultDamaged,
        VaultError::Newer => Trouble::VaultNewer,
        VaultError::Closed => Trouble::OtherTab,
        VaultError::Unavailable(_) => Trouble::NoVault,
    }
}

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// Makes a step and the encryption engine's changes durable, then true in memory, then sent and told. If the vault
    /// refuses, nothing of it has happened, here or there.
    pub(crate) async fn finish(&mut self, mut step: Step) -> Result<(), VaultError> {
        for id in std::mem::take(&mut step.touched) {
            if let Some((_, conversation, message)) = self.message(&step, id).await {
                step.changed.push((conversation, id, message));
            }
        }
        let batch = step.batch(self.installation.take_changes());
        if batch.is_empty() {
            self.installation.changes_persisted();
        } else if let Err(error) = self.keep(batch).await {
            self.give_up();
            self.report(trouble(&error));
            return Err(error);
        } else {
            self.installation.changes_persisted();
            self.trouble = None;
        }
        let waiting = self.waiting();
        self.apply(step);
        if self.waiting() != waiting {
            self.tell(Event::Waiting(self.waiting()));
        }
        Ok(())
    }

    /// Makes a batch durable.
    async fn keep(&mut self, batch: Batch) -> Result<(), VaultError> {
        #[cfg(feature = "drill")]
        if failpoint::is_active(crate::failpoints::SAVED_AFTER_SENDING) {
            self.late.push(batch);
            return Ok(());
        }
        self.vault.commit(batch).await
    }

    /// Stores what should have been stored before.
    #[cfg(feature = "drill")]
    pub(crate) async fn save_late(&mut self) {
        for batch in std::mem::take(&mut self.late) {
            let _ = self.vault.commit(batch).await;
        }
    }

    /// Drops what the encryption engine did since the last finished step.
    pub(crate) fn give_up(&mut self) {
        if !failpoint::is_active(NO_DISCARD) {
            self.installation.roll_back();
        }
    }

    fn apply(&mut self, step: Step) {
        if let Some(settings) = step.settings {
            self.state.settings = settings;
        }
        self.state.logs.extend(step.logs);
        let mut told: Vec<_> = step.txs.iter().map(|(id, _)| *id).collect();
        for (id, tx) in step.txs {
            if tx.is_some_and(|tx| !tx.settled) {
                self.state.open_txs.insert(id);
            } else {
                self.state.open_txs.remove(&id);
            }
            match tx {
                Some(tx) => self.state.txs.insert(id, tx),
                None => self.state.txs.remove(&id),
            };
        }
        for (id, conversation) in step.conversations {
            let before = self.state.conversations.insert(id, conversation.clone());
            let listed = |conversation: &Conversation| conversation.consent.is_listed();
            // A declined conversation is told of once, when it leaves the list.
            if before.as_ref() != Some(&conversation) && (listed(&conversation) || before.as_ref().is_some_and(listed))
            {
                told.retain(|tip| conversation.latest.as_ref().is_none_or(|latest| latest.id != *tip));
                self.tell(Event::Conversation(self.conversation_view(id, &conversation)));
            }
        }
        self.tell_of_tips(&told);
        for revocation in &step.revocations {
            self.directory.keep_revoked(revocation);
        }
        for (order, intent) in step.outbox {
            match intent {
                Some(intent) => self.state.outbox.insert(order, intent),
                None => self.state.outbox.remove(&order),
            };
        }
        for (place, early) in step.early {
            match early {
                Some(early) => self.state.early.insert(place, early),
                None => self.state.early.remove(&place),
            };
        }
        self.link.replace_key_packages |= step.replace_key_packages;
        for frame in step.frames {
            self.transmit(frame);
        }
        for ask in step.asks {
            self.ask(ask);
        }
        let mut shown: Vec<_> = self.tabs.shown.iter().map(|(_, shown)| *shown).collect();
        shown.sort_unstable();
        shown.dedup();
        shown.retain(|shown| self.may_read(*shown));
        for conversation in shown {
            let changed = step.changed.iter().filter(|(of, ..)| *of == conversation);
            let messages: Vec<_> = changed
                .map(|(_, id, message)| self.view(*id, message.clone()))
                .collect();
            if !messages.is_empty() {
                self.tell_watching(conversation, &Event::Messages { conversation, messages });
            }
        }
        for event in step.events {
            self.tell(event);
        }
    }

    /// A conversation as this step sees it.
    pub(crate) fn conversation(&self, step: &Step, id: ConversationId) -> Option<Conversation> {
        step.conversations
            .get(&id)
            .or_else(|| self.state.conversations.get(&id))
            .cloned()
    }

    /// A log as this step sees it.
    pub(crate) fn log(&self, step: &Step, topic: Topic) -> Option<TopicState> {
        step.logs.get(&topic).or_else(|| self.state.logs.get(&topic)).cloned()
    }

    /// Stores an alert for this topic until a page has received it. Does not replace an earlier one.
    pub(crate) fn queue_alert(&self, step: &mut Step, topic: Topic, alert: PendingAlert) {
        if let Some(log) = self.log(step, topic) {
            let alert = log.alert.or(Some(alert));
            step.logs.insert(topic, TopicState { alert, ..log });
        }
    }

    /// Where a message stands, as this step sees it.
    pub(crate) async fn find_message(&self, step: &Step, id: MessageId) -> Result<Option<Vec<u8>>, VaultError> {
        match step.index.get(&id) {
            Some(key) => Ok(key.clone()),
            None => self.vault.get(Space::Index, &id.0).await,
        }
    }

    /// A message as this step leaves it, with its key and its conversation; `None` if it is not there or cannot be read.
    pub(crate) async fn message(&self, step: &Step, id: MessageId) -> Option<(Vec<u8>, ConversationId, Message)> {
        let key = self.find_message(step, id).await.ok()??;
        let (conversation, _) = records::parse_message_key(&key)?;
        let message = if let Some(message) = step.messages.get(&key) {
            message.clone()?
        } else {
            let value = self.vault.get(Space::Message, &key).await.ok()??;
            records::read(Space::Message, &key, &value).ok()?
        };
        Some((key, conversation, message))
    }

    /// Changes a message's state; nothing, if it is not there or cannot be read.
    pub(crate) async fn set_state(&self, step: &mut Step, id: MessageId, state: bridge::MessageState) {
        if let Some((_, conversation, message)) = self.message(step, id).await
            && message.state != state
        {
            step.put_message(conversation, id, Message { state, ..message });
        }
    }

    /// Moves a message of ours from when it was written to where the log has it: both sides see one order.
    pub(crate) async fn move_to(&self, step: &mut Step, id: MessageId, at: UnixMillis) {
        if let Some((key, conversation, message)) = self.message(step, id).await
            && message.mine
            && message.at != at
        {
            step.messages.insert(key, None);
            step.put_message(conversation, id, Message { at, ..message });
        }
    }

    /// Tells of a trouble, once until it is over.
    pub(crate) fn report(&mut self, trouble: Trouble) {
        if self.trouble != Some(trouble) {
            self.trouble = Some(trouble);
            self.reply(Event::Trouble(trouble));
        }
    }
}
