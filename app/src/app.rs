use leptos::prelude::*;

use crate::{
    components::Mark,
    navigate,
    pages::{Frame, Gate},
    state::{Stage, State, flow},
};

/// The whole of `/app`. Its first render looks at neither path nor person: it is the shell the server has sent.
#[component]
pub fn App() -> impl IntoView {
    let state = use_context::<State>().unwrap_or_default();
    provide_context(state);
    state.plug();
    let begun = RwSignal::new(false);
    Effect::new(move |_| {
        navigate::listen(state);
        flow::start(state);
        begun.set(true);
    });
    Effect::new(move |_| {
        if begun.get() {
            document().set_title(&navigate::title(state));
        }
    });
    let inside = Memo::new(move |_| begun.get().then(|| state.stage.with(|stage| *stage == Stage::In)));
    let body = move || match inside.get() {
        None => view! { <Opening /> }.into_any(),
        Some(false) => view! { <Gate /> }.into_any(),
        Some(true) => view! { <Frame /> }.into_any(),
    };
    view! {
        <div id="app">{body}</div>
        <div class="sr" role="status" aria-live="polite">
            {move || state.announcement.get()}
        </div>
        <noscript>
            <p class="note">"Jackdaw seals messages in your browser, which needs JavaScript. Switch it on and reload."</p>
        </noscript>
    }
}

/// What the server sends to everybody: the name, and that something is coming.
#[component]
fn Opening() -> impl IntoView {
    view! {
        <div class="gate">
            <header>
                <Mark />
                <b>"Jackdaw"</b>
            </header>
            <main class="card" aria-busy="true">
                <h1 class="sr">"Jackdaw"</h1>
                <p class="waits">
                    <span class="spin"></span>
                    "Opening"
                </p>
            </main>
        </div>
    }
}
