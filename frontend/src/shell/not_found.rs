use app::{components::Mark, place::Place};
use leptos::prelude::*;

use crate::components::A;

/// A path below `/app` that names nothing.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <section class="pane" aria-labelledby="title">
            <div class="empty">
                <Mark />
                <h1 id="title" tabindex="-1">"There is nothing here"</h1>
                <p>"The link may be mistyped, or what it led to is gone."</p>
                <div class="acts">
                    <A place=Place::Chats class="btn first">"Back to your conversations"</A>
                </div>
            </div>
        </section>
    }
}
