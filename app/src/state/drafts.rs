//! What was typed and not sent yet: kept for each conversation, in memory and in the tab's own storage.

use protocol::{Address, MessageId};

use super::State;
use crate::browser;

fn key(state: State, peer: Address) -> String {
    let me = state.account.get_untracked().unwrap_or_default();
    format!("draft {me} {peer}")
}

/// What was typed for this account.
pub fn get(state: State, peer: Address) -> String {
    let kept = state.memory.with_untracked(|memory| memory.drafts.get(&peer).cloned());
    kept.or_else(|| browser::session_get(&key(state, peer)))
        .unwrap_or_default()
}

/// Keeps what was typed.
pub fn set(state: State, peer: Address, text: &str) {
    browser::session_set(&key(state, peer), text);
    state.memory.change_silently(|memory| {
        memory.drafts.insert(peer, text.to_owned());
    });
}

fn tip_key(state: State, peer: Address) -> String {
    format!("tip {}", key(state, peer))
}

/// The amount that was typed for this account.
pub fn tip(state: State, peer: Address) -> String {
    browser::session_get(&tip_key(state, peer)).unwrap_or_default()
}

/// Keeps the amount that was typed.
pub fn set_tip(state: State, peer: Address, amount: &str) {
    browser::session_set(&tip_key(state, peer), amount);
}

/// Remembers a sent text until the worker shows that it has it.
pub(super) fn expect_echo(state: State, peer: Address, id: MessageId, text: String) {
    state.memory.change_silently(|memory| {
        memory.unechoed.insert(id, (peer, text));
    });
}

/// The worker could not keep what was sent: it goes back into the text box.
pub(super) fn take_back(state: State) {
    let lost: Vec<_> = state
        .memory
        .change_silently(|memory| memory.unechoed.take())
        .unwrap_or_default();
    for (_, (peer, text)) in lost {
        let draft = get(state, peer);
        set(
            state,
            peer,
            if draft.is_empty() {
                text
            } else {
                format!("{text}\n{draft}")
            }
            .as_str(),
        );
        state.redraft.update(|n| *n += 1);
    }
}
