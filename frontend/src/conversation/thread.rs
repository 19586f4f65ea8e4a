use app::place::{Place, short};
use bridge::Consent;
use leptos::prelude::*;
use protocol::Address;

use super::{
    composer::Composer,
    new::NOT_HERE,
    request::{Asked, REQUEST},
    timeline::Timeline,
};
use crate::{
    components::{A, Avatar, Copy, Icon, Shape, fixed},
    signal::{Memo, live, when},
    state::State,
    tips::{Refused, TIP},
};

/// What the pane of a conversation shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Waiting,
    Oneself,
    NotHere,
    Answer(Consent),
    Talk,
}

/// `/app/c/{address}`: one conversation.
#[component]
pub fn Thread(
    /// The other account of the conversation.
    peer: Address,
) -> impl IntoView {
    let state = expect_context::<State>();
    let shown = Memo::new(move |()| {
        let line = state.conversation(peer.into());
        let consent = line.map(|line| line.with(|view| view.consent));
        let found = state.found.with(|found| found.get(&peer).copied()).flatten();
        if state.account.get() == Some(peer) {
            Shown::Oneself
        } else if let Some(answer @ (Consent::Asked | Consent::Declined | Consent::Blocked)) = consent {
            Shown::Answer(answer)
        } else if consent.is_none() && found == Some(false) {
            Shown::NotHere
        } else if state.thread.get() != Some(peer.into()) || state.conversations.with(Option::is_none) {
            Shown::Waiting
        } else {
            Shown::Talk
        }
    });
    let body = live(move || {
        match shown.get() {
        Shown::Waiting => view! { <Bones /> }.into_any(),
        Shown::Oneself => view! {
            <div class="empty">
                <p>"This is your own address. A conversation needs somebody else: start one with their address."</p>
                <A place=Place::New class="btn">"New conversation"</A>
            </div>
        }
        .into_any(),
        Shown::NotHere => NOT_HERE.show().into_any(),
        Shown::Answer(consent) => {
            provide_context(Asked(peer, consent));
            REQUEST.show().into_any()
        }
        Shown::Talk => view! {
            <Timeline peer=peer />
            <Refused peer=peer />
            <Composer peer=peer />
            {when(move || state.tips.desk.get() == Some(peer), || view! { <div class="desk-place">{TIP.show()}</div> }.into_any())}
        }
        .into_any(),
    }
    });
    view! {
        <section class="pane thread" aria-labelledby="title">
            <header>
                <A place=Place::Chats class="round back" label=fixed("Back".to_owned())>
                    <Icon shape=Shape::Back />
                </A>
                <Avatar account=peer size=0 />
                <div class="who">
                    <h1 id="title" tabindex="-1"><bdi>{live(move || state.name(peer))}</bdi></h1>
                    <span class="seal">
                        <Icon shape=Shape::Lock />
                        "Sealed"
                    </span>
                </div>
                <Copy text=fixed(peer.to_string()) name="Copy their address" shown=short(peer) />
            </header>
            {body}
        </section>
    }
}

/// While the thread is being read.
#[component]
fn Bones() -> impl IntoView {
    view! {
        <div class="log bones" role="status" aria-busy="true" aria-label="Loading">
            <span class="bone w-2/5"></span>
            <span class="bone mine w-1/2"></span>
            <span class="bone w-1/4"></span>
        </div>
    }
}
