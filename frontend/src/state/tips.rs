//! What the page remembers of tips: whom one is about to pay, what the wallet is being asked, and what came to nothing. The tips
//! themselves are messages of the thread.

use std::time::Duration;

use bridge::{Command, ConversationId, MessageView, TipRefusal, TipView, TxState};
use leptos::prelude::*;
use protocol::{Address, MessageId, U256};

use super::{
    State, drafts,
    stores::tips::{Asked, Payee},
};
use crate::{browser, tips::words};

/// After so long without an answer the wallet may be asked once more.
const PATIENCE: Duration = Duration::from_secs(30);

/// Opens the dialog; with an amount, as one would type it, in the place of what was typed before.
pub fn open(state: State, peer: Address, amount: Option<&str>) {
    if let Some(amount) = amount {
        drafts::set_tip(state, peer, amount);
    }
    dismiss(state, peer);
    state.send(Command::Payee { peer });
    state.write.tips.set_desk(Some(peer));
}

/// Closes the dialog. What the wallet is being asked goes on.
pub fn close(state: State) {
    if let Some(peer) = state.tips.desk.get_untracked() {
        state.write.tips.set_desk(None);
        dismiss(state, peer);
        // Once the dialog has gone: it lets nothing else have the keyboard.
        request_animation_frame(|| browser::focus("tip"));
    }
}

/// The person has read why the last tip was not made.
pub fn dismiss(state: State, peer: Address) {
    if state.tips.refused.with_untracked(|all| all.get(&peer).is_some()) {
        state.write.tips.set_refused(peer, None);
    }
}

/// Has the worker pay. False if the browser gave no randomness for its id: then nothing happened.
pub fn pay(state: State, peer: Address, chain_id: u64, amount: U256) -> bool {
    let Some(id) = browser::message_id() else { return false };
    dismiss(state, peer);
    ask(state, peer, id, chain_id);
    let command = Command::Tip {
        peer,
        id,
        chain_id,
        amount,
    };
    state.send(command);
    true
}

/// Has the wallet asked once more for the same tip.
pub fn again(state: State, peer: Address, id: MessageId, chain_id: u64) {
    dismiss(state, peer);
    ask(state, peer, id, chain_id);
    state.send(Command::TxAgain { id });
}

/// Takes a tip away that was not sent, or came to nothing.
pub fn give_up(state: State, id: MessageId) {
    answered(state, id);
    state.send(Command::TxDrop { id });
}

fn ask(state: State, peer: Address, id: MessageId, chain_id: u64) {
    let asked = Asked {
        peer,
        id,
        chain_id,
        slow: false,
    };
    state.write.tips.set_asked(Some(asked));
    set_timeout(
        move || {
            if state.tips.asked.get_untracked() == Some(asked) {
                state.write.tips.set_asked(Some(Asked { slow: true, ..asked }));
            }
        },
        PATIENCE,
    );
}

/// The wallet has answered for this tip, in one way or another. Gives what it had been asked.
fn answered(state: State, id: MessageId) -> Option<Asked> {
    let asked = state.tips.asked.get_untracked().filter(|asked| asked.id == id)?;
    state.write.tips.set_asked(None);
    Some(asked)
}

/// What was typed has become a tip.
fn settle(state: State, peer: Address) {
    drafts::set_tip(state, peer, "");
    if state.tips.desk.get_untracked() == Some(peer) {
        close(state);
    }
}

pub(super) fn payee(state: State, peer: Address, payee: Payee) {
    state.write.tips.set_payee(peer, payee);
}

pub(super) fn refused(state: State, peer: Address, id: MessageId, why: &TipRefusal, waits: bool) {
    let networks = untrack(|| state.networks());
    let asked = answered(state, id);
    if waits && asked.is_some() {
        // It is in the thread, where the wallet can be asked for this very tip. The dialog would make another one.
        settle(state, peer);
    }
    let chain = asked.map(|asked| asked.chain_id);
    let network = networks
        .iter()
        .find(|network| Some(network.chain_id) == chain)
        .map_or("its network", |network| &network.name);
    let words = words::refused(why, waits, &untrack(|| state.name(peer)), network, &networks);
    state.write.tips.set_refused(peer, Some(words));
}

/// Messages have come or changed. `before` gives the tip a message spoke of until now; the answer is what the screen reader says.
pub(super) fn told(
    state: State,
    conversation: ConversationId,
    messages: &[MessageView],
    before: impl Fn(MessageId) -> Option<TipView>,
) -> Option<String> {
    let mut said = None;
    for message in messages {
        let (Some(tip), Some(peer)) = (message.tip(), conversation.peer()) else {
            continue;
        };
        let waits = matches!(tip.state, TxState::Draft | TxState::Waiting);
        if !waits && answered(state, message.id).is_some() {
            settle(state, peer);
        }
        let Some(before) = before(message.id) else { continue };
        let signs = |tip: &TipView| (std::mem::discriminant(&tip.state), tip.witness);
        if signs(&before) != signs(&tip) {
            state.write.tips.moved();
            said = Some(words::news(
                &tip,
                message.is_mine(),
                &untrack(|| state.name(peer)),
                &untrack(|| state.networks()),
            ));
        }
    }
    said
}
