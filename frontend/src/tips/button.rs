use leptos::{ev, prelude::*};
use protocol::Address;

use super::{TIP, place};
use crate::{
    components::{Icon, Shape},
    signal::{on, when},
    state::{State, tips},
};

/// Begins a tip. Only there where tips exist.
#[component]
pub fn TipButton(
    /// The account that would be paid.
    peer: Address,
) -> impl IntoView {
    let state = expect_context::<State>();
    when(
        move || place::are_there(&state.networks()),
        move || {
            view! {
                <button
                    type="button"
                    id="tip"
                    class="round coin"
                    aria-label="Send a tip"
                    aria-haspopup="dialog"
                    on:pointerenter=on(|_: ev::PointerEvent| TIP.preload())
                    on:focus=on(|_: ev::FocusEvent| TIP.preload())
                    on:click=on(move |_| tips::open(state, peer, None))
                >
                    <Icon shape=Shape::Coin />
                </button>
            }
            .into_any()
        },
    )
}
