use leptos::prelude::*;
use protocol::{Address, MessageId, U256, api::Network};

use crate::{
    amount,
    signal::{Memo, RwSignal},
    state::{Payee, State, tips},
    tips::{place::Target, words},
    tx::{quote::Quote, words::need},
};

/// What the dialog's parts share.
#[derive(Clone, Copy)]
pub struct Form {
    /// The page's state.
    pub state: State,
    /// The account to pay.
    pub peer: Address,
    /// What stands in the field.
    pub typed: RwSignal<String>,
    /// On which network.
    pub target: Memo<Target>,
    /// Whether they can be paid.
    pub payee: Memo<Option<Payee>>,
    /// What it would cost.
    pub quote: RwSignal<Quote>,
    /// The tip the wallet is being asked for.
    pub asked: Memo<Option<MessageId>>,
    /// The amount was pressed for as it is: from now on its problems are said.
    pub pressed: RwSignal<bool>,
}

impl Form {
    /// The network it goes by.
    pub fn network(self) -> Option<Network> {
        match self.target.get() {
            Target::Here(network) | Target::Change(network) => Some(network),
            Target::Nowhere(_) | Target::None => None,
        }
    }

    /// The wallet is on that network.
    pub fn is_here(self) -> bool {
        matches!(self.target.get(), Target::Here(_)) && self.state.wallet_connected()
    }

    /// The symbol of that network's coin; empty if there is no network.
    pub fn symbol(self) -> String {
        self.network().map(|network| network.symbol).unwrap_or_default()
    }

    /// What keeps the typed amount from being paid, in words; the empty string: nothing was typed.
    pub fn verdict(self) -> Result<U256, String> {
        let typed = self.typed.get();
        let value = match amount::typed(&typed) {
            Ok(U256::ZERO) => return Err("Type more than nothing.".to_owned()),
            Ok(value) => value,
            Err(amount::AmountError::Empty) => return Err(String::new()),
            Err(why) => return Err(words::no_amount(why, &self.symbol())),
        };
        let have = self.state.balance.get().filter(|_| self.is_here());
        let fee = self.quote.with(|quote| quote.fee);
        match have.and_then(|have| need(value, fee, have, &self.symbol())) {
            Some(short) => Err(short),
            None => Ok(value),
        }
    }

    /// Pays, if everything is as it must be. False: the amount is not.
    pub fn pay(self) -> bool {
        let (verdict, target, connected) =
            untrack(|| (self.verdict(), self.target.get(), self.state.wallet_connected()));
        let known = self.payee.with(|payee| matches!(payee, Some(Payee::Account { .. })));
        let (Target::Here(network), true, true, None) = (target, connected, known, self.asked.get_untracked()) else {
            return true;
        };
        self.pressed.set(true);
        match verdict {
            Ok(value) => tips::pay(self.state, self.peer, network.chain_id, value),
            Err(_) => false,
        }
    }
}
