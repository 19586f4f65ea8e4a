//! Installations that are an account's no more: ours, by our word; others, by what their accounts have signed.
//!
//! The server reports and stores revocations; only one that is proved here removes an installation. The next member that writes commits the
//! removal of the revoked ones.

use bridge::{BodyView, ConversationId, Event};
use identity::Revocation;
use protocol::{Answer, Ask, ErrorCode, InstallationId, Topic, UnixMillis, limits};
use serde_bytes::ByteBuf;

use sorted::Map;

use crate::{Client, Effect, Environment, Vault, VaultError, step::Step};

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// `Revoke`.
    pub(crate) fn revoke(&mut self, installation: InstallationId) {
        let signed = self.installation.revoke(self.origin.domain(), installation, self.now());
        match signed {
            Ok(revocation) if self.link.is_ready() => self.ask(Ask::Revoke {
                revocation: ByteBuf::from(revocation.to_bytes()),
            }),
            _ => self.tell(Event::Revoked {
                installation,
                refused: Some(ErrorCode::Unavailable),
            }),
        }
    }

    /// Handles the answer to our `Ask::Revoke`, or its absence (`Unavailable`).
    pub(crate) fn revoke_answered(&mut self, revocation: &[u8], refused: Option<ErrorCode>) {
        if let Ok(revocation) = Revocation::from_bytes(revocation) {
            let installation = revocation.installation;
            self.tell(Event::Revoked { installation, refused });
        }
        if self.leaving {
            self.delete();
        }
    }

    /// Reports every open `Ask::Revoke` as failed: the socket is gone and no answer will come.
    pub(crate) fn give_up_revoking(&mut self, asks: &Map<u32, (Ask, UnixMillis)>) {
        for (ask, _) in asks.values() {
            if let Ask::Revoke { revocation } = ask {
                self.revoke_answered(revocation, Some(ErrorCode::Unavailable));
            }
        }
    }

    /// `Forget`: revokes this installation if the server can be reached, then deletes the vault whatever the answer.
    pub(crate) fn forget(&mut self) {
        let told = self.link.is_ready() && self.installation.association().is_some();
        if told && !self.leaving {
            self.leaving = true;
            self.revoke(self.installation.id());
        } else {
            self.delete();
        }
    }

    fn delete(&mut self) {
        self.leaving = false;
        self.disconnect();
        self.forgotten = true;
        self.wake_at = None;
        self.effects.push(Effect::DeleteVault);
        self.tell(Event::Forgotten);
    }

    /// `LeftOver`.
    pub(crate) fn left_over(&mut self) {
        let mut texts = Vec::new();
        for intent in self.state.outbox.values() {
            let body = self.state.body_view(intent.id, &intent.content.body);
            if matches!(body, BodyView::Text(_)) {
                texts.push((intent.conversation, body));
            }
        }
        self.reply(Event::LeftOver(texts));
    }

    /// Members of the group that their accounts have provably revoked. `None` while the server is asked about those that it
    /// does not list.
    pub(crate) fn revoked_of(
        &mut self,
        conversation: ConversationId,
        topic: Option<Topic>,
    ) -> Option<Vec<InstallationId>> {
        let own = self.installation.id();
        let accounts = self.accounts(conversation);
        let members: Vec<_> = topic
            .map(|topic| self.installation.members(topic))
            .unwrap_or_default()
            .into_iter()
            .filter(|member| member.installation != own && accounts.contains(&member.address))
            .map(|member| member.installation)
            .collect();
        let listed = |id: &InstallationId| {
            let lists = accounts.iter().filter_map(|account| self.people.lists.get(account));
            lists.flat_map(|list| &list.rows).any(|(listed, _)| listed == id)
        };
        let unclear: Vec<_> = members
            .iter()
            .filter(|id| !listed(id) && !self.directory.is_revoked(**id) && !self.link.not_revoked.contains(*id))
            .copied()
            .take(limits::REVOCATIONS)
            .collect();
        if !unclear.is_empty() {
            self.ask(Ask::Revocations { installations: unclear });
            return None;
        }
        Some(
            members
                .into_iter()
                .filter(|id| self.directory.is_revoked(*id))
                .collect(),
        )
    }

    /// Answer to `Ask::Revocations`. What it does not prove is not so: the server throws nobody out.
    pub(crate) async fn revocations(
        &mut self,
        asked: Vec<InstallationId>,
        answer: Result<Answer, ErrorCode>,
    ) -> Result<(), VaultError> {
        let given = match answer {
            Ok(Answer::Revocations(given)) => given,
            _ => Vec::new(),
        };
        let mut step = Step::default();
        let mut unclear = Vec::new();
        for bytes in given {
            let read = Revocation::from_bytes(&bytes).ok();
            let Some(revocation) = read.filter(|read| asked.contains(&read.installation)) else {
                continue;
            };
            match revocation.association() {
                // The signer's association is needed first; the revocation is asked for again once it has come.
                Some(hash) if !self.directory.is_settled(&hash) => {
                    unclear.push(revocation.installation);
                    step.asks.push(Ask::Association { hash });
                }
                _ if self.directory.proves(&revocation) && self.is_of(&revocation) => step.revocations.push(revocation),
                _ => {}
            }
        }
        self.link
            .not_revoked
            .extend(asked.into_iter().filter(|id| !unclear.contains(id)));
        self.finish(step).await
    }

    /// Whether one of our groups has the revoked installation as a member of the revoking account.
    fn is_of(&self, revocation: &Revocation) -> bool {
        let id = revocation.installation;
        let topics = self.state.logs.iter().map(|(topic, _)| topic);
        topics
            .flat_map(|topic| self.installation.members(*topic))
            .any(|member| member.installation == id && member.address == revocation.account)
    }
}
