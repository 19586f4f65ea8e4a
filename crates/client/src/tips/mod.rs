//! Tips: made, spoken of, and compared with the chain.
//!
//! A tip of ours goes `Draft` → (tried out) → `Waiting` → (the wallet sends) → `Submitted`, each kept before the next begins;
//! with the hash, in one commit, the reference goes into the outbox. From there on, ours and others' are alike: the chain
//! is read through the page's wallet until nothing should change any more; from then on only if the server sees something else.
//! What the server says makes this device look, and is shown as the server's word until it has.
//!
//! One wish is one id for ever. The contract counts it once for its sender, so the wallet may be asked for it twice when an
//! answer was lost, and a tip that was given up comes back if it was paid after all.
//!
//! [`make`]: wishes and the wallet's answers to them. [`look`]: when the chain is read. [`learn`]: what follows from what it
//! says. [`hear`]: references and the server's hints. [`doubt`]: which of these make it look anew. [`desk`]: what is only in memory.

mod desk;
mod doubt;
mod hear;
mod learn;
mod look;
mod make;

pub(crate) use desk::Desk;

use bridge::{TipRefusal, TipState, TipView};
use chain::tips::Claim;
use protocol::{Address, MessageId};

use crate::records::Tip;

/// What follows from an answer of the wallet, or a word of the server. Decided at once; carried out in one step.
pub(crate) enum Then {
    Nothing,
    /// Keep it like this.
    Keep(Tip),
    /// Keep it, then ask the wallet to send it.
    Prompt(Tip),
    /// Keep it, and tell the other side.
    Speak(Tip),
    /// Keep it, and say why the wallet did not say that it was sent: it may have been.
    Wait(Tip, TipRefusal),
    /// Take it out of its thread, and say why, if it is not the person's wish.
    PutAway(Tip, Option<TipRefusal>),
}

/// Puts an id among those with the greatest keys, the greatest first.
pub(crate) fn put_among(greatest: &mut Vec<(i64, MessageId)>, most: usize, key: i64, id: MessageId) {
    let place = greatest.iter().position(|(other, _)| *other < key);
    let place = place.unwrap_or(greatest.len());
    if place < most {
        greatest.truncate(most - 1);
        greatest.insert(place, (key, id));
    }
}

/// A tip as the page shows it.
pub(crate) fn view(tip: &Tip) -> TipView {
    TipView {
        chain_id: tip.chain_id,
        amount: tip.amount,
        hash: tip.hash,
        state: tip.state,
        witness: tip.witness,
    }
}

impl Tip {
    /// What the chain must say for it to be true; `account` is ours.
    pub(crate) fn claim(&self, account: Address) -> Claim {
        let (sender, recipient) = if self.mine {
            (account, self.peer)
        } else {
            (self.peer, account)
        };
        Claim {
            chain_id: self.chain_id,
            contract: self.contract,
            sender,
            recipient,
            amount: self.amount,
            id: self.id,
        }
    }

    /// It counts as paid, as far as is known.
    pub(crate) fn is_paid(&self) -> bool {
        matches!(self.state, TipState::Confirming { .. } | TipState::Confirmed)
    }
}
