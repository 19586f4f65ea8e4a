//! What newcomers see in the gate: a file of its own, loaded when one of these steps is reached.

use app::place::grouped;
use leptos::prelude::*;
use protocol::Address;

use super::{elsewhere::Elsewhere, key::ToSign, problem::Problem, revoked::Revoked};
use crate::{
    account::ChangeNetwork,
    browser,
    components::{Avatar, Copy, Dialog, Icon, Shape, fixed},
    lazy::lazy,
    signal::{Memo, RwSignal, live, on},
    state::{Stage, State, flow},
    wallet::WalletInfo,
};

lazy! {
    /// Connecting a wallet, and signing in with it.
    pub WELCOME in gate = load_welcome, draw_welcome: AnyView => {
        let state = expect_context::<State>();
        if let Some(wallet) = state.wallet() {
            // Once this is drawn.
            request_animation_frame(move || wallet.prepare());
        }
        match state.stage.get_untracked() {
            Stage::Insecure => view! { <Insecure /> }.into_any(),
            Stage::Elsewhere(other) => view! { <Elsewhere other=other /> }.into_any(),
            Stage::SignIn(_) => view! { <SignIn /> }.into_any(),
            Stage::Revoked(_) => view! { <Revoked /> }.into_any(),
            _ => view! { <Welcome /> }.into_any(),
        }
    }
}

#[component]
fn Insecure() -> impl IntoView {
    let host = window().location().hostname().unwrap_or_default();
    let port = window().location().port().unwrap_or_default();
    let local = if port.is_empty() {
        "http://localhost".to_owned()
    } else {
        format!("http://localhost:{port}")
    };
    view! {
        <h1>"Sealing is not possible here"</h1>
        <p>
            "You opened Jackdaw over plain http. Browsers allow encryption only over https, or on the machine itself, so nothing could be sealed here."
        </p>
        <ul>
            <li>
                <Icon shape=Shape::Lock />
                <span>"Open " <a href=format!("https://{host}/app")>{format!("https://{host}")}</a> ", if this server has it."</span>
            </li>
            <li>
                <Icon shape=Shape::Lock />
                <span>"On the machine that runs it: " <span class="mono">{local}</span></span>
            </li>
            <li>
                <Icon shape=Shape::Lock />
                <span>"If you run this server, put it behind a proxy with a certificate. The README says how."</span>
            </li>
        </ul>
    }
}

/// Nobody is known yet.
#[component]
fn Welcome() -> impl IntoView {
    let state = expect_context::<State>();
    let wallets = state.wallet().map(|wallet| wallet.wallets());
    let found = Memo::new(move |()| wallets.map(RwSignal::get).unwrap_or_default());
    let none = Memo::new(move |()| found.with(Vec::is_empty));
    live(move || {
        if none.get() {
            if browser::is_phone() {
                view! { <PhoneWithout /> }.into_any()
            } else {
                view! { <DeskWithout /> }.into_any()
            }
        } else {
            view! { <Connect found=found /> }.into_any()
        }
    })
}

#[component]
fn Connect(found: Memo<Vec<WalletInfo>>) -> impl IntoView {
    view! {
        <h1>"Talk sealed"</h1>
        <p>"Your wallet is your way in: no password, no mail address. Connecting shows us your address, nothing else."</p>
        <Problem />
        <ConnectButton found=found />
    }
}

/// One wallet connects straight, several are offered by their names.
#[component]
fn ConnectButton(found: Memo<Vec<WalletInfo>>) -> impl IntoView {
    let state = expect_context::<State>();
    let picking = RwSignal::new(false);
    let press = on(move |_| match found.get_untracked().as_slice() {
        [only] => flow::connect(state, only.id.clone(), only.name.clone()),
        _ => picking.set(true),
    });
    view! {
        <button type="button" id="next" class="btn first big wide" on:click=press>
            <Icon shape=Shape::Wallet />
            "Connect wallet"
        </button>
        <Dialog open=picking title="Choose a wallet">
            {live(move || found.get().into_iter().map(|wallet| {
                let (id, name) = (wallet.id.clone(), wallet.name.clone());
                // Only pictures that came with the announcement: none is fetched.
                let icon = wallet.icon.starts_with("data:image/").then(|| wallet.icon.clone());
                view! {
                    <button
                        type="button"
                        class="choice"
                        on:click=on(move |_| {
                            picking.set(false);
                            flow::connect(state, id.clone(), name.clone());
                        })
                    >
                        {match icon {
                            Some(icon) => view! { <img src=icon alt="" /> }.into_any(),
                            None => view! { <Icon shape=Shape::Wallet /> }.into_any(),
                        }}
                        <bdi>{wallet.name}</bdi>
                    </button>
                }.into_any()
            }).collect::<Vec<_>>().into_any())}
        </Dialog>
    }
}

#[component]
fn DeskWithout() -> impl IntoView {
    view! {
        <h1>"No wallet in this browser"</h1>
        <p>
            "A wallet is an extension that holds your key and asks you before it signs. It is how you sign in here; Jackdaw never sees the key."
        </p>
        <Problem />
        <ol>
            <li>
                <span>
                    "Install one that you trust, for instance "
                    <a href="https://metamask.io/download" rel="noreferrer">"MetaMask"</a> ", "
                    <a href="https://rabby.io" rel="noreferrer">"Rabby"</a> " or "
                    <a href="https://frame.sh" rel="noreferrer">"Frame"</a> "."
                </span>
            </li>
            <li>
                <span>"Make an account in it and keep its recovery phrase on paper."</span>
            </li>
            <li>
                <span>"Come back and reload this page."</span>
            </li>
        </ol>
        <button type="button" id="next" class="btn first" on:click=on(|_| drop(window().location().reload()))>"Reload"</button>
    }
}

#[component]
fn PhoneWithout() -> impl IntoView {
    let link = window().location().href().unwrap_or_default();
    view! {
        <h1>"Open in your wallet's browser"</h1>
        <p>
            "On a phone the wallet is an app with a browser of its own. Copy this link, open your wallet's app, find Browser or Discover in it, and paste."
        </p>
        <Problem />
        <p class="mono full">{link.clone()}</p>
        <Copy text=fixed(link) name="Copy link" class="btn first big" />
        <p class="small">"No wallet yet? Install one from your phone's store, make an account in it, and come back to this link."</p>
    }
}

/// The account is known: one signature is missing.
#[component]
fn SignIn() -> impl IntoView {
    let state = expect_context::<State>();
    let account = Memo::new(move |()| state.account.get().unwrap_or_default());
    let wallets = state.wallet().map(|wallet| wallet.wallets());
    let found = Memo::new(move |()| wallets.map(RwSignal::get).unwrap_or_default());
    let connected = Memo::new(move |()| {
        state
            .wallet()
            .is_some_and(|wallet| wallet.account().get() == Some(account.get()))
    });
    let elsewhere = Memo::new(move |()| state.wallet_elsewhere());
    // Somebody else's session is still open here: back to it without a signature.
    let other = Memo::new(move |()| state.me().map(|me| me.address).filter(|me| *me != account.get()));
    let action = live(move || {
        match (connected.get(), elsewhere.get(), state.network()) {
        (false, ..) if found.with(Vec::is_empty) => view! {
            <p class="note" role="status">"Your wallet is not there. Open or unlock it, then reload this page."</p>
        }.into_any(),
        (false, ..) => view! { <ConnectButton found=found /> }.into_any(),
        (true, true, Some(network)) => view! { <ChangeNetwork network=network class="btn first big wide" /> }.into_any(),
        _ => view! {
            <button type="button" id="next" class="btn first big wide" on:click=on(move |_| flow::sign_in(state))>"Sign in"</button>
        }.into_any(),
    }
    });
    view! {
        <h1>"One signature, and you are in"</h1>
        <div class="who">
            {live(move || view! { <Avatar account=account.get() size=0 /> }.into_any())}
            <div class="mono full">{live(move || grouped(account.get()))}</div>
        </div>
        <ToSign />
        <Problem />
        {action}
        {live(move || other.get().map(|me: Address| view! {
            <button type="button" class="btn wide" on:click=on(move |_| flow::go_on(state, me))>
                "Go on as " <span class="mono">{app::place::short(me)}</span>
            </button>
        }.into_any()))}
        <button type="button" class="btn wide" on:click=on(move |_| flow::another_wallet(state))>"Use another wallet"</button>
    }
}
