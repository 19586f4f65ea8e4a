use leptos::{ev, prelude::*};

use crate::state::{State, flow};

/// Says what signing out does to the history here, and does it.
#[component]
pub fn SignOutForm() -> impl IntoView {
    let state = expect_context::<State>();
    let forget = RwSignal::new(false);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        flow::sign_out(state, forget.get_untracked());
    };
    view! {
        <form on:submit=submit>
            <p class="soft">
                "Your history stays in this browser, encrypted. It opens again when you sign in with the same account."
            </p>
            <label class="check">
                <input type="checkbox" on:change=move |event| forget.set(event_target_checked(&event)) />
                <span>"Delete the history in this browser"</span>
            </label>
            <Show when=move || forget.get()>
                <div class="note bad" role="status">
                    <p>
                        "Keys and messages are deleted here for ever. What is in no other browser of yours is gone; nobody can bring it back."
                    </p>
                </div>
            </Show>
            <div class="acts">
                <button type="submit" class="btn first">
                    {move || if forget.get() { "Sign out and delete" } else { "Sign out" }}
                </button>
            </div>
        </form>
    }
}
