//! Whom one is about to pay, what the wallet is being asked, and what came to nothing.

use bridge::TipRefusal;
use protocol::{Address, MessageId};
use sorted::Map;

use crate::signal::{ReadSignal, RwSignal};

/// Whom a tip would go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payee {
    /// To an account that can be paid.
    Account {
        /// It was never paid from here.
        first: bool,
        /// A smart account of this chain only.
        only: Option<u64>,
    },
    /// The account cannot be paid, for this reason.
    Nobody(TipRefusal),
}

/// The tip this page's wallet is being asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Whom it is for.
    pub peer: Address,
    /// The message that speaks of it.
    pub id: MessageId,
    /// EIP-155 id of the tip's chain.
    pub chain_id: u64,
    /// The wallet has taken its time.
    pub slow: bool,
}

/// What is read of tips that are about to be made.
#[derive(Clone, Copy)]
pub struct Tips {
    /// Whom the open dialog is to pay.
    pub desk: ReadSignal<Option<Address>>,
    /// Whom tips would go to, as far as the worker has said.
    pub payees: ReadSignal<Map<Address, Payee>>,
    /// What the wallet is being asked for.
    pub asked: ReadSignal<Option<Asked>>,
    /// Why the last tip to somebody was not made, in words.
    pub refused: ReadSignal<Map<Address, String>>,
    /// Goes up when money has moved.
    pub moved: ReadSignal<u32>,
}

/// The only writer of tips that are about to be made.
#[derive(Clone, Copy)]
pub struct TipsWriter {
    desk: RwSignal<Option<Address>>,
    payees: RwSignal<Map<Address, Payee>>,
    asked: RwSignal<Option<Asked>>,
    refused: RwSignal<Map<Address, String>>,
    moved: RwSignal<u32>,
}

impl TipsWriter {
    /// Makes a store without any tip.
    pub fn new() -> Self {
        Self {
            desk: RwSignal::new(None),
            payees: RwSignal::new(Map::default()),
            asked: RwSignal::new(None),
            refused: RwSignal::new(Map::default()),
            moved: RwSignal::new(0),
        }
    }

    /// What is read.
    pub fn signals(self) -> Tips {
        Tips {
            desk: self.desk.into(),
            payees: self.payees.into(),
            asked: self.asked.into(),
            refused: self.refused.into(),
            moved: self.moved.into(),
        }
    }

    /// Another account is at the page.
    pub fn clear(self) {
        self.desk.set(None);
        self.asked.set(None);
        self.payees.set(Map::default());
        self.refused.set(Map::default());
    }

    /// The dialog is open for this account, or closed.
    pub fn set_desk(self, peer: Option<Address>) {
        self.desk.set(peer);
    }

    /// The wallet is being asked for this, or for nothing.
    pub fn set_asked(self, asked: Option<Asked>) {
        self.asked.set(asked);
    }

    /// Whom a tip to this account would go to.
    pub fn set_payee(self, peer: Address, payee: Payee) {
        self.payees.update(|all| {
            all.insert(peer, payee);
        });
    }

    /// Why the last tip to this account was not made; `None`: it has been read.
    pub fn set_refused(self, peer: Address, words: Option<String>) {
        self.refused.update(|all| {
            match words {
                Some(words) => all.insert(peer, words),
                None => all.remove(&peer),
            };
        });
    }

    /// Money has moved.
    pub fn moved(self) {
        self.moved.update(|times| *times += 1);
    }
}
