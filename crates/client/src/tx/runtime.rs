//! What there is of transactions in memory only.

use protocol::{Address, MessageId, ObservedStatus, TxHash, UnixMillis, api::Network};

use sorted::Map;

use crate::Tab;

/// The first and the longest pause between two readings of the same transaction, in milliseconds.
const PAUSE: (i64, i64) = (1_000, 15_000);

/// What the page's wallet was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// Would it go through? The simulation, with the fee.
    Try,
    /// Does the contract exist at all? Right before the prompt.
    Stands,
    /// Send it: the only one that shows a prompt.
    Send,
    /// Has the contract counted it?
    Used,
    /// Has it not, although the transaction that we know of reverted (`deep`: as deep as the network asks for)? One before it, whose
    /// hash was lost, may have paid.
    Unpaid {
        deep: bool,
    },
    Receipt(TxHash),
    Transaction(TxHash),
}

/// A question without an answer.
pub(crate) struct Open {
    pub id: MessageId,
    pub question: Question,
    /// Who was asked.
    pub tab: Tab,
    pub since: UnixMillis,
}

/// A transaction the server names that is not the one we know.
#[derive(Clone, Copy)]
pub(crate) struct Hint {
    pub hash: TxHash,
    pub status: ObservedStatus,
    /// It was read, did not do what ours is for, and is as deep as the network asks for.
    pub deep: bool,
}

/// When a transaction is read again.
#[derive(Default)]
pub(crate) struct Look {
    pub next: UnixMillis,
    pub last: UnixMillis,
    pause: i64,
    pub hint: Option<Hint>,
    /// It was final, and is read again because the server observes something else. Until that has shown something else, no hint makes
    /// the wallet be asked faster than by the longest pause.
    pub doubted: bool,
}

impl Look {
    /// Nothing new: later, and later still the next time.
    pub fn later(&mut self, now: UnixMillis) {
        self.pause = (self.pause * 2).clamp(PAUSE.0, PAUSE.1);
        self.next = UnixMillis(now.0 + self.pause);
    }

    /// There may be something new: soon, but never faster than the shortest pause.
    pub fn soon(&mut self, now: UnixMillis) {
        self.pause = 0;
        let least = if self.doubted { PAUSE.1 } else { PAUSE.0 };
        let next = self.last.0.saturating_add(least).clamp(now.0, now.0 + least);
        self.next = UnixMillis(next);
    }

    /// A final reading is said to be wrong.
    pub fn doubt(&mut self, now: UnixMillis) {
        self.doubted = true;
        self.soon(now);
    }
}

/// What there is of transactions in memory only.
#[derive(Default)]
pub(crate) struct TxRuntime {
    pub networks: Vec<Network>,
    pub account: Option<Address>,
    pub chain_id: Option<u64>,
    pub open: Map<u32, Open>,
    pub next: u32,
    pub looks: Map<MessageId, Look>,
    /// What the person at this tab wants now: the wallet there may be asked.
    pub user_initiated: Map<MessageId, Tab>,
    /// Sent, and not persisted yet, because the vault failed.
    pub unkept: Map<MessageId, TxHash>,
}

impl TxRuntime {
    pub fn network(&self, chain_id: u64) -> Option<&Network> {
        self.networks.iter().find(|network| network.chain_id == chain_id)
    }

    pub fn is_open(&self, id: MessageId, like: impl Fn(Question) -> bool) -> bool {
        self.open.values().any(|open| open.id == id && like(open.question))
    }

    /// This tab's page is new, or knows nothing any more: what it was asked is not answered.
    pub fn opened(&mut self, tab: Tab) {
        self.open.retain(|_, open| open.tab != tab);
        self.ask_anew();
    }

    /// This tab's page is gone, and what its person initiated with it.
    pub fn gone(&mut self, tab: Tab) {
        self.user_initiated.retain(|_, initiator| *initiator != tab);
        self.opened(tab);
    }

    /// `WalletAt`: whatever it was asked before, it may be another page now.
    pub fn wallet_at(&mut self, account: Option<Address>, chain_id: Option<u64>) {
        self.account = account;
        self.chain_id = chain_id;
        self.ask_anew();
    }

    /// Gives up readings without an answer, and reads everything again. Prompts are the person's.
    pub fn ask_anew(&mut self) {
        self.open.retain(|_, open| open.question == Question::Send);
        for (_, look) in self.looks.iter_mut() {
            let last = look.last;
            look.doubted = false;
            look.soon(last);
        }
    }
}
