use std::sync::Arc;

use app::{components::Mark, place::Place};
use leptos::prelude::*;

use crate::{
    components::{A, Copy, Icon, Shape, Words},
    signal::{Memo, live},
    state::State,
};

/// `/app`, beside the list: nothing is chosen yet. On phones the list stands alone.
#[component]
pub fn Chats() -> impl IntoView {
    let state = expect_context::<State>();
    let none = Memo::new(move |()| state.is_alone() == Some(true));
    view! {
        <section class="pane" aria-label="Conversation">
            <div class="empty">
                <Mark />
                {live(move || if none.get() {
                    view! {
                        <h2>"Nobody here yet"</h2>
                        <p>"Start with somebody's address, or send your own link: whoever opens it can write to you."</p>
                        <Begin />
                    }.into_any()
                } else {
                    view! {
                        <h2>"Choose a conversation"</h2>
                        <p>"Everything in it is sealed: only you and the other side can read it."</p>
                    }.into_any()
                })}
            </div>
        </section>
    }
}

/// Copies the link under which others find us.
#[component]
fn InviteLink() -> impl IntoView {
    let state = expect_context::<State>();
    let link: Words = Arc::new(move || invite_link(state));
    view! { <Copy text=link name="Copy my link" class="btn" /> }
}

/// The link under which others find the signed-in account.
pub fn invite_link(state: State) -> String {
    let me = state.me().map(|me| me.address).unwrap_or_default();
    format!("{}{}", crate::browser::origin(), Place::Invite(me).path())
}

/// The two ways to begin: write to somebody, or be written to.
#[component]
pub fn Begin() -> impl IntoView {
    view! {
        <div class="acts">
            <A place=Place::New class="btn first">
                <Icon shape=Shape::Plus />
                "New conversation"
            </A>
            <InviteLink />
        </div>
    }
}
