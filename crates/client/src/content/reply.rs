use bridge::ConversationId;
use protocol::MessageId;

use super::short;
use crate::{Client, Environment, Vault, records::Quoted, step::Step};

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// What the answered message says, as this step leaves it. `None`: it is not in this conversation's thread.
    pub(crate) async fn quoted(
        &self,
        step: &Step,
        conversation: ConversationId,
        in_reply_to: Option<MessageId>,
    ) -> Option<Quoted> {
        let (_, found, message) = self.message(step, in_reply_to?).await?;
        (found == conversation).then(|| Quoted {
            author: message.author,
            body: short(&message.content.body),
        })
    }
}
