use leptos::prelude::*;

use super::{menu::MENU, opened::Opened, purse::look};
use crate::{
    browser,
    components::{Avatar, Dialog},
    settings::SIGN_OUT,
    signal::{Memo, RwSignal, effect, live, on, when},
    state::State,
};

/// The account: who is signed in and where, and a menu.
#[component]
pub fn AccountMenu() -> impl IntoView {
    let state = expect_context::<State>();
    let open = RwSignal::new(false);
    let leaving = RwSignal::new(false);
    provide_context(Opened { open, leaving });
    let me = Memo::new(move |()| state.me().map(|me| me.address).unwrap_or_default());
    let name = move || state.name(me.get());
    let elsewhere = Memo::new(move |()| state.wallet_elsewhere());
    let network = move || match (elsewhere.get(), state.served().or_else(|| state.network())) {
        (true, _) => "Wrong network".to_owned(),
        (false, Some(network)) if network.development => "Test net".to_owned(),
        (false, network) => network.map(|network| network.name).unwrap_or_default(),
    };
    effect(move || {
        if open.get() {
            look(state);
        }
    });
    let away = move || {
        open.set(false);
        browser::focus("account");
    };
    view! {
        <div class="account">
            <button
                type="button"
                id="account"
                aria-haspopup="menu"
                aria-expanded=live(move || Some(if open.get() { "true" } else { "false" }))
                aria-label=live(move || Some(format!("Account {}, {}", name(), network())))
                on:click=on(move |_| open.update(|open| *open = !*open))
            >
                {live(move || view! { <Avatar account=me.get() size=0 /> }.into_any())}
                <bdi class="name">{live(name)}</bdi>
                <span class=live(move || if elsewhere.get() { "pill net wrong" } else { "pill net" })>{live(network)}</span>
            </button>
            {when(move || open.get(), move || view! {
                <div class="away" on:click=on(move |_| away())></div>
                <div class="popup">{MENU.show()}</div>
            }.into_any())}
            <Dialog open=leaving title="Sign out">{SIGN_OUT.show()}</Dialog>
        </div>
    }
}
