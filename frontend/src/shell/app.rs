use leptos::prelude::*;

use crate::{
    navigate,
    shell::FRAME,
    sign_in::Gate,
    signal::{Memo, effect, live},
    state::{Stage, State, flow},
};

/// The whole of `/app`: the way in, or the conversations.
#[component]
pub fn App() -> impl IntoView {
    let state = expect_context::<State>();
    navigate::listen(state);
    flow::start(state);
    effect(move || document().set_title(&navigate::title(state)));
    // What comes next is fetched while the vault is opened, or while somebody signs.
    effect(move || {
        if matches!(state.stage.get(), Stage::Opening(_) | Stage::Signing(..)) {
            FRAME.preload();
        }
    });
    let inside = Memo::new(move |()| state.stage.with(|stage| matches!(stage, Stage::In(_))));
    live(move || {
        if inside.get() {
            FRAME.show_in(alone).into_any()
        } else {
            view! { <Gate /> }.into_any()
        }
    })
}

/// Layout while the app shell loads.
fn alone(view: AnyView) -> AnyView {
    view! {
        <div class="gate">
            <main class="card">{view}</main>
        </div>
    }
    .into_any()
}
