use leptos::prelude::*;

use crate::{
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
    // One element without children of its own: what the server has sent and what the browser expects are the same, whether views
    // are compiled with erased types (the browser's half) or not (the server's).
    move || match inside.get() {
        None => view! { <Opening /> }.into_any(),
        Some(false) => view! { <Gate /> }.into_any(),
        Some(true) => view! { <Frame /> }.into_any(),
    }
}

/// What the server sends to everybody: the name, and that something is coming. One string, because there is nothing in it to
/// take over.
const OPENING: &str = concat!(
    "<div class=\"gate\"><header><svg class=\"mark\" viewBox=\"0 0 64 64\" aria-hidden=\"true\">",
    "<path fill=\"var(--head)\" d=\"M8 60C6 34 16 8 37 8c9 0 15 5 17 12l7 5c1.6 1.1 1 3-.8 3.2L52 29.5C50 40 44 44 43 60Z\"/>",
    "<path fill=\"var(--nape)\" d=\"M8 60C7 42 11 26 20 17c6 5 7 13 5 21-2 7-3 14-2 22Z\"/>",
    "<circle cx=\"42.5\" cy=\"21\" r=\"5.2\" fill=\"#dff1fb\"/><circle cx=\"43.3\" cy=\"21\" r=\"2.3\" fill=\"#171a21\"/></svg>",
    "<b>Jackdaw</b></header><main class=\"card\"><h1 class=\"sr\">Jackdaw</h1>",
    "<noscript><p>Jackdaw seals your messages in this browser, and that needs JavaScript. Switch it on and reload.</p></noscript>",
    "<p class=\"waits scripted\"><span class=\"spin\"></span>Opening</p></main></div>",
);

#[component]
fn Opening() -> impl IntoView {
    view! { <div aria-busy="true" inner_html=OPENING></div> }
}

/// What the screen reader says when something arrives.
#[component]
pub fn Announcer() -> impl IntoView {
    let state = expect_context::<State>();
    view! {
        <div class="sr" role="status" aria-live="polite">
            {move || state.announcement.get()}
        </div>
    }
}
