use leptos::{ev, prelude::*};

use crate::{
    signal::{RwSignal, live, on, when},
    state::{State, flow},
};

/// Says what signing out does to the history here, and does it.
#[component]
pub fn SignOutForm() -> impl IntoView {
    let state = expect_context::<State>();
    let forget = RwSignal::new(false);
    let submit = on(move |event: ev::SubmitEvent| {
        event.prevent_default();
        flow::sign_out(state, forget.get_untracked());
    });
    view! {
        <form on:submit=submit>
            <p class="soft">
                "Your history stays in this browser, encrypted. It opens again when you sign in with the same account."
            </p>
            <label class="check">
                <input type="checkbox" on:change=on(move |event| forget.set(event_target_checked(&event))) />
                <span>"Delete the history in this browser"</span>
            </label>
            {when(move || forget.get(), || view! {
                <div class="note bad" role="status">
                    <p>
                        "Keys and messages are deleted here for ever, and this browser is removed from your account. What is in no other browser of yours is gone; nobody can bring it back."
                    </p>
                </div>
            }.into_any())}
            <div class="acts">
                <button type="submit" class="btn first">
                    {live(move || if forget.get() { "Sign out and delete" } else { "Sign out" }.to_owned())}
                </button>
            </div>
        </form>
    }
}
