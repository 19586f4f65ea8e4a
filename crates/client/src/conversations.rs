//! What the person sees: the list, threads, consent.

use bridge::{Consent, ConversationView, Event, MessageState, MessageView, Trouble};
use protocol::{Address, MessageId, UnixMillis};

use crate::{
    Client, Environment, Space, Vault, VaultError,
    records::{self, Conversation, Message},
    step::Step,
};

/// How many messages of a thread are shown at once.
const PAGE: usize = 50;
/// The longest preview, in characters.
const PREVIEW: usize = 120;
/// How far a server's time may lie ahead of ours before it is not believed.
const AHEAD: i64 = 60_000;

pub(crate) fn conversation_view(peer: Address, conversation: &Conversation) -> ConversationView {
    let shown = conversation.consent == Consent::Accepted;
    ConversationView {
        peer,
        consent: conversation.consent,
        preview: if shown {
            conversation.preview.clone()
        } else {
            String::new()
        },
        mine: conversation.mine,
        at: conversation.at,
        // A stranger is one thing to decide on, however much they wrote.
        unread: match conversation.consent {
            Consent::Accepted => conversation.unread,
            Consent::Asked => 1,
            Consent::Declined | Consent::Blocked => 0,
        },
    }
}

fn preview(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().take(PREVIEW));
        if line.chars().count() >= PREVIEW {
            break;
        }
    }
    line.chars().take(PREVIEW).collect()
}

/// A conversation nothing has happened in yet.
pub(crate) fn new_conversation(consent: Consent) -> Conversation {
    Conversation {
        consent,
        preview: String::new(),
        mine: false,
        at: UnixMillis(0),
        unread: 0,
    }
}

impl Conversation {
    /// The newest message is this one, if it is.
    pub(crate) fn advance(&mut self, message: &Message) {
        if message.at >= self.at {
            self.at = message.at;
            self.mine = message.mine;
            self.preview = preview(&message.text);
        }
    }
}

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// Now, as far as the server's clock is known.
    pub(crate) fn now(&self) -> UnixMillis {
        UnixMillis(self.environment.now().0.saturating_add(self.skew))
    }

    /// A message as the page shows it.
    pub(crate) fn view(&self, id: MessageId, message: Message) -> MessageView {
        MessageView {
            id,
            author: message.author,
            mine: message.mine,
            text: message.text,
            at: message.at,
            state: message.state,
            tip: self.state.tips.get(&id).map(crate::tips::view),
        }
    }

    /// The list, newest first.
    pub(crate) fn list(&self) -> Vec<ConversationView> {
        let mut list: Vec<ConversationView> = Vec::new();
        let conversations = self.state.conversations.iter();
        for (peer, conversation) in conversations.filter(|(_, conversation)| conversation.consent.is_listed()) {
            // Not `sort_by_key`: a sort is some 3 KB of code for every type.
            let place = list.partition_point(|view| (view.at, view.peer) > (conversation.at, *peer));
            list.insert(place, conversation_view(*peer, conversation));
        }
        list
    }

    /// Whether the texts of this peer are shown.
    pub(crate) fn may_read(&self, peer: Address) -> bool {
        self.state
            .conversations
            .get(&peer)
            .is_some_and(|conversation| conversation.consent == Consent::Accepted)
    }

    /// `Show`.
    pub(crate) async fn show(&mut self, peer: Option<Address>) {
        let tab = self.tabs.asking.unwrap_or_default();
        match peer {
            Some(peer) => {
                self.tabs.shown.insert(tab, peer);
                // In no list, and yet one must see what was answered, to answer otherwise.
                let unlisted = self
                    .state
                    .conversations
                    .get(&peer)
                    .filter(|known| !known.consent.is_listed());
                if let Some(view) = unlisted.map(|known| conversation_view(peer, known)) {
                    self.reply(Event::Conversation(view));
                }
                let (messages, more) = self.page(peer, None).await;
                self.reply(Event::Thread { peer, messages, more });
            }
            None => drop(self.tabs.shown.remove(&tab)),
        }
    }

    /// The thread, to every tab that shows it.
    pub(crate) async fn tell_thread(&mut self, peer: Address) {
        if self.tabs.shown.values().any(|shown| *shown == peer) {
            let (messages, more) = self.page(peer, None).await;
            self.tell_watching(peer, &Event::Thread { peer, messages, more });
        }
    }

    /// `Older`.
    pub(crate) async fn older(&mut self, peer: Address, before: MessageId) {
        let end = self.vault.get(Space::Index, &before.0).await.ok().flatten();
        let (messages, more) = match end {
            Some(end) => self.page(peer, Some(&end)).await,
            None => (Vec::new(), false),
        };
        self.reply(Event::Older { peer, messages, more });
    }

    async fn page(&mut self, peer: Address, end: Option<&[u8]>) -> (Vec<MessageView>, bool) {
        if !self.may_read(peer) {
            return (Vec::new(), false);
        }
        let records = match self.vault.before(Space::Message, peer.as_slice(), end, PAGE + 1).await {
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
                (Some((_, id)), Ok(message)) => messages.push(self.view(id, message)),
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
    pub(crate) async fn seen(&mut self, peer: Address) -> Result<(), VaultError> {
        let mut step = Step::default();
        match self.conversation(&step, peer) {
            Some(conversation) if conversation.unread > 0 && conversation.consent == Consent::Accepted => {
                step.conversations.insert(
                    peer,
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
    pub(crate) async fn consent(&mut self, peer: Address, consent: Consent) -> Result<(), VaultError> {
        if consent == Consent::Asked {
            return Ok(());
        }
        let mut step = Step::default();
        let known = self.conversation(&step, peer);
        if known.as_ref().is_some_and(|known| known.consent == consent) {
            return Ok(());
        }
        let known = known.unwrap_or_else(|| new_conversation(consent));
        let mut conversation = Conversation { consent, ..known };
        if consent == Consent::Blocked {
            self.forget_messages(&mut step, peer).await?;
            conversation = Conversation {
                at: conversation.at,
                ..new_conversation(consent)
            };
        }
        step.conversations.insert(peer, conversation);
        self.finish(step).await?;
        if consent == Consent::Accepted {
            self.watch_tips();
        }
        self.tell_thread(peer).await;
        Ok(())
    }

    async fn forget_messages(&mut self, step: &mut Step, peer: Address) -> Result<(), VaultError> {
        let records = self
            .vault
            .before(Space::Message, peer.as_slice(), None, usize::MAX)
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
        let waiting = self.state.outbox.iter().filter(|(_, intent)| intent.peer == peer);
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
        self.forget_tips(step, peer);
        Ok(())
    }

    /// Puts a received message where it belongs: shown, hidden, or nowhere (`false`).
    pub(crate) fn receive(&self, step: &mut Step, peer: Address, id: MessageId, message: Message) -> bool {
        let conversation = self.conversation(step, peer);
        let mut conversation = conversation.unwrap_or_else(|| new_conversation(Consent::Asked));
        if message.mine && conversation.consent == Consent::Asked {
            // Another installation of ours has answered.
            conversation.consent = Consent::Accepted;
        }
        if conversation.consent == Consent::Blocked {
            return false;
        }
        conversation.advance(&message);
        if message.state == MessageState::Received {
            conversation.unread = conversation.unread.saturating_add(1);
        }
        step.conversations.insert(peer, conversation);
        step.put_message(peer, id, message);
        true
    }

    /// The time a received message stands at: the server's, but never before the ones its log already has and never
    /// far in the future.
    pub(crate) fn time_of(&self, stored: UnixMillis, newest: UnixMillis) -> UnixMillis {
        let latest = self.now().0.saturating_add(AHEAD);
        UnixMillis(stored.0.clamp(0, latest.max(0)).max(newest.0.saturating_add(1)))
    }
}
