use leptos::prelude::*;

use crate::{signal::live, state::State};

/// What the screen reader says when something arrives.
#[component]
pub fn Announcer() -> impl IntoView {
    let state = expect_context::<State>();
    view! {
        <div class="sr" role="status" aria-live="polite">
            {live(move || state.announcement.get())}
        </div>
    }
}
