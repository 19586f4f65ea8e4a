//! The thread in view.

use bridge::{Command, Consent, ConversationId};
use leptos::prelude::*;

use super::{Stage, names::want_names};
use crate::{
    browser,
    state::{State, drafts},
};
use app::place::Place;

/// Follows what the browser says of the network and of who looks.
pub(super) fn listen(state: State) {
    window_event_listener(leptos::ev::online, move |_| state.send(Command::Online(true)));
    window_event_listener(leptos::ev::offline, move |_| state.send(Command::Online(false)));
    window_event_listener(leptos::ev::focus, move |_| seen(state));
}

/// Tells the worker which thread is in view.
pub fn show(state: State) {
    if !matches!(state.stage.get_untracked(), Stage::In(_)) {
        return;
    }
    let conversation = match state.place.get_untracked() {
        Place::Thread(peer) => Some(ConversationId::Direct(peer)),
        _ => None,
    };
    if state.thread.get_untracked() != conversation {
        state
            .memory
            .change_silently(|memory| memory.timeline.replace(Vec::new()));
        state.thread.set(None);
        state.messages.set(Vec::new());
        state.more.set(false);
    }
    if let Some(peer) = conversation.and_then(ConversationId::peer) {
        want_names(state, [peer]);
        let known = state.conversations.with_untracked(|all| {
            all.as_ref()
                .is_some_and(|all| all.iter().any(|(known, _)| *known == peer))
        });
        if !known {
            state.send(Command::Find { account: peer });
        }
    }
    state.send(Command::Show { conversation });
}

/// The shown thread has been read, if somebody looks at it.
pub fn seen(state: State) {
    let (Some(conversation), true) = (state.thread.get_untracked(), browser::is_watched()) else {
        return;
    };
    let unseen = untrack(|| state.conversation(conversation))
        .is_some_and(|line| line.with_untracked(|view| view.unread > 0 && view.consent == Consent::Accepted));
    if unseen {
        state.send(Command::Seen { conversation });
    }
}

/// Sends a text. False if the browser gave no randomness for its id: then nothing happened.
pub fn say(state: State, conversation: ConversationId, text: String) -> bool {
    let Some(id) = browser::message_id() else { return false };
    drafts::expect_echo(state, conversation, id, text.clone());
    drafts::set(state, conversation, "");
    state.send(Command::text(conversation, id, text));
    true
}

/// Older messages of the shown thread.
pub fn older(state: State) {
    let before = state.memory.with_untracked(|memory| memory.timeline.oldest());
    if let (Some(conversation), Some(before)) = (state.thread.get_untracked(), before) {
        state.send(Command::Older { conversation, before });
    }
}
