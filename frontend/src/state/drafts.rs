//! What was typed and not sent yet: kept for each conversation, in memory, in the tab's own storage, and for all tabs, because
//! the tab's own goes with the tab: also when the browser is killed.

use bridge::ConversationId;
use protocol::{Address, MessageId};

use super::State;
use crate::browser;

fn me(state: State) -> Address {
    state.account.get_untracked().unwrap_or_default()
}

/// What the keys of this account's drafts begin with.
fn draft_of(account: Address) -> String {
    format!("draft {account} ")
}

fn key(state: State, conversation: ConversationId) -> String {
    format!("{}{conversation}", draft_of(me(state)))
}

/// What was typed in this conversation.
pub fn get(state: State, conversation: ConversationId) -> String {
    let kept = state.write.drafts.get(conversation);
    let key = key(state, conversation);
    kept.or_else(|| browser::session_get(&key))
        .or_else(|| browser::kept(&key))
        .unwrap_or_default()
}

/// Keeps what was typed.
pub fn set(state: State, conversation: ConversationId, text: &str) {
    let key = key(state, conversation);
    browser::session_set(&key, text);
    browser::keep(&key, text);
    state.write.drafts.put(conversation, text);
}

/// Beside this draft: the amount that was typed.
fn tip_of(draft: &str) -> String {
    format!("tip {draft}")
}

fn tip_key(state: State, peer: Address) -> String {
    tip_of(&key(state, peer.into()))
}

/// The amount that was typed for this account.
pub fn tip(state: State, peer: Address) -> String {
    browser::session_get(&tip_key(state, peer)).unwrap_or_default()
}

/// Keeps the amount that was typed.
pub fn set_tip(state: State, peer: Address, amount: &str) {
    browser::session_set(&tip_key(state, peer), amount);
}

/// Beside this draft: the message that is being answered.
fn reply_of(draft: &str) -> String {
    format!("reply {draft}")
}

/// The message that the next one in this conversation answers.
pub fn reply(state: State, conversation: ConversationId) -> Option<MessageId> {
    match state.reply.get_untracked() {
        Some((known, id)) if known == conversation => Some(id),
        _ => {
            let kept = browser::session_get(&reply_of(&key(state, conversation)))?;
            kept.parse().ok()
        }
    }
}

/// The next message in this conversation answers this one; `None`: no other.
pub fn set_reply(state: State, conversation: ConversationId, id: Option<MessageId>) {
    let kept = id.map(|id| id.to_string()).unwrap_or_default();
    browser::session_set(&reply_of(&key(state, conversation)), &kept);
    state.write.drafts.set_reply(id.map(|id| (conversation, id)));
}

/// Nothing that was typed for this account stays in this browser.
pub(super) fn forget(state: State, account: Address) {
    let draft = draft_of(account);
    for beginning in [tip_of(&draft), reply_of(&draft), draft] {
        browser::drop_all(&beginning);
    }
    state.write.drafts.clear();
}

/// The worker could not keep what was sent: it goes back into the text box.
pub(super) fn take_back(state: State, id: MessageId) {
    let Some((conversation, in_reply_to, text)) = state.take_back(id) else {
        return;
    };
    let draft = get(state, conversation);
    let text = if draft.is_empty() {
        text
    } else {
        format!("{text}\n{draft}")
    };
    set(state, conversation, &text);
    if in_reply_to.is_some() {
        set_reply(state, conversation, in_reply_to);
    }
    state.write.drafts.touch();
}
