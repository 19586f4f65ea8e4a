use bridge::Consent;
use leptos::{either::Either, prelude::*};
use protocol::Address;

use crate::{
    account::Purse,
    browser,
    components::{A, Avatar, Icon, Shape},
    pages::InviteLink,
    place::Place,
    state::{ConversationLine, State},
    time,
};

/// The conversations, newest first.
#[component]
pub fn List() -> impl IntoView {
    let state = expect_context::<State>();
    let alone = Memo::new(move |_| state.place.get() == Place::Chats);
    // One heading of the first level on every page: on phones the list is the page.
    let heading = move || {
        if alone.get() {
            Either::Left(view! { <h1 class="list-title" id="title" tabindex="-1">"Conversations"</h1> })
        } else {
            Either::Right(view! { <h2 class="list-title">"Conversations"</h2> })
        }
    };
    let shown = move || {
        state
            .conversations
            .get()
            .unwrap_or_default()
            .into_iter()
            .filter(|(_, line)| line.with(|view| !matches!(view.consent, Consent::Declined | Consent::Blocked)))
            .collect::<Vec<_>>()
    };
    let empty = Memo::new(move |_| state.conversations.with(|all| all.as_ref().map(Vec::is_empty)));
    view! {
        <div class="list">
            <header>
                {heading}
                <A place=Place::New class="round" label="New conversation">
                    <Icon shape=Shape::Plus />
                </A>
            </header>
            <nav aria-label="Conversations">
                {move || match empty.get() {
                    None => Some(Either::Left(view! { <Bones /> })),
                    Some(true) => Some(Either::Right(view! { <NoneYet /> })),
                    Some(false) => None,
                }}
                <For each=shown key=|(peer, _)| *peer let:one>
                    <Line peer=one.0 line=one.1 />
                </For>
            </nav>
            <Purse />
        </div>
    }
}

/// One conversation.
#[component]
fn Line(peer: Address, line: ConversationLine) -> impl IntoView {
    let state = expect_context::<State>();
    let line = RwSignal::from(line);
    let unread = Memo::new(move |_| line.with(|view| view.unread));
    let asked = Memo::new(move |_| line.with(|view| view.consent == Consent::Asked));
    let name = move || state.name(peer);
    // The name of the link: who, and what is new. The rest describes it.
    let label = Signal::derive(move || match (asked.get(), unread.get()) {
        (true, _) => format!("{}, wants to talk", name()),
        (false, 0) => name(),
        (false, unread) => format!("{}, {unread} unread", name()),
    });
    let preview = move || {
        line.with(|view| match view.consent {
            Consent::Asked => "Wants to talk".to_owned(),
            _ if view.mine => format!("You: {}", view.preview),
            _ => view.preview.clone(),
        })
    };
    let when = move || line.with(|view| time::brief(view.at, browser::now(), browser::offset(view.at)));
    let badge = move || {
        if asked.get() {
            Some(Either::Left(view! { <span class="pill">"new"</span> }))
        } else if unread.get() > 0 {
            Some(Either::Right(
                view! { <span class="pill">{move || unread.get().min(999)}</span> },
            ))
        } else {
            None
        }
    };
    let id = format!("about-{peer}");
    view! {
        <A place=Place::Thread(peer) class="row" label=label by=id.clone()>
            <Avatar account=peer />
            <b><bdi>{name}</bdi></b>
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
            <div class="acts">
                <A place=Place::New class="btn first">
                    <Icon shape=Shape::Plus />
                    "New conversation"
                </A>
                <InviteLink />
            </div>
        </div>
    }
}
