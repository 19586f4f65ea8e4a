use app::error::sentence;
use leptos::{ev, prelude::*, task::spawn_local};

use crate::{
    lazy::lazy,
    signal::{RwSignal, live, on, when},
    state::{State, flow},
};

lazy! {
    /// The form behind the account's menu: in that one's file, so that it is there when it is asked for.
    pub SIGN_OUT in tips = load_sign_out, draw_sign_out: AnyView => view! { <SignOutForm /> }.into_any()
}

/// Says what signing out does to what is here, and does it.
#[component]
pub fn SignOutForm() -> impl IntoView {
    let state = expect_context::<State>();
    let forget = RwSignal::new(false);
    let problem = RwSignal::new(None::<&'static str>);
    let submit = on(move |event: ev::SubmitEvent| {
        event.prevent_default();
        problem.set(None);
        spawn_local(async move {
            if let Err(error) = flow::sign_out(state, forget.get_untracked()).await {
                problem.set(Some(sentence(error.0)));
            }
        });
    });
    view! {
        <form on:submit=submit>
            <p class="soft">
                "Your history stays in this browser, encrypted; what you typed and did not send stays too, but not encrypted. Both are there again when you sign in with the same account."
            </p>
            <label class="check">
                <input type="checkbox" on:change=on(move |event| forget.set(event_target_checked(&event))) />
                <span>"Delete the history in this browser"</span>
            </label>
            {when(move || forget.get(), || view! {
                <div class="note bad" role="status">
                    <p>
                        "Keys, messages and what you typed are deleted here for ever, and this browser is removed from your account. What is in no other browser of yours is gone; nobody can bring it back."
                    </p>
                </div>
            }.into_any())}
            {live(move || problem.get().map(|words| view! { <p class="note bad" role="alert">{words}</p> }.into_any()))}
            <div class="acts">
                <button type="submit" class="btn first">
                    {live(move || if forget.get() { "Sign out and delete" } else { "Sign out" }.to_owned())}
                </button>
            </div>
        </form>
    }
}
