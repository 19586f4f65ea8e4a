//! What was typed and not sent yet, since the page was loaded.

use bridge::ConversationId;
use protocol::MessageId;
use sorted::Map;

use crate::signal::{ReadSignal, RwSignal};

/// The only writer of drafts.
#[derive(Clone, Copy)]
pub struct DraftsWriter {
    texts: RwSignal<Map<ConversationId, String>>,
    touched: RwSignal<u32>,
    reply: RwSignal<Option<(ConversationId, MessageId)>>,
}

impl DraftsWriter {
    /// Nothing was typed.
    pub fn new() -> Self {
        Self {
            texts: RwSignal::new(Map::default()),
            touched: RwSignal::new(0),
            reply: RwSignal::new(None),
        }
    }

    /// Goes up when a draft changed from outside its text box.
    pub fn touched(self) -> ReadSignal<u32> {
        self.touched.into()
    }

    /// The message that is being answered, and in which conversation.
    pub fn reply(self) -> ReadSignal<Option<(ConversationId, MessageId)>> {
        self.reply.into()
    }

    /// What was typed in this conversation.
    pub fn get(self, conversation: ConversationId) -> Option<String> {
        self.texts.with_untracked(|all| all.get(&conversation).cloned())
    }

    /// This was typed.
    pub fn put(self, conversation: ConversationId, text: &str) {
        self.texts
            .change_silently(|all| all.insert(conversation, text.to_owned()));
    }

    /// A draft has changed from outside its text box.
    pub fn touch(self) {
        self.touched.update(|times| *times += 1);
    }

    /// This message is being answered.
    pub fn set_reply(self, reply: Option<(ConversationId, MessageId)>) {
        self.reply.set(reply);
    }

    /// Another account is at the page.
    pub fn clear(self) {
        self.texts.change_silently(Map::clear);
        self.reply.set(None);
    }
}
