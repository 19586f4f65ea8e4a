//! The area of people: the installations of accounts as the server lists them, and whether an account is here.

use bridge::Event;
use protocol::{Address, Ask, AssociationHash, InstallationId, UnixMillis};
use sorted::Map;

use crate::{Client, Environment, Vault};

/// How long a list of installations is taken as it is without a hint that it has changed, in milliseconds: hints may be lost.
const FRESH: i64 = 300_000;

/// The installations of an account, as the server listed them.
pub(crate) struct Listing {
    pub at: UnixMillis,
    pub rows: Vec<(InstallationId, AssociationHash)>,
}

/// What is known of accounts on this connection and before.
#[derive(Default)]
pub(crate) struct People {
    pub lists: Map<Address, Listing>,
    /// Accounts that the page looks for, without an answer.
    pub finds: Vec<Address>,
}

impl People {
    /// Whether the account's list is here and no older than [`FRESH`].
    fn is_fresh(&self, account: Address, now: UnixMillis) -> bool {
        let list = self.lists.get(&account);
        list.is_some_and(|list| (0..FRESH).contains(&(now.0 - list.at.0)))
    }

    /// Whether the account's list has this installation.
    pub fn lists(&self, account: Address, installation: InstallationId) -> bool {
        let list = self.lists.get(&account);
        list.is_some_and(|list| list.rows.iter().any(|(id, _)| *id == installation))
    }
}

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    pub(crate) fn is_fresh(&self, account: Address) -> bool {
        self.people.is_fresh(account, self.environment.now())
    }

    /// Whether the account's list is here and fresh; asks for it otherwise.
    pub(crate) fn is_listed(&mut self, account: Address) -> bool {
        let fresh = self.is_fresh(account);
        if !fresh {
            self.ask(Ask::Installations { account });
        }
        fresh
    }

    /// `Find`.
    pub(crate) fn find(&mut self, account: Address) {
        let known = self
            .state
            .logs
            .values()
            .any(|log| log.conversation == Some(account.into()) && account != self.account);
        if known {
            self.reply(Event::Found {
                account,
                here: Some(true),
            });
        } else if self.is_connecting() {
            self.people.lists.remove(&account);
            if !self.people.finds.contains(&account) {
                self.people.finds.push(account);
            }
        } else {
            self.reply(Event::Found { account, here: None });
        }
    }

    /// Answers every `Find` that can be answered.
    pub(crate) fn answer_finds(&mut self) {
        for account in std::mem::take(&mut self.people.finds) {
            match self.is_here(account) {
                None => self.people.finds.push(account),
                here => self.tell(Event::Found { account, here }),
            }
        }
    }

    /// Whether the account has an installation whose association holds, by the list that is here. `None` while it, or an
    /// association, is being asked for.
    pub(crate) fn is_here(&mut self, account: Address) -> Option<bool> {
        if self.holds_listed(account) {
            return Some(true);
        }
        let Some(list) = self.people.lists.get(&account) else {
            self.ask(Ask::Installations { account });
            return None;
        };
        let rows = list.rows.iter();
        let unknown: Vec<_> = rows
            .map(|(_, hash)| *hash)
            .filter(|hash| !self.directory.is_settled(hash))
            .collect();
        if unknown.is_empty() {
            // Somebody whose chain could not be asked yet is not nobody.
            return Some(self.unchecked(account).is_some());
        }
        for hash in unknown {
            self.ask(Ask::Association { hash });
        }
        None
    }

    /// Whether one of the account's listed installations is vouched for.
    pub(crate) fn holds_listed(&self, account: Address) -> bool {
        let holds = |(id, hash): &(InstallationId, AssociationHash)| {
            let vouched = self.directory.get(hash);
            let holds = vouched.is_some_and(|vouched| vouched.address == account && vouched.installation == *id);
            holds && !self.directory.is_revoked(*id)
        };
        self.people
            .lists
            .get(&account)
            .is_some_and(|list| list.rows.iter().any(holds))
    }
}
