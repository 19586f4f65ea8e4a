use std::sync::Arc;

use app::place::Place;
use bridge::Consent;
use leptos::prelude::*;
use protocol::Address;

use super::{chats::Begin, words};
use crate::{
    account::Purse,
    browser,
    components::{A, Avatar, Icon, Shape, Words, each, fixed, row},
    signal::{Memo, RwSignal, live},
    state::{ConversationLine, State},
    time,
};

/// The conversations, newest first.
#[component]
pub fn List() -> impl IntoView {
    let state = expect_context::<State>();
    let alone = Memo::new(move |()| state.place.get() == Place::Chats);
    // One heading of the first level on every page: on phones the list is the page.
    let heading = live(move || {
        if alone.get() {
            view! { <h1 class="list-title" id="title" tabindex="-1">"Conversations"</h1> }.into_any()
        } else {
            view! { <h2 class="list-title">"Conversations"</h2> }.into_any()
        }
    });
    let shown = move || {
        state
            .conversations
            .get()
            .unwrap_or_default()
            .into_iter()
            .filter(|(_, line)| line.with(|view| view.consent.is_listed()))
            // No page shows groups yet.
            .filter_map(|(id, line)| Some((id.peer()?, line)))
            .map(|(peer, line)| {
                row(peer.as_slice(), move || {
                    view! { <Line peer=peer line=line /> }.into_any()
                })
            })
            .collect()
    };
    let empty = Memo::new(move |()| state.is_alone());
    view! {
        <div class="list">
            <header>
                {heading}
                <A place=Place::New class="round" label=fixed("New conversation".to_owned())>
                    <Icon shape=Shape::Plus />
                </A>
            </header>
            <nav aria-label="Conversations">
                {live(move || match empty.get() {
                    None => view! { <Bones /> }.into_any(),
                    Some(true) => view! { <NoneYet /> }.into_any(),
                    Some(false) => ().into_any(),
                })}
                {each(shown)}
            </nav>
            <Purse />
        </div>
    }
}

/// A line of the list: one conversation, as a link.
#[component]
fn Line(peer: Address, line: ConversationLine) -> impl IntoView {
    let state = expect_context::<State>();
    let line = RwSignal::from(line);
    let unread = Memo::new(move |()| line.with(|view| view.unread));
    let asked = Memo::new(move |()| line.with(|view| view.consent == Consent::Asked));
    let name = move || state.name(peer);
    // The name of the link: who, and what is new. The rest describes it.
    let label: Words = Arc::new(move || match (asked.get(), unread.get()) {
        (true, _) => format!("{}, wants to talk", name()),
        (false, 0) => name(),
        (false, unread) => format!("{}, {unread} unread", name()),
    });
    let preview = live(move || {
        line.with(|view| match view.consent {
            Consent::Asked => "Wants to talk".to_owned(),
            _ => {
                let said = view
                    .preview
                    .as_ref()
                    .map(|body| words::line(state, body))
                    .unwrap_or_default();
                if view.mine { format!("You: {said}") } else { said }
            }
        })
    });
    let when = live(move || line.with(|view| time::brief(view.at, browser::now(), browser::offset(view.at))));
    let count = Memo::new(move |()| match (asked.get(), unread.get()) {
        (true, _) => "new".to_owned(),
        (false, 0) => String::new(),
        (false, unread) => unread.min(999).to_string(),
    });
    let badge = live(move || {
        let count = count.get();
        (!count.is_empty()).then(|| view! { <span class="pill">{count}</span> }.into_any())
    });
    let id = format!("about-{peer}");
    view! {
        <A place=Place::Thread(peer) class="row" label=label by=id.clone()>
            <Avatar account=peer />
            <b><bdi>{live(name)}</bdi></b>
            <time>{when}</time>
            <span class="line" id=id dir="auto">{preview}</span>
            {badge}
        </A>
    }
}

/// While the vault is being read.
#[component]
fn Bones() -> impl IntoView {
    let bone = || {
        view! {
            <div class="row">
                <span class="av bone"></span>
                <span class="bone w-1/2"></span>
                <span></span>
                <span class="bone w-4/5"></span>
            </div>
        }
    };
    view! { <div aria-busy="true" aria-label="Loading" role="status">{bone()} {bone()} {bone()}</div> }
}

#[component]
fn NoneYet() -> impl IntoView {
    view! {
        <div class="empty none-yet">
            <p>"No conversations yet. Start one with an address, or send your own link."</p>
            <Begin />
        </div>
    }
}
