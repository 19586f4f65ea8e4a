use leptos::{prelude::*, task::spawn_local};

use crate::{
    components::{Icon, Shape},
    signal::{Memo, RwSignal, live, on},
    state::State,
    wallet::WalletInfo,
    wallet::wallet_sentence,
};

/// Connects a wallet to the account that is signed in, without leaving the place.
#[component]
pub fn Connect(
    /// The id of its first button.
    #[prop(optional)]
    id: Option<&'static str>,
) -> impl IntoView {
    let state = expect_context::<State>();
    let wallets = state.wallet().map(|wallet| wallet.wallets());
    let found = Memo::new(move |()| wallets.map(RwSignal::get).unwrap_or_default());
    let problem = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let connect = move |id: String| {
        let Some(wallet) = state.wallet().filter(|_| !busy.get_untracked()) else {
            return;
        };
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let answer = wallet.connect(&id).await;
            busy.set(false);
            problem.set(match answer {
                Ok(account) if state.account.get_untracked() != Some(account) => {
                    Some("This wallet is at another account. Choose your account in it, or another wallet.".to_owned())
                }
                Ok(_) => None,
                Err(error) => Some(wallet_sentence(&error, "its network")),
            });
        });
    };
    let button = move |wallet: &WalletInfo, first: bool, name: String| {
        let wallet = wallet.id.clone();
        view! {
            <button
                type="button"
                id=id.filter(|_| first)
                class="btn first big wide"
                aria-disabled=live(move || busy.get().then_some("true"))
                on:click=on(move |_| connect(wallet.clone()))
            >
                <Icon shape=Shape::Wallet />
                {name}
            </button>
        }
        .into_any()
    };
    view! {
        {live(move || match found.get().as_slice() {
            [] => view! {
                <p class="note" role="status">"Your wallet is not there. Open or unlock it, then reload this page."</p>
            }.into_any(),
            [only] => button(only, true, "Connect wallet".to_owned()),
            many => many
                .iter()
                .enumerate()
                .map(|(place, wallet)| button(wallet, place == 0, format!("Connect {}", wallet.name)))
                .collect::<Vec<_>>()
                .into_any(),
        })}
        {live(move || problem.get().map(|words| view! { <p class="small" role="alert">{words}</p> }.into_any()))}
    }
}
