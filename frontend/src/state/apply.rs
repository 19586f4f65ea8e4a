use bridge::{
    Command, Connection, Consent, ConversationId, ConversationView, Event, MessageView, Trouble, WalletRefusal,
};
use leptos::{prelude::untrack, task::spawn_local};
use protocol::ErrorCode;

use super::{Opened, Payee, State, drafts, flow, tips};
use crate::conversation::words;

/// Takes in an event of the worker. Called for every event, in order, from the page's thread.
pub fn apply(state: State, event: Event) {
    let write = state.write;
    match event {
        // The engine itself sends the worker again what is not stored yet.
        Event::Started => {}
        Event::Opened {
            account,
            installation,
            public_key,
            associated,
        } => {
            write.facts.calm(|trouble| matches!(trouble, Trouble::NoVault));
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
            write.facts.set_connection(connection);
            match connection {
                // What the server has forgotten, or takes from us, concerns people also when all of the rest has been read.
                Connection::Live => write.facts.calm(|trouble| {
                    use ErrorCode::{CursorAhead, NoSuchTopic, NotAMember};
                    matches!(trouble, Trouble::Refused(code) if !matches!(code, CursorAhead | NoSuchTopic | NotAMember))
                }),
                Connection::SignedOut => flow::session_lost(state),
                Connection::Revoked => flow::revoked(state),
                _ => {}
            }
        }
        Event::Conversations(views) => {
            write
                .people
                .want_names(views.iter().flat_map(|view| view.participants.clone()));
            write.conversations.replace(views);
        }
        Event::Conversation(view) => conversation(state, view),
        Event::Thread {
            conversation,
            messages,
            more,
        } => {
            write.thread.show(conversation, messages, more);
            flow::seen(state);
        }
        Event::Older {
            conversation,
            messages,
            more,
        } if state.thread.get_untracked() == Some(conversation) => {
            write.thread.add_older(messages, more);
        }
        Event::Messages { conversation, messages } => thread_messages(state, conversation, messages),
        Event::Discarded { conversation, id } if state.thread.get_untracked() == Some(conversation) => {
            write.thread.discard(id);
        }
        Event::Found { account, here } => write.people.found_out(account, here),
        Event::Waiting(waiting) => write.facts.set_waiting(waiting),
        Event::NeedsChainCheck(accounts) => write.facts.set_unchecked(accounts),
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
        Event::Revoked { installation, refused } => write.facts.set_revoked(Some((installation, refused))),
        Event::NotKept { id } => drafts::take_back(state, id),
        Event::LeftOver(texts) => write.facts.set_left_over(texts),
        Event::TipRefused { peer, id, why, waits } => tips::refused(state, peer, id, &why, waits),
        // No page shows plain transfers yet. Of a thread that is not shown any more; or what passes by itself, where the bar about the connection says enough.
        Event::Older { .. }
        | Event::Discarded { .. }
        | Event::Transfer { .. }
        | Event::TransferRefused { .. }
        | Event::Trouble(Trouble::Refused(ErrorCode::Restarting | ErrorCode::TooSlow | ErrorCode::StaleEpoch)) => {}
        Event::Trouble(trouble) => {
            write.facts.set_trouble(trouble);
            flow::trouble(state, trouble);
        }
    }
}

fn conversation(state: State, view: ConversationView) {
    let (id, participants) = (view.id, view.participants.clone());
    let visible = state.thread.get_untracked() == Some(id);
    let unread_before = state
        .write
        .conversations
        .get(id)
        .map_or(0, |line| line.with_untracked(|old| old.unread));
    if !visible && view.unread > unread_before {
        announce_elsewhere(state, &view);
    }
    if state.write.conversations.put(view) {
        state.write.people.want_names(participants);
    }
    flow::seen(state);
}

fn thread_messages(state: State, conversation: ConversationId, messages: Vec<MessageView>) {
    if messages.iter().any(MessageView::is_mine) {
        state.write.facts.calm(|trouble| matches!(trouble, Trouble::VaultFull));
    }
    let news = tips::told(state, conversation, &messages, |id| state.write.thread.tip(id));
    if state.thread.get_untracked() != Some(conversation) {
        return;
    }
    let said = messages
        .iter()
        .rev()
        .find(|message| !message.is_mine())
        .map(|message| untrack(|| words::line(state, &message.body)));
    let reaction = messages.iter().rev().find_map(|message| {
        let before = state.write.thread.message(message.id)?;
        untrack(|| reaction_words(state, &before, message))
    });
    let received = messages.iter().filter(|message| !message.is_mine()).count();
    let new = state.write.thread.merge(messages);
    if let Some(news) = news.or(reaction) {
        state.announce(news);
    }
    if new > 0 && received > 0 {
        let name = untrack(|| state.title(conversation));
        let words = match said {
            Some(text) if received == 1 => format!("{name}: {text}"),
            _ => format!("{received} new messages from {name}"),
        };
        state.announce(words);
    }
    flow::seen(state);
}

/// Who has just reacted to a message, and how, if somebody else has.
fn reaction_words(state: State, before: &MessageView, now: &MessageView) -> Option<String> {
    let me = state.account.get_untracked();
    now.reactions.iter().find_map(|reaction| {
        let known = before.reactions.iter().find(|known| known.emoji == reaction.emoji);
        let who = reaction
            .by
            .iter()
            .find(|who| Some(**who) != me && known.is_none_or(|known| !known.by.contains(who)))?;
        Some(format!("{} reacted {}", state.name(*who), reaction.emoji))
    })
}

fn announce_elsewhere(state: State, view: &ConversationView) {
    let name = untrack(|| state.title(view.id));
    let words = match view.consent {
        Consent::Asked => format!("{name} wants to talk"),
        _ => format!("New message from {name}"),
    };
    state.announce(words);
}

#[cfg(test)]
mod tests {
    use leptos::prelude::Owner;

    use super::*;

    #[test]
    fn what_the_server_has_forgotten_is_still_said_when_the_rest_is_read_again() {
        let owner = Owner::new();
        owner.set();
        let state = State::new();
        let said = |code| {
            apply(state, Event::Trouble(Trouble::Refused(code)));
            apply(state, Event::Connection(Connection::Live));
            state.trouble.get_untracked()
        };
        assert_eq!(said(ErrorCode::TooMany), None);
        let forgotten = ErrorCode::CursorAhead;
        assert_eq!(said(forgotten), Some(Trouble::Refused(forgotten)));
    }
}
