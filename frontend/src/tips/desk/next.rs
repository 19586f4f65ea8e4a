use bridge::TxState;
use leptos::prelude::*;
use protocol::U256;

use super::form::Form;
use crate::{
    account::{ChangeNetwork, TestCoins},
    amount,
    signal::{Memo, effect, live, when},
    state::{Payee, tips},
    tips::{connect::Connect, place::Target, words},
};

/// What keeps it from being paid.
#[component]
pub fn Problem(form: Form) -> impl IntoView {
    let Form { state, peer, .. } = form;
    let refused = Memo::new(move |()| state.tips.refused.with(|all| all.get(&peer).cloned()));
    let mut before = false;
    effect(move || {
        let _ = state
            .wallet()
            .map(|wallet| (wallet.chain_id().get(), wallet.account().get()));
        // What the wallet said on another network, or of another account, is over.
        if std::mem::replace(&mut before, true) {
            tips::dismiss(state, peer);
        }
    });
    let words = Memo::new(move |()| {
        if let Some(refused) = refused.get() {
            return refused;
        }
        if form.asked.get().is_some() {
            return String::new();
        }
        let short = match form.verdict() {
            Err(words) if words.is_empty() && form.pressed.get() => {
                words::no_amount(amount::AmountError::Empty, &form.symbol())
            }
            Err(words) => words,
            Ok(_) => String::new(),
        };
        if !short.is_empty() {
            return short;
        }
        let network = form.network().map(|network| network.name).unwrap_or_default();
        form.quote.with(|quote| match &quote.reverts {
            _ if quote.offline => format!("Your wallet lost its connection to {network}."),
            Some(said) => {
                let said = Some(said.clone()).filter(|said| !said.is_empty());
                words::refused(
                    &bridge::TipRefusal::WouldRevert(said),
                    false,
                    &state.name(peer),
                    &network,
                    &[],
                )
            }
            None => String::new(),
        })
    });
    view! {
        <p id="amount-problem" class=live(move || if refused.with(Option::is_some) { "problem calm" } else { "problem" }) role="alert">{live(move || words.get())}</p>
    }
}

/// The one thing to do next.
#[component]
pub fn Action(form: Form) -> impl IntoView {
    let state = form.state;
    let connected = Memo::new(move |()| state.wallet_connected());
    let ready = Memo::new(move |()| form.payee.with(|payee| matches!(payee, Some(Payee::Account { .. }))));
    let empty =
        Memo::new(move |()| state.balance.get() == Some(U256::ZERO) && form.network().is_some_and(|n| n.development));
    live(move || match (connected.get(), form.target.get()) {
        (_, Target::Nowhere(_) | Target::None) => ().into_any(),
        (false, _) => view! { <Connect /> }.into_any(),
        (true, Target::Change(network)) => {
            view! { <ChangeNetwork network=network class="btn first big wide" id=None /> }.into_any()
        }
        (true, Target::Here(_)) => view! {
            {when(move || empty.get(), || view! { <TestCoins /> }.into_any())}
            <button
                type="submit"
                class="btn first big wide"
                aria-disabled=live(move || (!ready.get()).then_some("true"))
            >
                "Continue in wallet"
            </button>
        }
        .into_any(),
    })
}

/// The wallet has the word.
#[component]
pub fn Waiting(form: Form) -> impl IntoView {
    let state = form.state;
    let tried = Memo::new(move |()| {
        let asked = form.asked.get()?;
        let line = state.messages.with(|all| {
            let found = all.iter().rev().find(|(id, _)| *id == asked);
            found.map(|(_, line)| line.clone())
        })?;
        line.with(|row| row.message.tip().map(|tip| tip.state))
    });
    let checking = Memo::new(move |()| !matches!(tried.get(), Some(TxState::Waiting)));
    let slow = Memo::new(move |()| state.tips.asked.get().is_some_and(|asked| asked.slow));
    effect(move || {
        if !checking.get() {
            state.announce("Waiting for your wallet".to_owned());
        }
    });
    view! {
        <div class="note waiting" role="status">
            <span class="spin"></span>
            <div>
                <b>{live(move || if checking.get() { "Checking" } else { "Waiting for your wallet" })}</b>
                <p class="small">{live(move || match (checking.get(), slow.get()) {
                    (true, _) => "Whether it would go through.",
                    (false, false) => "Open it to continue. You can close this: the tip stays in the conversation.",
                    (false, true) => "It has not answered yet. Look for its window, or close this: the tip stays in the conversation.",
                })}</p>
            </div>
        </div>
    }
}
