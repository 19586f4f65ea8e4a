use app::state::{EngineHandle, State, WalletHandle};
use leptos::prelude::{IntoView, provide_context, view};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::{engine::Engine, wallet::Wallet};

/// What the page's script calls once the wasm is there.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(|| {
        let state = State::new();
        let engine = Engine::new(state);
        provide_context(state);
        provide_context(EngineHandle::new(move |command| engine.send(command)));
        provide_context(WalletHandle::new(Wallet::discover()));
        view! { <app::App /> }.into_view()
    });
}
