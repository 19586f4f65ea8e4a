use leptos::prelude::*;

use super::desk::Desk;
use crate::{
    components::Dialog,
    lazy::lazy,
    signal::{RwSignal, effect},
    state::{State, tips},
};

lazy! {
    /// The dialog for paying an account.
    pub TIP in tips = load_tip, draw_tip: AnyView => view! { <TipDialog /> }.into_any()
}

/// The dialog of the tip that is about to be made.
#[component]
fn TipDialog() -> impl IntoView {
    let state = expect_context::<State>();
    let open = RwSignal::new(true);
    effect(move || {
        if !open.get() {
            tips::close(state);
        }
    });
    state.tips.desk.get_untracked().map(|peer| {
        let title = format!("Tip {}", untrack(|| state.name(peer)));
        view! {
            <Dialog open=open title=title>
                <Desk peer=peer />
            </Dialog>
        }
        .into_any()
    })
}
