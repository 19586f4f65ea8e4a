use app::components::Mark;
use leptos::prelude::*;

use super::{shut::SHUT, welcome::WELCOME};
use crate::{
    browser,
    components::{Icon, Shape},
    shell::Announcer,
    signal::{Memo, effect, live, on},
    state::{Stage, State, flow},
};

/// The way in: from an empty page to the conversations, one step at a time. Whoever is signed in sees only the steps that
/// stand here; those of newcomers are loaded when they are reached.
#[component]
pub fn Gate() -> impl IntoView {
    let state = expect_context::<State>();
    let reached = Memo::new(move |()| state.stage.get());
    let step = live(move || match reached.get() {
        Stage::Loading => view! { <Waits words="Opening".to_owned() cancel=false /> }.into_any(),
        Stage::Unreachable => view! { <Unreachable /> }.into_any(),
        Stage::Insecure | Stage::Welcome | Stage::SignIn | Stage::Revoked => WELCOME.show().into_any(),
        Stage::Connecting(name) => {
            view! { <Waits words=format!("Waiting for {name}. Open it to continue.") cancel=true /> }.into_any()
        }
        Stage::Opening => view! { <Waits words="Opening your conversations".to_owned() cancel=false /> }.into_any(),
        Stage::Signing => {
            view! { <Waits words="Waiting for your wallet. Open it and sign to continue.".to_owned() cancel=true /> }
                .into_any()
        }
        Stage::Entering => view! { <Waits words="Checking the signature".to_owned() cancel=false /> }.into_any(),
        Stage::Shut(_) => SHUT.show().into_any(),
        Stage::In => ().into_any(),
    });
    // After a step the keyboard is where the next one is.
    let mut before = None::<Stage>;
    effect(move || {
        let now = reached.get();
        if before
            .as_ref()
            .is_some_and(|before| *before != now && !matches!(before, Stage::Loading | Stage::Unreachable))
        {
            request_animation_frame(|| browser::focus("next"));
        }
        before = Some(now);
    });
    view! {
        <div class="gate">
            <header>
                <a href="/">
                    <Mark />
                    <b>"Jackdaw"</b>
                </a>
            </header>
            <main class="card">{step}</main>
            <Announcer />
        </div>
    }
}

/// Why the last step did not work.
#[component]
pub fn Problem() -> impl IntoView {
    let state = expect_context::<State>();
    live(move || {
        state.problem.get().map(|words| {
            view! {
                <div class="note" role="alert">
                    <Icon shape=Shape::Warning />
                    <p>{words}</p>
                </div>
            }
            .into_any()
        })
    })
}

#[component]
fn Waits(words: String, cancel: bool) -> impl IntoView {
    let state = expect_context::<State>();
    view! {
        <h1 class="sr">"Jackdaw"</h1>
        <p class="waits" role="status">
            <span class="spin"></span>
            {words}
        </p>
        <Problem />
        {cancel.then(|| view! {
            <button type="button" id="next" class="btn" on:click=on(move |_| flow::cancel(state))>"Cancel"</button>
        })}
    }
}

#[component]
fn Unreachable() -> impl IntoView {
    view! {
        <h1>"No connection to Jackdaw"</h1>
        <p>"The server does not answer. Nothing is lost: what is in this browser stays here. We try again by ourselves."</p>
        <Problem />
        <p class="waits" role="status">
            <span class="spin"></span>
            "Trying again"
        </p>
    }
}
