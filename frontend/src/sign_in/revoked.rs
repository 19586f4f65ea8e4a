use app::error::sentence;
use bridge::{BodyView, ConversationId};
use leptos::prelude::*;

use crate::{
    components::{Copy, Icon, Shape, fixed},
    conversation::words,
    signal::{live, on},
    state::{State, flow},
};

/// This browser was removed from the account: why nothing moves any more, what was not sent, and how to go on.
#[component]
pub fn Revoked() -> impl IntoView {
    let state = expect_context::<State>();
    let one = move |(conversation, body): (ConversationId, BodyView)| {
        let text = words::line(state, &body);
        view! {
            <li>
                <div>
                    <div class="small soft">"To " <bdi>{state.title(conversation)}</bdi></div>
                    <p class="left-over" dir="auto">{text.clone()}</p>
                </div>
                <Copy text=fixed(text) name="Copy this message" class="btn" />
            </li>
        }
        .into_any()
    };
    view! {
        <h1>"This browser was removed"</h1>
        <div class="note" role="alert">
            <Icon shape=Shape::Warning />
            <p>{sentence(protocol::ErrorCode::Revoked)}</p>
        </div>
        {live(move || {
            let left = state.left_over.get();
            (!left.is_empty()).then(|| view! {
                <section aria-labelledby="left-over">
                    <h2 id="left-over">"Not sent"</h2>
                    <p>"These messages were still waiting here. Copy what you want to keep; they are sent to nobody."</p>
                    <ul class="things">{left.into_iter().map(one).collect::<Vec<_>>()}</ul>
                </section>
            }.into_any())
        })}
        <p class="soft">"Deleting takes keys, history and unsent messages out of this browser for ever. Your other browsers keep theirs."</p>
        <button type="button" id="next" class="btn first big wide" on:click=on(move |_| flow::delete(state))>
            "Delete and sign in again"
        </button>
    }
}
