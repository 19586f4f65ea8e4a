//! Several tabs at one installation: who is told what.
//!
//! Facts go to all of them, answers to the tab whose command is being carried out, messages to those that show the thread.
//! What the wallet is asked for a wish goes to the tab that wished; what is only read goes to the tab whose wallet spoke last.

use bridge::{ConversationId, Event, WalletRequest};
use protocol::Address;

use crate::{Client, Effect, Environment, Vault, map::Map};

/// A page of this browser, by a number its worker has drawn. Where there is only one page, the default will do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tab(pub u32);

/// The tabs, as far as they have spoken.
#[derive(Default)]
pub(crate) struct Tabs {
    /// Whose command is being carried out.
    pub asking: Option<Tab>,
    /// The thread that each of them shows.
    pub shown: Map<Tab, ConversationId>,
    /// Where their wallets are; the one that spoke last stands last.
    wallets: Vec<(Tab, Address, Option<u64>)>,
}

impl Tabs {
    fn wallet_at(&mut self, tab: Tab, account: Option<Address>, chain_id: Option<u64>) {
        self.wallets.retain(|(known, ..)| *known != tab);
        self.wallets.extend(account.map(|account| (tab, account, chain_id)));
    }

    /// Whose wallet reads.
    fn reader(&self) -> Option<Tab> {
        self.wallets.last().map(|(tab, ..)| *tab)
    }
}

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// This tab is closed, or gone in another way. What it was asked is asked elsewhere, or later.
    pub fn closed(&mut self, tab: Tab) -> Vec<Effect> {
        self.tabs.shown.remove(&tab);
        self.desk.gone(tab);
        self.moved(tab, None, None);
        self.hand_out()
    }

    /// The wallet of this tab is there now.
    pub(crate) fn moved(&mut self, tab: Tab, account: Option<Address>, chain_id: Option<u64>) {
        self.tabs.wallet_at(tab, account, chain_id);
        let (account, chain_id) = match self.tabs.wallets.last() {
            Some((_, account, chain_id)) => (Some(*account), *chain_id),
            None => (None, None),
        };
        self.desk.wallet_at(account, chain_id);
        self.proofs.ask_anew();
    }

    /// Tells every tab.
    pub(crate) fn tell(&mut self, event: Event) {
        self.effects.push(Effect::Event(event));
    }

    /// Tells this tab.
    pub(crate) fn tell_tab(&mut self, tab: Tab, event: Event) {
        self.effects.push(Effect::Tell { tab, event });
    }

    /// Tells the tab that asks; every tab, if none does.
    pub(crate) fn reply(&mut self, event: Event) {
        match self.tabs.asking {
            Some(tab) => self.tell_tab(tab, event),
            None => self.tell(event),
        }
    }

    /// Tells every tab that shows this thread.
    pub(crate) fn tell_watching(&mut self, conversation: ConversationId, event: &Event) {
        let watching: Vec<_> = self
            .tabs
            .shown
            .iter()
            .filter(|(_, shown)| **shown == conversation)
            .collect();
        let watching: Vec<_> = watching.into_iter().map(|(tab, _)| *tab).collect();
        for tab in watching {
            self.tell_tab(tab, event.clone());
        }
    }

    /// Asks the wallet of this tab; if it is of none, of the one that asks, or whose wallet spoke last. Gives which.
    pub(crate) fn put_to_wallet(&mut self, tab: Option<Tab>, number: u32, request: WalletRequest) -> Tab {
        let tab = tab
            .or(self.tabs.asking)
            .or_else(|| self.tabs.reader())
            .unwrap_or_default();
        self.tell_tab(tab, Event::Wallet { number, request });
        tab
    }
}
