//! Records as the page shows them.

use bridge::{BodyView, Consent, ConversationId, ConversationView, MessageView, QuoteView, QuotedView};
use content::{Body, Kind, Known, Text, TipReference};
use protocol::MessageId;

use crate::{
    Client, Environment, Vault,
    content::reaction,
    records::{Conversation, Message},
    step::State,
};

impl State {
    /// The body of the message with this id.
    pub fn body_view(&self, id: MessageId, body: &Body) -> BodyView {
        if let (TipReference::NUMBER, Some(tx)) = (body.kind, self.txs.get(&id)) {
            return BodyView::Tip(crate::tips::view(tx));
        }
        match body.known() {
            Ok(Some(Known::Text(Text(text)))) => BodyView::Text(text),
            _ => BodyView::Unknown {
                fallback: body.fallback.clone(),
            },
        }
    }
}

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// A message as the page shows it.
    pub(crate) fn view(&self, id: MessageId, message: Message) -> MessageView {
        let quoted = message.quoted;
        let in_reply_to = message.content.in_reply_to.map(|id| QuoteView {
            id,
            quoted: quoted.map(|quoted| QuotedView {
                author: quoted.author,
                body: self.state.body_view(id, &quoted.body),
            }),
        });
        MessageView {
            id,
            author: message.author,
            at: message.at,
            state: message.state,
            in_reply_to,
            reactions: reaction::view(&message.reactions, self.account),
            body: self.state.body_view(id, &message.content.body),
        }
    }

    /// A conversation as the page shows it.
    pub(crate) fn conversation_view(&self, id: ConversationId, conversation: &Conversation) -> ConversationView {
        let latest = conversation.latest.as_ref();
        let latest = latest.filter(|_| conversation.consent == Consent::Accepted);
        ConversationView {
            id,
            participants: self.others(id),
            consent: conversation.consent,
            preview: latest.map(|latest| self.state.body_view(latest.id, &latest.body)),
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

    /// The list, newest first.
    pub(crate) fn list(&self) -> Vec<ConversationView> {
        let mut list: Vec<ConversationView> = Vec::new();
        let conversations = self.state.conversations.iter();
        for (id, conversation) in conversations.filter(|(_, conversation)| conversation.consent.is_listed()) {
            // Not `sort_by_key`: a sort is some 3 KB of code for every type.
            let place = list.partition_point(|view| (view.at, view.id) > (conversation.at, *id));
            list.insert(place, self.conversation_view(*id, conversation));
        }
        list
    }
}
