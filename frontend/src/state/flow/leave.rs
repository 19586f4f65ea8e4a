//! The road back: signed out, sent out, or deleted.

use app::{
    error::{AppError, sentence},
    place::Place,
    server_fns,
};
use bridge::{Command, Connection};
use leptos::{prelude::*, task::spawn_local};
use protocol::ErrorCode;

use super::{attempt, open, set_me};
use crate::state::{Stage, State, drafts};

/// The server does not accept the session any more. What was typed stays.
pub fn session_lost(state: State) {
    if untrack(|| state.me()).is_none() {
        return;
    }
    set_me(state, None);
    state.problem.set(Some(sentence(ErrorCode::SessionEnded).to_owned()));
    state.stage.set(if state.opened.with_untracked(Option::is_some) {
        Stage::SignIn
    } else {
        Stage::Welcome
    });
}

/// This browser was removed from the account: nothing comes or goes here any more. What waits is shown, so that it can be
/// copied.
pub fn revoked(state: State) {
    set_me(state, None);
    state.problem.set(None);
    state.left_over.set(Vec::new());
    state.send(Command::LeftOver);
    state.stage.set(Stage::Revoked);
}

/// Ends the session. History and drafts stay in this browser, unless they are to be forgotten.
///
/// # Errors
/// Why it did not end; nothing is changed then.
pub async fn sign_out(state: State, forget: bool) -> Result<(), AppError> {
    if forget && state.connection.get_untracked() == Connection::Live {
        // The worker revokes this browser first, which takes the session; the rest follows when all is deleted.
        state.send(Command::Forget);
        return Ok(());
    }
    server_fns::sign_out().await?;
    state.send(Command::Disconnect);
    if forget {
        // Now, not when the worker has deleted the rest: then nobody here knows any more whose they were.
        if let Some(account) = state.account.get_untracked() {
            drafts::forget(state, account);
        }
        state.send(Command::Forget);
    }
    leave(state);
    Ok(())
}

fn leave(state: State) {
    attempt(state);
    if let Some(wallet) = state.wallet() {
        wallet.forget();
    }
    set_me(state, None);
    state.account.set(None);
    state.opened.set(None);
    state.conversations.set(None);
    state.unchecked.set(Vec::new());
    state.thread.set(None);
    state.messages.set(Vec::new());
    state.problem.set(None);
    state.stage.set(Stage::Welcome);
    crate::navigate::go(state, Place::Chats);
}

/// The vault is deleted, by this tab's wish or another's.
pub fn forgotten(state: State) {
    state
        .announcement
        .set("The history in this browser is deleted.".to_owned());
    let Some(account) = state.account.get_untracked() else {
        return;
    };
    if matches!(state.stage.get_untracked(), Stage::Shut(_)) {
        // It did not open: one begins anew, with a new key. What was typed has nothing to do with that, and stays.
        open(state, account);
    } else if state.opened.with_untracked(Option::is_some) {
        // Also when another tab has signed out: nothing that is shown here is there any more.
        drafts::forget(state, account);
        // The browser's cookie goes too; its session is over as a rule.
        spawn_local(async {
            let _ = server_fns::sign_out().await;
        });
        leave(state);
    }
}
