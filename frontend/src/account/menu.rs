//! What opens over the account's button: a part of its own.

use app::{
    coin::TEST_MONEY,
    place::{Place, grouped},
};
use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

use super::{
    opened::Opened,
    purse::{ChangeNetwork, TestCoins, is_empty},
};
use crate::{
    amount, browser,
    components::{Icon, Shape, icon},
    lazy::lazy,
    navigate,
    signal::{Memo, RwSignal, live, on, when},
    state::State,
    tips::Connect,
};

lazy! {
    /// The account's menu; what it opens and closes stands in the context.
    pub MENU in tips = load_menu, draw_menu: AnyView => view! { <Menu /> }.into_any()
}

#[component]
fn Menu() -> impl IntoView {
    let state = expect_context::<State>();
    let Opened { open, leaving } = expect_context();
    let popup = NodeRef::<html::Div>::new();
    let close = move || {
        open.set(false);
        browser::focus("account");
    };
    request_animation_frame(move || move_focus(popup, |_, _| 0));
    // Wherever the keyboard is: it may have been left on something that has gone.
    let escape = window_event_listener(ev::keydown, move |event| {
        if event.key() == "Escape" && !event.default_prevented() {
            event.prevent_default();
            close();
        }
    });
    on_cleanup(move || escape.remove());
    let key = on(move |event: ev::KeyboardEvent| {
        let to: fn(usize, usize) -> usize = match event.key().as_str() {
            "ArrowDown" => |at, of| (at + 1) % of,
            "ArrowUp" => |at, of| (at + of - 1) % of,
            "Home" => |_, _| 0,
            "End" => |_, of| of - 1,
            _ => return,
        };
        event.prevent_default();
        move_focus(popup, to);
    });
    view! {
        <div node_ref=popup on:keydown=key>
            <About />
            <div role="menu" aria-label="Account">
                <CopyAddress />
                <Explorer />
                <AnotherWallet />
                <button
                    type="button"
                    role="menuitem"
                    tabindex="-1"
                    on:click=on(move |_| {
                        open.set(false);
                        navigate::go(state, Place::Settings);
                    })
                >
                    <Icon shape=Shape::Settings />
                    "Settings"
                </button>
                <button
                    type="button"
                    role="menuitem"
                    tabindex="-1"
                    on:click=on(move |_| {
                        close();
                        leaving.set(true);
                    })
                >
                    <Icon shape=Shape::Out />
                    "Sign out"
                </button>
            </div>
        </div>
    }
}

/// Who is signed in, on which network, with how much.
#[component]
fn About() -> impl IntoView {
    let state = expect_context::<State>();
    let me = move || state.me().map(|me| me.address).unwrap_or_default();
    let name = move || state.name(me());
    let elsewhere = Memo::new(move |()| state.wallet_elsewhere());
    let connected = Memo::new(move |()| state.wallet_connected());
    let here = Memo::new(move |()| state.served());
    view! {
        <div class="about">
            <div>
                <b><bdi>{live(name)}</bdi></b>
                <div class="mono small soft">{live(move || grouped(me()))}</div>
            </div>
            <dl>
                <dt>"Network"</dt>
                {live(move || if elsewhere.get() {
                    view! { <dd class="bad">"Wrong network"</dd> }.into_any()
                } else {
                    let name = state.served().or_else(|| state.network()).map(|network| network.name);
                    view! { <dd><bdi>{name}</bdi></dd> }.into_any()
                })}
                {live(move || connected.get().then_some(here.get()).flatten().map(|network| {
                    let symbol = network.symbol;
                    let balance = move || match state.balance.get() {
                        Some(balance) => format!("{} {symbol}", amount::shown(balance, amount::DECIMALS)),
                        None => "…".to_owned(),
                    };
                    view! {
                        <dt>"Balance"</dt>
                        <dd class="num">{live(balance)}</dd>
                    }
                    .into_any()
                }))}
            </dl>
            {live(move || here.get().filter(|network| network.development).map(|_| view! {
                <p class="small test">{TEST_MONEY}</p>
            }.into_any()))}
            {live(move || elsewhere.get().then(|| view! {
                <p class="small">"Your wallet is on a network that is not served here."</p>
            }.into_any()))}
            {live(move || if connected.get() {
                let here = here.get().map(|network| network.chain_id);
                let others = state.networks().into_iter().filter(|network| Some(network.chain_id) != here);
                others.map(|network| view! { <ChangeNetwork network=network id=None /> }.into_any()).collect_view().into_any()
            } else {
                view! { <Connect id=CHOICE /> }.into_any()
            })}
            {live(move || {
                let given = state.served().or_else(|| state.network()).is_some_and(|network| network.development);
                // Where the wallet is empty the list offers it already.
                (given && !elsewhere.get() && !is_empty(state)).then(|| view! { <TestCoins /> }.into_any())
            })}
        </div>
    }
}

/// The menu's first item.
#[component]
fn CopyAddress() -> impl IntoView {
    let state = expect_context::<State>();
    let me = Memo::new(move |()| state.me().map(|me| me.address).unwrap_or_default());
    let copied = RwSignal::new(false);
    let copy = on(move |_| {
        leptos::task::spawn_local(async move {
            let done = browser::copy(&me.get_untracked().to_string()).await;
            copied.set(done);
            state.announce(if done {
                "Copied".to_owned()
            } else {
                me.get_untracked().to_string()
            });
            set_timeout(move || copied.set(false), std::time::Duration::from_secs(2));
        });
    });
    view! {
        <button type="button" role="menuitem" tabindex="-1" on:click=copy>
            {live(move || icon(if copied.get() { Shape::Check } else { Shape::Copy }))}
            {live(move || if copied.get() { "Copied" } else { "Copy address" }.to_owned())}
        </button>
    }
}

/// The account as everybody sees it, where the network has an explorer.
#[component]
fn Explorer() -> impl IntoView {
    let state = expect_context::<State>();
    live(move || {
        let network = state.served().or_else(|| state.network())?;
        let me = state.me()?.address;
        let explorer = network.explorer.trim_end_matches('/');
        (!explorer.is_empty()).then(|| {
            view! {
                <a
                    role="menuitem"
                    tabindex="-1"
                    href=format!("{explorer}/address/{me}")
                    target="_blank"
                    rel="noopener noreferrer"
                >
                    <Icon shape=Shape::Open />
                    "Open in the explorer"
                </a>
            }
            .into_any()
        })
    })
}

/// Disconnects the wallet without signing out. Another wallet can then be chosen in the place where the network was shown.
#[component]
fn AnotherWallet() -> impl IntoView {
    let state = expect_context::<State>();
    when(
        move || state.wallet_connected(),
        move || {
            let press = on(move |_| {
                if let Some(wallet) = state.wallet() {
                    wallet.forget();
                }
                state.announce("Choose a wallet".to_owned());
                // A frame later the choice is there. What was pressed is not.
                request_animation_frame(|| browser::focus(CHOICE));
            });
            view! {
                <button type="button" role="menuitem" tabindex="-1" on:click=press>
                    <Icon shape=Shape::Wallet />
                    "Use another wallet"
                </button>
            }
            .into_any()
        },
    )
}

/// The first of the wallets to choose from.
const CHOICE: &str = "choice";

/// Moves the keyboard among the menu's items; `to` gives the next index from the present one and their number.
fn move_focus(popup: NodeRef<html::Div>, to: impl Fn(usize, usize) -> usize) {
    // A frame later it may be closed again.
    let Some(items) = popup
        .try_get_untracked()
        .flatten()
        .and_then(|popup| popup.query_selector_all("[role=menuitem]").ok())
    else {
        return;
    };
    let items: Vec<web_sys::HtmlElement> = (0..items.length())
        .filter_map(|index| items.get(index))
        .filter_map(|item| item.dyn_into().ok())
        .collect();
    if items.is_empty() {
        return;
    }
    let active = document().active_element();
    let at = items
        .iter()
        .position(|item| active.as_ref().is_some_and(|active| active.is_same_node(Some(item))))
        .unwrap_or(0);
    let _ = items[to(at, items.len()) % items.len()].focus();
}
