//! Renewal of our keys in a group. A copy of the old keys is useless once they are renewed (RFC 9420, section 16.6).

use bridge::ConversationId;
use protocol::Topic;

use crate::{
    Client, Environment, Vault, VaultError,
    records::{SPENT, TopicState},
};

/// Our keys in a group are renewed after so long, in milliseconds, or after so many messages, at the latest.
const RENEWED: (i64, u32) = (7 * 24 * 3600 * 1000, 1_000);
/// The most by which an installation renews earlier, in the same units, so that not all members renew at the same moment.
const EARLIER: (i64, u32) = (24 * 3600 * 1000, 100);
/// While so many questions are open, no group more is renewed.
const QUESTIONS: usize = 8;
/// How far our clock may go back before the time of the last renewal means nothing, in milliseconds.
const BACK: i64 = 60_000;

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// How old our keys in a group may become, in milliseconds and in messages.
    fn lifetime(&self) -> (i64, u32) {
        let part = self.installation.id().0[0];
        (
            RENEWED.0 - EARLIER.0 * i64::from(part) / 256,
            RENEWED.1 - EARLIER.1 * u32::from(part) / 256,
        )
    }

    fn is_worn(&self, log: &TopicState, (time, messages): (i64, u32)) -> bool {
        let age = self.now().0.saturating_sub(log.renewed.0);
        log.since >= messages || !(-BACK..time).contains(&age)
    }

    /// Whether our keys in this group are to be renewed before we write.
    pub(crate) fn is_renewal_due(&self, conversation: ConversationId, topic: Topic) -> bool {
        let stuck = self.rosters.get(&conversation).is_some_and(|roster| roster.stuck);
        let due = |log: &TopicState| log.since == SPENT || (!stuck && self.is_worn(log, self.lifetime()));
        self.state.logs.get(&topic).is_some_and(due)
    }

    /// Renews our keys where they have grown old, also if nothing is written there: who only reads heals too.
    pub(crate) async fn renew(&mut self) -> Result<(), VaultError> {
        if !self.link.live {
            return Ok(());
        }
        // After every frame, over every log: what costs more is only looked at where keys are old.
        let lifetime = self.lifetime();
        let worn = self.state.logs.iter().filter(|(_, log)| self.is_worn(log, lifetime));
        let due = worn.filter_map(|(topic, log)| {
            let of = log.conversation.filter(|of| self.may_read(*of))?;
            (self.is_renewal_due(of, *topic) && self.is_writable(*topic)).then_some((of, *topic))
        });
        for (conversation, topic) in due.collect::<Vec<_>>() {
            if self.topic_of(conversation) == Some(topic) && self.link.asks.len() < QUESTIONS {
                self.prepare_group(conversation).await?;
            }
        }
        Ok(())
    }
}
