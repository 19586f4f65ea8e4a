//! The message that another one answers.

use bridge::QuoteView;
use leptos::prelude::*;
use protocol::MessageId;

use super::words;
use crate::{
    signal::{RwSignal, live, on},
    state::State,
};

/// The message that is to be brought into view; in the context of the thread.
#[derive(Clone, Copy)]
pub struct Jump(pub RwSignal<Option<MessageId>>);

/// The message that had the keyboard last: only its actions can be reached with Tab. In the context of the thread.
#[derive(Clone, Copy)]
pub struct Current(pub RwSignal<Option<MessageId>>);

/// The id of a message's element.
pub fn element_id(id: MessageId) -> String {
    format!("m-{id}")
}

/// Who wrote the quoted message, and its first line; pressed, it brings the message into view.
#[component]
pub fn Quote(quote: QuoteView) -> impl IntoView {
    let state = expect_context::<State>();
    let Jump(jump) = expect_context();
    let id = quote.id;
    let Some(quoted) = quote.quoted else {
        return view! { <p class="quote gone">"Answers a message that is not in this browser"</p> }.into_any();
    };
    let author = quoted.author;
    let mine = state.account.get_untracked() == Some(author);
    let who = move || if mine { "You".to_owned() } else { state.name(author) };
    view! {
        <button type="button" class="quote" on:click=on(move |_| jump.set(Some(id)))>
            <span class="sr">"In answer to "</span>
            <b><bdi>{live(who)}</bdi></b>
            <span class="line" dir="auto">{live(move || words::line(state, &quoted.body))}</span>
        </button>
    }
    .into_any()
}
