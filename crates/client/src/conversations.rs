//! What the person sees: the list, threads, consent.

use bridge::{Consent, ConversationId, Event, MessageState, MessageView, Trouble};
use protocol::{MessageId, UnixMillis};

use crate::{
    Client, Environment, Space, Vault, VaultError,
    content::short,
    records::{self, Conversation, Latest, Message},
    step::Step,
};

/// How many messages of a thread are shown at once.
const PAGE: usize = 50;
/// How far a server's time may lie ahead of ours before it is not believed.
const AHEAD: i64 = 60_000;

/// A conversation nothing has happened in yet.
pub(crate) fn new_conversation(consent: Consent) -> Conversation {
    Conversation {
        consent,
        latest: None,
        mine: false,
        at: UnixMillis(0),
        unread: 0,
    }
}

impl Conversation {
    /// Makes this message the conversation's newest, unless a newer one is known.
    pub(crate) fn advance(&mut self, id: MessageId, message: &Message) {
        if message.at >= self.at {
            self.at = message.at;
            self.mine = message.mine;
            let body = short(&message.content.body);
            self.latest = Some(Latest { id, body });
        }
    }
}

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// Now, as far as the server's clock is known.
    pub(crate) fn now(&self) -> UnixMillis {
        UnixMillis(self.environment.now().0.saturating_add(self.skew))
    }

    /// Whether the messages of this conversation are shown.
    pub(crate) fn may_read(&self, conversation: ConversationId) -> bool {
        self.state
            .conversations
            .get(&conversation)
            .is_some_and(|conversation| conversation.consent == Consent::Accepted)
    }

    /// `Show`.
    pub(crate) async fn show(&mut self, conversation: Option<ConversationId>) {
        let tab = self.tabs.asking.unwrap_or_default();
        match conversation {
            Some(conversation) => {
                self.tabs.shown.insert(tab, conversation);
                // In no list, and yet one must see what was answered, to answer otherwise.
                let unlisted = self
                    .state
                    .conversations
                    .get(&conversation)
                    .filter(|known| !known.consent.is_listed());
                if let Some(view) = unlisted.map(|known| self.conversation_view(conversation, known)) {
                    self.reply(Event::Conversation(view));
                }
                let (messages, more) = self.page(conversation, None).await;
                self.reply(Event::Thread {
                    conversation,
                    messages,
                    more,
                });
            }
            None => drop(self.tabs.shown.remove(&tab)),
        }
    }

    /// The thread, to every tab that shows it.
    pub(crate) async fn tell_thread(&mut self, conversation: ConversationId) {
        if self.tabs.shown.values().any(|shown| *shown == conversation) {
            let (messages, more) = self.page(conversation, None).await;
            let thread = Event::Thread {
                conversation,
                messages,
                more,
            };
            self.tell_watching(conversation, &thread);
        }
    }

    /// `Older`.
    pub(crate) async fn older(&mut self, conversation: ConversationId, before: MessageId) {
        let end = self.vault.get(Space::Index, &before.0).await.ok().flatten();
        let (messages, more) = match end {
            Some(end) => self.page(conversation, Some(&end)).await,
            None => (Vec::new(), false),
        };
        self.reply(Event::Older {
            conversation,
            messages,
            more,
        });
    }

    async fn page(&mut self, conversation: ConversationId, end: Option<&[u8]>) -> (Vec<MessageView>, bool) {
        if !self.may_read(conversation) {
            return (Vec::new(), false);
        }
        let records = self
            .vault
            .before(Space::Message, &conversation.key(), end, PAGE + 1)
            .await;
        let records = match records {
            Ok(records) => records,
            Err(error) => {
                self.report(crate::step::trouble(&error));
                return (Vec::new(), false);
            }
        };
        let mut damaged = !records.damaged.is_empty();
        let more = records.rows.len() + records.damaged.len() > PAGE;
        let mut messages = Vec::new();
        for (key, value) in records.rows.into_iter().take(PAGE) {
            match (
                records::parse_message_key(&key),
                records::read::<Message>(Space::Message, &key, &value),
            ) {
                (Some((_, id)), Ok(mut message)) => {
                    if message.quoted.is_none() {
                        // It may have come behind its answer.
                        let in_reply_to = message.content.in_reply_to;
                        message.quoted = self.quoted(&Step::default(), conversation, in_reply_to).await;
                    }
                    messages.push(self.view(id, message));
                }
                _ => damaged = true,
            }
        }
        if damaged {
            self.report(Trouble::VaultDamaged);
        }
        messages.reverse();
        (messages, more)
    }

    /// `Seen`.
    pub(crate) async fn seen(&mut self, id: ConversationId) -> Result<(), VaultError> {
        let mut step = Step::default();
        match self.conversation(&step, id) {
            Some(conversation) if conversation.unread > 0 && conversation.consent == Consent::Accepted => {
                step.conversations.insert(
                    id,
                    Conversation {
                        unread: 0,
                        ..conversation
                    },
                );
                self.finish(step).await
            }
            _ => Ok(()),
        }
    }

    /// `Consent`. The other side is told nothing.
    pub(crate) async fn consent(&mut self, id: ConversationId, consent: Consent) -> Result<(), VaultError> {
        if consent == Consent::Asked {
            return Ok(());
        }
        let mut step = Step::default();
        let known = self.conversation(&step, id);
        if known.as_ref().is_some_and(|known| known.consent == consent) {
            return Ok(());
        }
        let known = known.unwrap_or_else(|| new_conversation(consent));
        let mut conversation = Conversation { consent, ..known };
        if consent == Consent::Blocked {
            self.forget_messages(&mut step, id).await?;
            conversation = Conversation {
                at: conversation.at,
                ..new_conversation(consent)
            };
        }
        step.conversations.insert(id, conversation);
        self.finish(step).await?;
        if consent == Consent::Accepted {
            self.watch_txs();
        }
        self.tell_thread(id).await;
        Ok(())
    }

    async fn forget_messages(&mut self, step: &mut Step, conversation: ConversationId) -> Result<(), VaultError> {
        let records = self
            .vault
            .before(Space::Message, &conversation.key(), None, usize::MAX)
            .await?;
        for (key, value) in records.rows {
            let message = records::read::<Message>(Space::Message, &key, &value);
            // That it was ours stays known: it may still come back from the log.
            if !message.is_ok_and(|message| message.mine)
                && let Some((_, id)) = records::parse_message_key(&key)
            {
                step.index.insert(id, None);
            }
            step.messages.insert(key, None);
        }
        for key in records.damaged {
            step.messages.insert(key, None);
        }
        let waiting = self
            .state
            .outbox
            .iter()
            .filter(|(_, intent)| intent.conversation == conversation);
        for (order, intent) in waiting {
            step.outbox.insert(*order, None);
            // It may be stored by now, and comes back then.
            if let Some(sealed) = &intent.sealed
                && let Some(mut log) = self.log(step, sealed.topic)
            {
                log.await_back(intent.id, &sealed.payload);
                step.logs.insert(sealed.topic, log);
            }
        }
        if let Some(peer) = conversation.peer() {
            self.forget_tips(step, peer);
        }
        for (place, _) in self.state.early.iter().filter(|((of, _), _)| *of == conversation) {
            step.early.insert(*place, None);
        }
        Ok(())
    }

    /// Puts a received message where it belongs: shown, hidden, or nowhere (`false`).
    pub(crate) fn receive(&self, step: &mut Step, of: ConversationId, id: MessageId, mut message: Message) -> bool {
        let conversation = self.conversation(step, of);
        let mut conversation = conversation.unwrap_or_else(|| new_conversation(Consent::Asked));
        if message.mine && conversation.consent == Consent::Asked {
            // Another installation of ours has answered.
            conversation.consent = Consent::Accepted;
        }
        if conversation.consent == Consent::Blocked {
            return false;
        }
        self.take_early(step, of, id, &mut message);
        conversation.advance(id, &message);
        if message.state == MessageState::Received {
            conversation.unread = conversation.unread.saturating_add(1);
        }
        step.conversations.insert(of, conversation);
        step.put_message(of, id, message);
        true
    }

    /// The timestamp given to a received message: the server's, at most [`AHEAD`] milliseconds in the future, but always later than
    /// `newest`, the log's newest message.
    pub(crate) fn time_of(&self, stored: UnixMillis, newest: UnixMillis) -> UnixMillis {
        let latest = self.now().0.saturating_add(AHEAD);
        UnixMillis(stored.0.clamp(0, latest.max(0)).max(newest.0.saturating_add(1)))
    }
}
