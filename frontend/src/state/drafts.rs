//! What was typed and not sent yet: kept for each conversation, in memory, in the tab's own storage, and for all tabs, because
//! the tab's own goes with the tab: also when the browser is killed.

use bridge::{Command, ConversationId, MessageView};
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
    let kept = state
        .memory
        .with_untracked(|memory| memory.drafts.get(&conversation).cloned());
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
    state.memory.change_silently(|memory| {
        memory.drafts.insert(conversation, text.to_owned());
    });
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

/// Between messages, and between what is kept of each; nobody types them.
const MESSAGE: char = '\u{1e}';
const FIELD: char = '\u{1f}';

fn unsent_of(account: Address) -> String {
    format!("unsent {account}")
}

fn unsent_key(state: State) -> String {
    unsent_of(me(state))
}

/// Remembers a sent text until the worker shows that it has it: also over a reload, which ends the worker before it has kept
/// what it was just given.
pub(super) fn expect_echo(state: State, conversation: ConversationId, id: MessageId, text: String) {
    let key = unsent_key(state);
    let kept = browser::session_get(&key).unwrap_or_default();
    let text = text.replace(MESSAGE, " ");
    browser::session_set(&key, &format!("{kept}{id}{FIELD}{conversation}{FIELD}{text}{MESSAGE}"));
    state.memory.change_silently(|memory| {
        memory.unechoed.insert(id, (conversation, text));
    });
}

/// The worker has these.
pub(super) fn echoed(state: State, messages: &[MessageView]) {
    let waited = state.memory.change_silently(|memory| {
        let mut waited = false;
        for message in messages {
            waited |= memory.unechoed.get(&message.id).is_some();
            memory.unechoed.remove(&message.id);
        }
        waited
    });
    if waited == Some(true) {
        let ids: Vec<MessageId> = messages.iter().map(|message| message.id).collect();
        expect_no_more(state, &ids);
    }
}

/// These are kept, or will not be sent: they are not said again.
fn expect_no_more(state: State, ids: &[MessageId]) {
    let ids: Vec<String> = ids.iter().map(MessageId::to_string).collect();
    let key = unsent_key(state);
    let kept = browser::session_get(&key).unwrap_or_default();
    let rest = kept.split_inclusive(MESSAGE);
    let rest: String = rest
        .filter(|kept| !ids.iter().any(|id| kept.starts_with(id.as_str())))
        .collect();
    browser::session_set(&key, &rest);
}

/// Gives the worker once more what the one before may not have kept. The ids make it harmless if it has.
pub(super) fn send_again(state: State) {
    let kept = browser::session_get(&unsent_key(state)).unwrap_or_default();
    for message in kept.split_terminator(MESSAGE) {
        let mut fields = message.splitn(3, FIELD);
        let (id, conversation, text) = (fields.next(), fields.next(), fields.next());
        let (id, conversation) = (
            id.and_then(|id| id.parse().ok()),
            conversation.and_then(|conversation| conversation.parse::<ConversationId>().ok()),
        );
        let (Some(id), Some(conversation), Some(text)) = (id, conversation, text.map(str::to_owned)) else {
            continue;
        };
        state.memory.change_silently(|memory| {
            memory.unechoed.insert(id, (conversation, text.clone()));
        });
        state.send(Command::text(conversation, id, text));
    }
}

/// Nothing that was typed for this account stays in this browser.
pub(super) fn forget(state: State, account: Address) {
    let draft = draft_of(account);
    for beginning in [unsent_of(account), tip_of(&draft), draft] {
        browser::drop_all(&beginning);
    }
    state.memory.change_silently(|memory| {
        memory.drafts.clear();
        memory.unechoed.clear();
    });
}

/// The worker could not keep what was sent: it goes back into the text box.
pub(super) fn take_back(state: State, id: MessageId) {
    let lost = state.memory.change_silently(|memory| {
        let lost = memory.unechoed.get(&id).cloned();
        memory.unechoed.remove(&id);
        lost
    });
    let Some((conversation, text)) = lost.flatten() else {
        return;
    };
    expect_no_more(state, &[id]);
    let draft = get(state, conversation);
    let text = if draft.is_empty() {
        text
    } else {
        format!("{text}\n{draft}")
    };
    set(state, conversation, &text);
    state.redraft.update(|n| *n += 1);
}
