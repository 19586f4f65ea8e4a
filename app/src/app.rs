use leptos::prelude::*;

use crate::state::State;

/// The whole of `/app`. Its first render looks at neither path nor person: it is the shell the server has sent.
#[component]
pub fn App() -> impl IntoView {
    let state = use_context::<State>().unwrap_or_default();
    provide_context(state);
    view! { <div class="opening" aria-busy="true"></div> }
}
