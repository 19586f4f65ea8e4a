use leptos::prelude::*;
use protocol::Address;

use crate::{
    components::{Icon, Shape},
    signal::{live, on},
    state::{State, tips},
};

/// Why the last tip to somebody was not made, where the dialog is not there to say it.
#[component]
pub fn Refused(
    /// The account that was to be paid.
    peer: Address,
) -> impl IntoView {
    let state = expect_context::<State>();
    live(move || {
        let words = state.tips.refused.with(|all| all.get(&peer).cloned());
        let elsewhere = state.tips.desk.get() != Some(peer);
        words.filter(|_| elsewhere).map(|words| {
            view! {
                <div class="note tip-note" role="alert">
                    <Icon shape=Shape::Coin />
                    <p>{words}</p>
                    <button
                        type="button"
                        class="round plain"
                        aria-label="Close"
                        on:click=on(move |_| {
                            tips::dismiss(state, peer);
                            crate::browser::focus("tip");
                        })
                    >
                        <Icon shape=Shape::Close />
                    </button>
                </div>
            }
            .into_any()
        })
    })
}
