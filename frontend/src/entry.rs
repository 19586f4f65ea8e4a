use bridge::Command;
use js_sys::Function;
use leptos::prelude::{IntoView, document, provide_context, view};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::{
    engine::Engine,
    shell::App,
    signal::effect,
    state::{State, apply},
    wallet::Wallet,
};

/// What the page's script calls once the wasm is there; `worker` makes the engine's worker. The page stands in the place of what the
/// server has sent.
#[wasm_bindgen]
pub fn start(worker: Function) {
    console_error_panic_hook::set_once();
    let shell = document().body().and_then(|body| body.first_element_child());
    leptos::mount::mount_to_body(move || {
        let state = State::new();
        let engine = Engine::new(worker, move |event| apply(state, event));
        let wallet = Wallet::discover();
        follow(state, &engine, &wallet);
        state.plug(engine, wallet);
        provide_context(state);
        view! { <App /> }.into_view()
    });
    if let Some(shell) = shell {
        shell.remove();
    }
}

/// Tells an open vault where the wallet is, now and at every change.
fn follow(state: State, engine: &Engine, wallet: &Wallet) {
    let (engine, account, chain_id) = (engine.clone(), wallet.account(), wallet.chain_id());
    effect(move || {
        let (account, chain_id) = (account.get(), chain_id.get());
        if state.opened.with(Option::is_some) {
            engine.send(Command::WalletAt { account, chain_id });
        }
    });
}
