use std::time::Duration;

use app::{error::sentence, server_fns};
use leptos::{ev, prelude::*, task::spawn_local};
use protocol::{U256, api::Network};

use crate::{
    browser,
    lazy::lazy,
    signal::{Memo, RwSignal, effect, live, on, when},
    state::State,
    wallet::wallet_sentence,
};

/// Between two tries, where the wallet does not say the balance.
const RETRY: Duration = Duration::from_secs(4);

/// Keeps the balance of the account as its wallet, its network and its money change. Once, where the frame is made.
pub fn watch(state: State) {
    let chain = Memo::new(move |()| {
        state
            .served()
            .filter(|_| state.wallet_connected())
            .map(|network| network.chain_id)
    });
    let account = Memo::new(move |()| state.account.get());
    effect(move || {
        // What was there before belongs to another account or chain.
        let (_, _) = (account.get(), chain.get());
        state.balance_writer().clear();
        look(state);
    });
    effect(move || {
        if state.tips.moved.get() > 0 {
            look(state);
        }
    });
    let listener = window_event_listener(ev::focus, move |_| look(state));
    on_cleanup(move || listener.remove());
}

/// Asks for the balance once more, if the wallet is where it can say it.
pub fn look(state: State) {
    ask(state, 0);
}

/// Asks the wallet for the balance, and retries until it answers. `again`: further questions, one second apart, for coins on their way.
fn ask(state: State, again: u32) {
    let place = move || {
        untrack(|| {
            let chain = state.served()?.chain_id;
            Some((state.account.get()?, chain)).filter(|_| state.wallet_connected())
        })
    };
    let (Some(wallet), Some((account, chain))) = (state.wallet(), place()) else {
        return;
    };
    let balance = state.balance_writer();
    let this = balance.look();
    spawn_local(async move {
        let answer = wallet.balance(account).await;
        if place() != Some((account, chain)) {
            return;
        }
        match answer {
            Some(wei) => balance.set(wei),
            // Only the latest question is retried, so that retries do not multiply.
            None if again == 0 && balance.is_last(this) && browser::is_watched() => {
                set_timeout(move || ask(state, 0), RETRY);
            }
            None => {}
        }
        if again > 0 {
            set_timeout(move || ask(state, again - 1), Duration::from_secs(1));
        }
    });
}

/// An empty wallet on a development chain: the first minutes must not end here.
#[component]
pub fn Purse() -> impl IntoView {
    let state = expect_context::<State>();
    when(move || is_empty(state), || EMPTY.show().into_any())
}

lazy! {
    /// What is said of an empty wallet.
    EMPTY in tips = load_empty, draw_empty: AnyView => view! {
        <div class="purse">
            <p>"Your wallet is empty on this development chain. Its coins are worth nothing and cost nothing."</p>
            <TestCoins />
        </div>
    }
    .into_any()
}

/// Nothing in the wallet, where test coins are given. Reactive.
pub fn is_empty(state: State) -> bool {
    state.served().is_some_and(|network| network.development)
        && state.balance.with(|balance| *balance == Some(U256::ZERO))
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
            match answer {
                Ok(()) => {
                    state.announce("Test ETH is on its way.".to_owned());
                    ask(state, 6);
                }
                Err(error) => said.set(Some(sentence(error.0))),
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
    /// The network to change to.
    network: Network,
    /// The CSS classes of the button.
    #[prop(default = "btn wide")]
    class: &'static str,
    /// Its id, where it is the one next step of a page.
    #[prop(default = Some("next"))]
    id: Option<&'static str>,
) -> impl IntoView {
    let state = expect_context::<State>();
    let name = network.name.clone();
    let problem = RwSignal::new(None::<String>);
    let press = on(move |_| {
        let Some(wallet) = state.wallet() else {
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
        <button type="button" id=id class=class on:click=press>
            "Change network to "
            {name}
        </button>
        {live(move || problem.get().map(|words| view! { <p class="small" role="alert">{words}</p> }.into_any()))}
    }
}
