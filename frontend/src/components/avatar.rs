use app::components::avatar::{classes, letter};
use leptos::prelude::*;
use protocol::Address;

use crate::{signal::live, state::State};

/// A disc in the account's colour with its initial. Decoration: the name stands beside it.
#[component]
pub fn Avatar(
    /// The account that the avatar stands for.
    account: Address,
    /// 0 small, 1 usual, 2 large.
    #[prop(default = 1)]
    size: usize,
) -> impl IntoView {
    let state = expect_context::<State>();
    let text = live(move || {
        let name = state.is_named(account).then(|| state.name(account));
        letter(name.as_deref(), account)
    });
    view! {
        <span class=classes(account, size) aria-hidden="true">
            {text}
        </span>
    }
}
