use std::mem::{Discriminant, discriminant};

use app::components::Mark;
use bridge::Trouble;
use leptos::prelude::*;

use super::{problem::Problem, shut::SHUT, welcome::WELCOME};
use crate::{
    browser,
    components::Announcer,
    signal::{Memo, effect, live, on},
    state::{Stage, State, flow},
};

/// What stands in the card. Stages that look alike are one step.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Loading,
    Unreachable,
    Waits {
        words: String,
        cancel: bool,
    },
    /// A step of [`WELCOME`].
    Newcomer(Discriminant<Stage>),
    Shut(Trouble),
    Inside,
}

impl Step {
    fn of(stage: &Stage) -> Self {
        let waits = |words: &str, cancel| Self::Waits {
            words: words.to_owned(),
            cancel,
        };
        match stage {
            Stage::Loading => Self::Loading,
            Stage::Unreachable(_) => Self::Unreachable,
            Stage::Connecting(name, _) => waits(&format!("Waiting for {name}. Open it to continue."), true),
            Stage::Opening(_) => waits("Opening your conversations", false),
            Stage::Signing(..) => waits("Waiting for your wallet. Open it and sign to continue.", true),
            Stage::Entering(..) => waits("Checking the signature", false),
            Stage::Shut(_, why) => Self::Shut(*why),
            Stage::In(_) => Self::Inside,
            Stage::Elsewhere(_) | Stage::Insecure | Stage::Welcome | Stage::SignIn(_) | Stage::Revoked(_) => {
                Self::Newcomer(discriminant(stage))
            }
        }
    }
}

/// The sign-in flow: from an empty page to the conversations, one step at a time. This file has the steps that a signed-in person
/// may see; those of newcomers are loaded when they are reached.
#[component]
pub fn Gate() -> impl IntoView {
    let state = expect_context::<State>();
    let reached = Memo::new(move |()| state.stage.with(Step::of));
    let step = live(move || match reached.get() {
        Step::Loading => view! { <Waits words="Opening".to_owned() cancel=false /> }.into_any(),
        Step::Unreachable => view! { <Unreachable /> }.into_any(),
        Step::Waits { words, cancel } => view! { <Waits words=words cancel=cancel /> }.into_any(),
        Step::Newcomer(_) => WELCOME.show().into_any(),
        Step::Shut(_) => SHUT.show().into_any(),
        Step::Inside => ().into_any(),
    });
    // After a step the keyboard is where the next one is.
    let mut before = None::<Step>;
    effect(move || {
        let now = reached.get();
        if before
            .as_ref()
            .is_some_and(|before| *before != now && !matches!(before, Step::Loading | Step::Unreachable))
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
