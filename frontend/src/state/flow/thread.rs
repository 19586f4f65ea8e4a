//! The thread in view.

use bridge::{Command, Consent, ConversationId, Draft};
use leptos::prelude::*;

use super::Stage;
use crate::{
    browser,
    state::{State, drafts},
};
use app::place::Place;

/// Marks the shown thread as read when the window gets the focus.
pub(super) fn listen(state: State) {
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
        state.write.thread.clear();
    }
    if let Some(peer) = conversation.and_then(ConversationId::peer) {
        state.write.people.want_names([peer]);
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
    let in_reply_to = drafts::reply(state, conversation);
    drafts::set(state, conversation, "");
    drafts::set_reply(state, conversation, None);
    state.send(Command::Send {
        conversation,
        id,
        in_reply_to,
        body: Draft::Text(text),
    });
    true
}

/// Older messages of the shown thread.
pub fn older(state: State) {
    let before = state.write.thread.oldest();
    if let (Some(conversation), Some(before)) = (state.thread.get_untracked(), before) {
        state.send(Command::Older { conversation, before });
    }
}
