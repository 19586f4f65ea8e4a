//! Who is in a conversation, and groups of more than two accounts. What holds for two accounts only is a rule of `Direct`.

use bridge::{Consent, ConversationId};
use protocol::{Address, Topic};

use crate::{
    Client, Environment, Vault, VaultError,
    conversations::new_conversation,
    records::{Conversation, Membership, TopicState},
    step::Step,
};

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// From now on invitations into groups are followed. Without it they are skipped: no page shows groups yet, and nobody
    /// is to be in a conversation that is nowhere to be seen.
    pub fn allow_groups(&mut self) {
        self.groups = true;
    }

    /// Makes a group with these accounts. They are added, by one commit if there is room, before the first message.
    ///
    /// # Errors
    /// The vault keeps nothing of it.
    pub async fn new_group(&mut self, accounts: &[Address]) -> Result<ConversationId, VaultError> {
        let mut step = Step::default();
        let topic = Topic(self.random());
        let id = ConversationId::Group(topic);
        if self.installation.create(topic).is_err() {
            self.give_up();
            return Err(VaultError::Unavailable("no group can be made".into()));
        }
        let log = TopicState {
            invited: accounts.to_vec(),
            ..TopicState::new(Some(id), Membership::Made, self.now())
        };
        step.logs.insert(topic, log);
        let conversation = Conversation {
            at: self.now(),
            ..new_conversation(Consent::Accepted)
        };
        step.conversations.insert(id, conversation);
        self.finish(step).await?;
        Ok(id)
    }

    /// The accounts of a conversation, our own among them, in order.
    pub(crate) fn accounts(&self, conversation: ConversationId) -> Vec<Address> {
        let mut accounts = match conversation {
            ConversationId::Direct(peer) => vec![peer],
            ConversationId::Group(topic) => {
                let members = self.installation.members(topic).into_iter();
                let invited = self.state.logs.get(&topic).map(|log| log.invited.clone());
                members
                    .map(|member| member.address)
                    .chain(invited.unwrap_or_default())
                    .collect()
            }
        };
        accounts.push(self.account);
        accounts.sort_unstable();
        accounts.dedup();
        accounts
    }

    /// The accounts that must be reached by what is written: all but our own; our own in a conversation with ourselves.
    pub(crate) fn others(&self, conversation: ConversationId) -> Vec<Address> {
        match conversation {
            ConversationId::Direct(peer) => vec![peer],
            ConversationId::Group(_) => {
                let mut accounts = self.accounts(conversation);
                accounts.retain(|account| *account != self.account);
                accounts
            }
        }
    }

    /// The accounts that are invited and not among the members yet.
    pub(crate) fn still_invited(&self, topic: Topic, log: &TopicState) -> Vec<Address> {
        let members = self.installation.members(topic);
        let missing = |account: &&Address| !members.iter().any(|member| member.address == **account);
        log.invited.iter().filter(missing).copied().collect()
    }
}
