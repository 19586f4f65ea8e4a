use std::time::Duration;

use bridge::{
    Command, Connection, Consent, ConversationId, ConversationView, Event, MessageView, Trouble, WalletRefusal,
};
use leptos::{prelude::*, task::spawn_local};
use protocol::ErrorCode;

use super::{
    Opened, Payee, State, flow,
    store::{ConversationLine, lines},
    tips,
};
use crate::{browser, conversation::words};

/// Events taken in at one go.
const EVENTS: usize = 64;
/// Messages drawn at one go: a thousand that arrive at once must not hold the page's thread.
const MESSAGES: usize = 24;
/// Between two goes: one frame.
const PAUSE: Duration = Duration::from_millis(16);

/// Takes in an event of the worker. Call it for every event, in order, from the page's thread.
///
/// The first event after a quiet moment is shown at once; what follows within a frame is shown together.
pub fn apply(state: State, event: Event) {
    let busy = state.memory.change_silently(|memory| {
        memory.queue.push_back(event);
        std::mem::replace(&mut memory.flushing, true)
    });
    if busy == Some(false) {
        flush(state);
    }
}

fn flush(state: State) {
    let mut messages = 0;
    for _ in 0..EVENTS {
        let Some(event) = state
            .memory
            .change_silently(|memory| memory.queue.pop_front())
            .flatten()
        else {
            break;
        };
        let event = match event {
            Event::Messages {
                conversation,
                messages: mut batch,
            } if batch.len() > MESSAGES => {
                let rest = batch.split_off(MESSAGES);
                let later = Event::Messages {
                    conversation,
                    messages: rest,
                };
                state.memory.change_silently(|memory| memory.queue.push_front(later));
                Event::Messages {
                    conversation,
                    messages: batch,
                }
            }
            event => event,
        };
        if let Event::Messages { messages: batch, .. } = &event {
            messages += batch.len();
        }
        take_in(state, event);
        if messages >= MESSAGES {
            break;
        }
    }
    set_timeout(
        move || {
            let more = state.memory.change_silently(|memory| {
                memory.flushing = !memory.queue.is_empty();
                memory.flushing
            });
            if more == Some(true) {
                flush(state);
            }
        },
        PAUSE,
    );
}

fn take_in(state: State, event: Event) {
    match event {
        // What was sent and is not kept yet is said again by whoever tells us of this.
        Event::Started => {}
        Event::Opened {
            account,
            installation,
            public_key,
            associated,
        } => {
            calm(state, |trouble| matches!(trouble, Trouble::NoVault));
            // Before anything is read that speaks of them.
            if let Some(networks) = state
                .site
                .with_untracked(|site| site.as_ref().map(|site| site.networks.clone()))
            {
                state.send(Command::Networks(networks));
            }
            let opened = Opened {
                account,
                installation,
                public_key,
                associated,
            };
            flow::vault_opened(state, opened);
        }
        Event::ToSign(statement) => flow::to_sign(state, Ok(statement)),
        Event::NotToSign(why) => flow::to_sign(state, Err(why)),
        Event::Associated => flow::associated(state),
        Event::Connection(connection) => {
            state.connection.set(connection);
            match connection {
                // What the server has forgotten, or takes from us, concerns people also when all of the rest has been read.
                Connection::Live => calm(state, |trouble| {
                    use ErrorCode::{CursorAhead, NoSuchTopic, NotAMember};
                    matches!(trouble, Trouble::Refused(code) if !matches!(code, CursorAhead | NoSuchTopic | NotAMember))
                }),
                Connection::SignedOut => flow::session_lost(state),
                Connection::Revoked => flow::revoked(state),
                _ => {}
            }
        }
        Event::Conversations(views) => {
            flow::want_names(state, views.iter().flat_map(|view| view.participants.clone()));
            // Told once more after a change of the leader: what is drawn already keeps its line.
            let old = state.conversations.get_untracked().unwrap_or_default();
            let mut all: Vec<_> = views
                .into_iter()
                .map(|view| match position(&old, view.id) {
                    Some((_, line)) => {
                        let id = view.id;
                        line.set(view);
                        (id, line)
                    }
                    None => (view.id, ConversationLine::new(view)),
                })
                .collect();
            sort(&mut all);
            state.conversations.set(Some(all));
        }
        Event::Conversation(view) => conversation(state, view),
        Event::Thread {
            conversation,
            messages,
            more,
        } => {
            super::drafts::echoed(state, &messages);
            let known = state.thread.get_untracked() == Some(conversation);
            state.memory.change_silently(|memory| {
                if known {
                    memory.timeline.renew(messages);
                } else {
                    memory.timeline.replace(messages);
                }
            });
            state.thread.set(Some(conversation));
            state.more.set(more);
            draw(state);
            flow::seen(state);
        }
        Event::Older {
            conversation,
            messages,
            more,
        } if state.thread.get_untracked() == Some(conversation) => {
            state.memory.change_silently(|memory| {
                memory.timeline.merge(messages);
            });
            state.more.set(more);
            draw(state);
        }
        Event::Messages { conversation, messages } => thread_messages(state, conversation, messages),
        Event::Discarded { conversation, id } if state.thread.get_untracked() == Some(conversation) => {
            state.memory.change_silently(|memory| memory.timeline.discard(id));
            draw(state);
        }
        Event::Found { account, here } => state.found.update(|found| {
            found.insert(account, here);
        }),
        Event::Waiting(waiting) => state.waiting.set(waiting),
        Event::Unchecked(accounts) => state.unchecked.set(accounts),
        Event::Forgotten => flow::forgotten(state),
        Event::NotOpened { account, why } => flow::not_opened(state, account, why),
        Event::Wallet { number, request } => spawn_local(async move {
            let answer = match state.wallet() {
                Some(wallet) => wallet.answer(request).await,
                None => Err(WalletRefusal::NoWallet),
            };
            state.send(Command::Wallet { number, answer });
        }),
        Event::Payee { peer, first, only } => tips::payee(state, peer, Payee::Account { first, only }),
        Event::NoPayee { peer, why } => tips::payee(state, peer, Payee::Nobody(why)),
        Event::Revoked { installation, refused } => state.revoked.set(Some((installation, refused))),
        Event::NotKept { id } => super::drafts::take_back(state, id),
        Event::LeftOver(texts) => state.left_over.set(texts),
        Event::TipRefused { peer, id, why, waits } => tips::refused(state, peer, id, &why, waits),
        // Of a thread that is not shown any more; or what passes by itself, where the bar about the connection says enough.
        Event::Older { .. }
        | Event::Discarded { .. }
        | Event::Trouble(Trouble::Refused(ErrorCode::Restarting | ErrorCode::TooSlow | ErrorCode::StaleEpoch)) => {}
        Event::Trouble(trouble) => {
            state.trouble.set(Some(trouble));
            flow::trouble(state, trouble);
        }
    }
}

fn conversation(state: State, view: ConversationView) {
    let (id, at) = (view.id, view.at);
    let visible = state.thread.get_untracked() == Some(id);
    let before = state
        .conversations
        .with_untracked(|all| all.as_ref().and_then(|all| position(all, id)));
    let unread_before = before
        .as_ref()
        .map_or(0, |(_, line)| line.with_untracked(|old| old.unread));
    if !visible && view.unread > unread_before {
        announce_elsewhere(state, &view);
    }
    match before {
        // The usual case, and the cheap one: it is on its place already.
        Some((index, line)) if index == 0 || line.with_untracked(|old| old.at == at) => line.set(view),
        Some((_, line)) => {
            line.set(view);
            state.conversations.update(|all| {
                if let Some(all) = all {
                    sort(all);
                }
            });
        }
        None => {
            flow::want_names(state, view.participants.clone());
            state.conversations.update(|all| {
                let all = all.get_or_insert_default();
                all.push((id, ConversationLine::new(view)));
                sort(all);
            });
        }
    }
    flow::seen(state);
}

fn position(all: &[(ConversationId, ConversationLine)], id: ConversationId) -> Option<(usize, ConversationLine)> {
    all.iter()
        .position(|(known, _)| *known == id)
        .map(|index| (index, all[index].1.clone()))
}

fn sort(all: &mut [(ConversationId, ConversationLine)]) {
    // Hardly ever out of order, and never many: the library's way with any number would be several kilobytes of the page.
    let at = |(_, line): &(ConversationId, ConversationLine)| line.with_untracked(|view| view.at);
    for end in 1..all.len() {
        let now = at(&all[end]);
        let place = all[..end].partition_point(|before| at(before) >= now);
        for index in (place..end).rev() {
            all.swap(index, index + 1);
        }
    }
}

/// Takes a trouble away that is over.
fn calm(state: State, over: impl Fn(&Trouble) -> bool) {
    if state
        .trouble
        .with_untracked(|trouble| trouble.as_ref().is_some_and(over))
    {
        state.trouble.set(None);
    }
}

/// Says a text to the screen reader; the same twice is said twice.
fn announce(state: State, text: String) {
    let again = state.announcement.with_untracked(|before| *before == text);
    state
        .announcement
        .set(if again { format!("{text}\u{a0}") } else { text });
}

fn thread_messages(state: State, conversation: ConversationId, messages: Vec<MessageView>) {
    if messages.iter().any(MessageView::is_mine) {
        calm(state, |trouble| matches!(trouble, Trouble::VaultFull));
    }
    super::drafts::echoed(state, &messages);
    let before = |id| state.memory.with_untracked(|memory| memory.timeline.tip(id));
    let news = tips::told(state, conversation, &messages, before);
    if state.thread.get_untracked() != Some(conversation) {
        return;
    }
    let said = messages
        .iter()
        .rev()
        .find(|message| !message.is_mine())
        .map(|message| untrack(|| words::line(state, &message.body)));
    let received = messages.iter().filter(|message| !message.is_mine()).count();
    let (new, trimmed) = state
        .memory
        .change_silently(|memory| (memory.timeline.merge(messages), memory.timeline.trim()))
        .unwrap_or_default();
    if trimmed {
        state.more.set(true);
    }
    draw(state);
    if let Some(news) = news {
        announce(state, news);
    }
    if new > 0 && received > 0 {
        let name = untrack(|| state.title(conversation));
        let words = match said {
            Some(text) if received == 1 => format!("{name}: {text}"),
            _ => format!("{received} new messages from {name}"),
        };
        announce(state, words);
    }
    flow::seen(state);
}

fn announce_elsewhere(state: State, view: &ConversationView) {
    let name = untrack(|| state.title(view.id));
    let words = match view.consent {
        Consent::Asked => format!("{name} wants to talk"),
        _ => format!("New message from {name}"),
    };
    announce(state, words);
}

fn draw(state: State) {
    let rows = state
        .memory
        .with_untracked(|memory| memory.timeline.rows(|message| browser::offset(message.at)));
    let new = state.messages.with_untracked(|old| lines(old, rows));
    let same = state
        .messages
        .with_untracked(|old| old.len() == new.len() && old.iter().zip(&new).all(|(a, b)| a.0 == b.0));
    if !same {
        state.messages.set(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_has_forgotten_is_still_said_when_the_rest_is_read_again() {
        let owner = Owner::new();
        owner.set();
        let state = State::new();
        let said = |code| {
            state.trouble.set(Some(Trouble::Refused(code)));
            take_in(state, Event::Connection(Connection::Live));
            state.trouble.get_untracked()
        };
        assert_eq!(said(ErrorCode::TooMany), None);
        let forgotten = ErrorCode::CursorAhead;
        assert_eq!(said(forgotten), Some(Trouble::Refused(forgotten)));
    }
}
