//! Several tabs at one installation: which events each of them gets.
//!
//! Facts go to all tabs, answers to the tab whose command is being carried out, messages to the tabs that show the thread.
//! A prompt of the wallet goes to the tab where the person asked for it; a read goes to the tab whose wallet changed last.

use bridge::{ConversationId, Event, WalletRequest};
use protocol::Address;

use sorted::Map;

use crate::{Client, Effect, Environment, Vault};

/// A page of this browser, by a number its worker has drawn. Where there is only one page, the default will do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tab(pub u32);

/// The tabs, as far as they have spoken.
#[derive(Default)]
pub(crate) struct Tabs {
    /// The tab whose command is being carried out.
    pub asking: Option<Tab>,
    /// The thread that each of them shows.
    pub shown: Map<Tab, ConversationId>,
    /// Their wallets, the one that changed last at the end.
    wallets: Vec<(Tab, Address, Option<u64>)>,
}

impl Tabs {
    fn wallet_at(&mut self, tab: Tab, account: Option<Address>, chain_id: Option<u64>) {
        self.wallets.retain(|(known, ..)| *known != tab);
        self.wallets.extend(account.map(|account| (tab, account, chain_id)));
    }

    /// The tab whose wallet reads.
    fn reader(&self) -> Option<Tab> {
        self.wallets.last().map(|(tab, ..)| *tab)
    }
}

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// Forgets a tab that is closed or gone in another way. Its open requests are sent to another tab, or later.
    pub fn closed(&mut self, tab: Tab) -> Vec<Effect> {
        self.tabs.shown.remove(&tab);
        self.tx.gone(tab);
        self.moved(tab, None, None);
        self.hand_out()
    }

    /// The wallet of this tab has another account or chain.
    pub(crate) fn moved(&mut self, tab: Tab, account: Option<Address>, chain_id: Option<u64>) {
        self.tabs.wallet_at(tab, account, chain_id);
        let (account, chain_id) = match self.tabs.wallets.last() {
            Some((_, account, chain_id)) => (Some(*account), *chain_id),
            None => (None, None),
        };
        self.tx.wallet_at(account, chain_id);
        self.proofs.ask_anew();
    }

    /// Sends an event to every tab.
    pub(crate) fn tell(&mut self, event: Event) {
        self.effects.push(Effect::Event(event));
    }

    /// Sends an event to this tab.
    pub(crate) fn tell_tab(&mut self, tab: Tab, event: Event) {
        self.effects.push(Effect::Tell { tab, event });
    }

    /// Sends an event to the requesting tab, or to every tab if there is none.
    pub(crate) fn reply(&mut self, event: Event) {
        match self.tabs.asking {
            Some(tab) => self.tell_tab(tab, event),
            None => self.tell(event),
        }
    }

    /// Sends an event to every tab that shows this thread.
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

    /// Sends the request to `tab`, else the requesting tab, else the tab whose wallet changed last. Returns the tab.
    pub(crate) fn put_to_wallet(&mut self, tab: Option<Tab>, number: u32, request: WalletRequest) -> Tab {
        let tab = tab
            .or(self.tabs.asking)
            .or_else(|| self.tabs.reader())
            .unwrap_or_default();
        self.tell_tab(tab, Event::Wallet { number, request });
        tab
    }
}
