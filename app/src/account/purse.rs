use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
use protocol::{Address, api::Network};

use crate::{
    error::{sentence, wallet_sentence},
    server_fns,
    signal::{RwSignal, effect, live, on, when},
    state::{State, WalletHandle},
};

/// Keeps the balance of the account as its wallet and its network change. Once, where the frame is made.
pub fn watch(state: State) {
    let Some(wallet) = state.wallet() else { return };
    let (account, chain) = (wallet.account(), wallet.chain_id());
    effect(move || {
        let (mine, _) = (account.get(), chain.get());
        match state.account.get() {
            Some(me) if mine == Some(me) && state.served().is_some() => ask(state, me, 0),
            _ => state.balance.set(None),
        }
    });
}

/// Asks for the balance; `again`: how often more, a second apart, for coins that are under way.
fn ask(state: State, account: Address, again: u32) {
    let Some(wallet) = state.wallet() else { return };
    spawn_local(async move {
        let answer = wallet.balance(account).await;
        if state.account.get_untracked() != Some(account) {
            return;
        }
        if let Ok(balance) = answer {
            state.balance.set(Some(balance));
        }
        if again > 0 {
            set_timeout(move || ask(state, account, again - 1), Duration::from_secs(1));
        }
    });
}

/// An empty wallet on a development chain: the first minutes must not end here.
#[component]
pub fn Purse() -> impl IntoView {
    let state = expect_context::<State>();
    when(
        move || is_empty(state),
        || {
            view! {
            <div class="purse">
                <p>"Your wallet is empty on this development chain. Its coins are worth nothing and cost nothing."</p>
                <TestCoins />
            </div>
    }.into_any()
        },
    )
}

/// Nothing in the wallet, where test coins are given. Reactive.
pub fn is_empty(state: State) -> bool {
    state.served().is_some_and(|network| network.development)
        && state.balance.with(|balance| {
            balance
                .as_ref()
                .is_some_and(|wei| wei.bytes().all(|digit| digit == b'0'))
        })
}

/// Gives test coins to the signed-in account.
#[component]
pub fn TestCoins() -> impl IntoView {
    let state = expect_context::<State>();
    let busy = RwSignal::new(false);
    let said = RwSignal::new(None::<&'static str>);
    let press = on(move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        said.set(None);
        spawn_local(async move {
            let answer = server_fns::test_coins().await;
            busy.set(false);
            match (answer, state.account.get_untracked()) {
                (Ok(()), Some(account)) => {
                    state.announcement.set("Test ETH is on its way.".to_owned());
                    ask(state, account, 6);
                }
                (Err(error), _) => said.set(Some(sentence(error.0))),
                _ => {}
            }
        });
    });
    view! {
        <button type="button" class="btn wide" on:click=press aria-disabled=live(move || busy.get().then_some("true"))>
            {live(move || busy.get().then(|| view! { <span class="spin"></span> }.into_any()))}
            "Get test ETH"
        </button>
        {live(move || said.get().map(|words| view! { <p class="small" role="alert">{words}</p> }.into_any()))}
    }
}

/// Stands in the place of an action that needs another network.
#[component]
pub fn ChangeNetwork(
    /// Where to.
    network: Network,
    /// Its classes.
    #[prop(default = "btn wide")]
    class: &'static str,
) -> impl IntoView {
    let state = expect_context::<State>();
    let name = network.name.clone();
    let problem = RwSignal::new(None::<String>);
    let press = on(move |_| {
        let Some(wallet): Option<WalletHandle> = state.wallet() else {
            return;
        };
        let (network, name) = (network.clone(), network.name.clone());
        problem.set(None);
        spawn_local(async move {
            if let Err(error) = wallet.switch(&network).await {
                problem.set(Some(wallet_sentence(&error, &name)));
            }
        });
    });
    view! {
        <button type="button" id="next" class=class on:click=press>
            "Change network to "
            {name}
        </button>
        {live(move || problem.get().map(|words| view! { <p class="small" role="alert">{words}</p> }.into_any()))}
    }
}
