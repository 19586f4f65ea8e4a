//! The way in and out. [`machine`] decides, [`acts`] carries out, and this is where the two meet: [`feed`] is the only writer of the
//! stage.

use bridge::{Statement, Trouble};
use leptos::{prelude::*, task::spawn_local};
use protocol::{Address, ErrorCode};

use super::{Opened, State};
use crate::{browser, signal::effect};
use app::place::Place;

mod acts;
mod leave;
mod machine;
mod thread;
mod words;

pub use leave::sign_out;
pub use machine::Stage;
use machine::{Input, next};
pub use thread::{older, say, seen, show};
pub use words::trouble_sentence;

/// Feeds an input to the machine: sets the next stage and carries out its acts.
fn feed(state: State, input: Input) {
    let flow = state.flow;
    let before = flow.stage.get_untracked();
    let (after, acts) = next(before.clone(), input);
    if after != before {
        flow.turn.change_silently(|turn| *turn = turn.wrapping_add(1));
        flow.stage.set(after);
    }
    for act in acts {
        acts::carry_out(state, act);
    }
}

/// Asks somebody, and feeds the answer, unless the stage is another one by then.
fn ask(state: State, answer: impl Future<Output = Input> + 'static) {
    let turn = state.flow.turn.get_untracked();
    spawn_local(async move {
        let input = answer.await;
        if state.flow.turn.get_untracked() == turn {
            feed(state, input);
        }
    });
}

/// Begins, once, in the browser.
pub fn start(state: State) {
    state.arrive(Place::parse(&browser::path()));
    let secure = browser::is_secure();
    feed(state, Input::Began { secure });
    if !secure {
        return;
    }
    thread::listen(state);
    let Some(wallet) = state.wallet() else { return };
    let account = wallet.account();
    let mut before = None;
    effect(move || {
        // A wallet that is locked has none for a while; the one it has afterwards is followed from the one before.
        let Some(now) = account.get() else { return };
        if before.replace(now).is_some_and(|before| before != now) {
            let session = untrack(|| state.me()).is_some_and(|me| me.address == now);
            feed(state, Input::Switched(now, session));
        }
    });
}

// What people press.

/// Asks a wallet for its account.
pub fn connect(state: State, id: String, name: String) {
    feed(state, Input::Connect(id, name));
}

/// Gives up waiting for the wallet. Its prompt may still be open; its answer is not heard any more.
pub fn cancel(state: State) {
    feed(state, Input::Cancel);
}

/// Another wallet: back to the beginning.
pub fn another_wallet(state: State) {
    feed(state, Input::AnotherWallet);
}

/// Goes on as this account: its session is open here, or its vault may open this time.
pub fn go_on(state: State, account: Address) {
    feed(state, Input::GoOn(account));
}

/// One signature: signs in, and vouches for this browser's key.
pub fn sign_in(state: State) {
    if let Some(network) = untrack(|| state.sign_in_network()) {
        feed(state, Input::SignIn(network.chain_id));
    }
}

/// Deletes what this browser has of the account, where that is the way on.
pub fn delete(state: State) {
    feed(state, Input::Delete);
}

// What the worker and the server say by themselves.

pub(super) fn vault_opened(state: State, opened: Opened) {
    let me = untrack(|| state.me());
    feed(state, Input::Opened(opened, me));
}

pub(super) fn not_opened(state: State, account: Address, why: Trouble) {
    feed(state, Input::NotOpened(account, why));
}

pub(super) fn to_sign(state: State, answer: Result<Statement, bridge::ChallengeRefusal>) {
    feed(
        state,
        match answer {
            Ok(statement) => Input::ToSign(statement),
            Err(why) => Input::NotToSign(why),
        },
    );
}

pub(super) fn associated(state: State) {
    feed(state, Input::Associated);
}

pub(super) fn trouble(state: State, trouble: Trouble) {
    feed(state, Input::Trouble(trouble));
}

pub(super) fn forgotten(state: State) {
    feed(state, Input::Forgotten);
}

/// The server does not accept the session any more. What was typed stays.
pub fn session_lost(state: State) {
    feed(state, Input::SessionLost);
}

/// This browser was removed from the account: nothing comes or goes here any more. What waits is shown, so that it can be copied.
pub fn revoked(state: State) {
    feed(state, Input::Removed);
}

/// What a server function that failed means for the way in, if it means something.
pub fn refused(state: State, code: ErrorCode) {
    match code {
        ErrorCode::NotSignedIn | ErrorCode::SessionEnded => session_lost(state),
        ErrorCode::Revoked => revoked(state),
        _ => {}
    }
}
