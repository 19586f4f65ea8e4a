//! The life of a transaction on this device.
//!
//! A transaction of ours goes `Draft` → (simulated) → `Waiting` → (the wallet sends) → `Submitted`, and each state is persisted
//! before the next step. From there on ours and others' are alike: the chain is read through the page's wallet until nothing should
//! change any more; after that only if the server observes something else. What the server says makes this device read, and is shown
//! as the server's word until it has.
//!
//! What a transaction is for is a value in it ([`Purpose`](crate::records::Purpose)), and what depends on that stands in [`purpose`].
//! An area that pays makes a draft and calls `prompt`.
//!
//! [`send`]: simulation, prompt, and the wallet's answers. [`poll`]: when the chain is read. [`receipt`]: what follows from what it
//! says. [`hint`]: what the server says. [`reorg`]: when a final reading is read again. [`transfer`]: plain transfers. [`runtime`]:
//! what is only in memory.

mod hint;
mod poll;
mod purpose;
mod receipt;
mod reorg;
mod runtime;
mod send;
mod transfer;

pub(crate) use runtime::TxRuntime;

use bridge::TipRefusal;
use protocol::MessageId;

use crate::records::Tx;

/// What follows from an answer of the wallet, or a hint of the server. Decided at once; carried out in one step.
pub(crate) enum Transition {
    Nothing,
    /// Persist it like this.
    Keep(Tx),
    /// Persist it, then ask the wallet to send it.
    Prompt(Tx),
    /// Persist it, and tell those whom its purpose names.
    Announce(Tx),
    /// Persist it, and say why the wallet did not say that it was sent: it may have been.
    Wait(Tx, TipRefusal),
    /// Put it away, and say why, if it is not the person's wish.
    PutAway(Tx, Option<TipRefusal>),
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
