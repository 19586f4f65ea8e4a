//! Carries out the acts of the machine.

use std::time::Duration;

use app::{error::AppError, place::Place, server_fns};
use bridge::Command;
use leptos::{prelude::*, task::spawn_local};
use protocol::api::Me;

use super::{
    ask,
    machine::{Act, Input},
    thread, words,
};
use crate::{
    browser, navigate,
    state::{State, drafts},
};

pub(super) fn carry_out(state: State, act: Act) {
    match act {
        Act::AskSite(0) => ask(state, site(state)),
        Act::AskSite(tries) => {
            let pause = Duration::from_secs(u64::from(tries.min(15)));
            set_timeout(move || ask(state, site(state)), pause);
        }
        Act::AskAccount(id) => {
            if let Some(wallet) = state.wallet() {
                ask(state, async move { Input::Connected(wallet.connect(&id).await) });
            }
        }
        Act::ForgetWallet => {
            if let Some(wallet) = state.wallet() {
                wallet.forget();
            }
        }
        Act::Open(account) => {
            clear(state);
            state.send(Command::Open { account });
        }
        Act::AskChallenge(opened, chain_id) => ask(state, async move {
            let challenge = server_fns::challenge(opened.account, chain_id, opened.public_key).await;
            Input::Challenged(challenge.map_err(|AppError(code)| code))
        }),
        Act::Render(chain_id, challenge) => state.send(Command::SignIn { chain_id, challenge }),
        Act::AskSignature(statement) => {
            if let Some(wallet) = state.wallet() {
                ask(state, async move { Input::Signed(wallet.sign(statement).await) });
            }
        }
        Act::HandIn(text, signature) => ask(state, async move {
            let signed_in = server_fns::sign_in(text, signature).await;
            Input::SignedIn(signed_in.map_err(|AppError(code)| code))
        }),
        Act::Keep(text, signature) => state.send(Command::Associate { text, signature }),
        Act::SetMe(me) => set_me(state, me),
        Act::Enter => enter(state),
        Act::AskLeftOver => {
            state.write.facts.set_left_over(Vec::new());
            state.send(Command::LeftOver);
        }
        Act::Disconnect => state.send(Command::Disconnect),
        Act::ForgetVault => state.send(Command::Forget),
        Act::ForgetDrafts(account) => drafts::forget(state, account),
        Act::EndSession => spawn_local(async {
            let _ = server_fns::sign_out().await;
        }),
        Act::Leave => {
            carry_out(state, Act::ForgetWallet);
            set_me(state, None);
            clear(state);
            navigate::go(state, Place::Chats);
        }
        Act::SayDeleted => state.announce("The history in this browser is deleted.".to_owned()),
        Act::Say(problem) => {
            let said = words::problem(state, &problem);
            state.flow.problem.set(Some(said));
        }
        Act::Hush => state.flow.problem.set(None),
    }
}

/// Who is signed in, by the server's word or else by that of the wallet of last time.
async fn site(state: State) -> Input {
    let site = match server_fns::site().await {
        Ok(site) => site,
        Err(AppError(code)) => return Input::NoSite(code),
    };
    if site.domain != browser::host() {
        return Input::OtherSite(site.domain);
    }
    let me = site.me.as_ref().map(|me| me.address);
    state.site.set(Some(site));
    let wallet = state.wallet();
    Input::Known(match (me, wallet) {
        (None, Some(wallet)) => wallet.reconnect().await,
        (me, None) => me,
        (me, Some(wallet)) => {
            // Not needed to read and write, only for the balance: it must not hold anybody up.
            spawn_local(async move {
                wallet.reconnect().await;
            });
            me
        }
    })
}

/// Takes what is shown of an account away; its drafts stay in the browser.
fn clear(state: State) {
    state.clear_account();
}

fn enter(state: State) {
    state.send(Command::Connect);
    if let Some(Me { address, name, .. }) = untrack(|| state.me()) {
        state.named(address, name);
    }
    thread::show(state);
}

fn set_me(state: State, me: Option<Me>) {
    state.site.update(|site| {
        if let Some(site) = site {
            site.me = me;
        }
    });
}
