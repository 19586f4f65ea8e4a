use app::{components::Mark, place::Place};
use leptos::prelude::*;

use super::not_found::NotFound;
use crate::{
    account::{AccountMenu, watch_purse},
    components::{A, Announcer, Icon, Shape},
    conversation::{Bars, Chats, List, NEW, Thread},
    lazy::lazy,
    settings::SETTINGS,
    signal::{Memo, live, when},
    state::State,
};

lazy! {
    /// What a member sees.
    pub FRAME in talk = load_frame, draw_frame: AnyView => view! { <Frame /> }.into_any()
}

/// What stays while one moves about in `/app`: rail, list and the pane of the place.
#[component]
fn Frame() -> impl IntoView {
    let state = expect_context::<State>();
    watch_purse(state);
    let class = live(move || match state.place.get() {
        Place::Thread(_) => "app at-thread",
        Place::New => "app at-new",
        Place::Settings => "app at-settings",
        Place::NotFound | Place::Group(_) => "app at-none",
        _ => "app at-chats",
    });
    let place = Memo::new(move |()| state.place.get());
    let pane = live(move || match place.get() {
        Place::Thread(peer) => view! { <Thread peer=peer /> }.into_any(),
        Place::New => NEW.show().into_any(),
        Place::Settings => SETTINGS.show().into_any(),
        // No page shows groups yet.
        Place::NotFound | Place::Group(_) => view! { <NotFound /> }.into_any(),
        _ => view! { <Chats /> }.into_any(),
    });
    view! {
        <a class="btn skip" href="#title">"Skip to the content"</a>
        <div class=class>
            <Bars />
            <header class="rail">
                <Mark />
                <Tabs />
                <AccountMenu />
            </header>
            <main>
                <List />
                {pane}
            </main>
        </div>
        <Announcer />
    }
}

/// The places there are.
#[component]
fn Tabs() -> impl IntoView {
    let state = expect_context::<State>();
    let unread = Memo::new(move |()| state.unread());
    let some = move || unread.get() > 0;
    view! {
        <nav aria-label="Places">
            <A place=Place::Chats class="tab" within=true>
                <Icon shape=Shape::Chat />
                "Chats"
                {when(some, move || view! {
                    <span class="pill">{live(move || unread.get().min(99).to_string())} <span class="sr">" unread"</span></span>
                }.into_any())}
            </A>
            <A place=Place::Settings class="tab">
                <Icon shape=Shape::Settings />
                "Settings"
            </A>
        </nav>
    }
}
