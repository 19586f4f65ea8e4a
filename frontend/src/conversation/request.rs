use app::place::{Place, grouped};
use bridge::{Command, Consent};
use leptos::prelude::*;
use protocol::Address;

use crate::{
    browser,
    components::{Avatar, Copy, fixed},
    lazy::lazy,
    navigate,
    signal::{live, on},
    state::State,
};

/// Who asks, and what was answered before.
#[derive(Clone, Copy)]
pub struct Asked(pub Address, pub Consent);

lazy! {
    /// A stranger's first message; whose stands in the context.
    pub REQUEST in places = load_request, draw_request: AnyView => {
        let Asked(peer, consent) = expect_context();
        view! { <Request peer=peer consent=consent /> }.into_any()
    }
}

/// A stranger's first message: who it is can be seen, what they say cannot, until it is accepted.
#[component]
fn Request(
    /// The account that wrote first.
    peer: Address,
    /// What was answered before.
    consent: Consent,
) -> impl IntoView {
    let state = expect_context::<State>();
    let answer = move |consent: Consent| {
        let conversation = peer.into();
        state.send(Command::Consent { conversation, consent });
        if consent == Consent::Accepted {
            // The composer comes with the worker's answer.
            set_timeout(move || browser::focus("message"), std::time::Duration::from_millis(300));
        } else {
            navigate::go(state, Place::Chats);
        }
    };
    let asked = consent == Consent::Asked;
    view! {
        <div class="request">
            <Avatar account=peer size=2 />
            <h2>
                <bdi>{live(move || state.name(peer))}</bdi>
                {if asked { " wants to talk" } else { " was turned away" }}
            </h2>
            <p class="mono full">{grouped(peer)}</p>
            <Copy text=fixed(peer.to_string()) name="Copy address" />
            <p>
                {if asked {
                    "You have not talked before. The message stays hidden until you accept. Names are chosen freely: the address tells who it is. Whatever you choose, they are not told."
                } else {
                    "You do not see what they write. Accept to talk after all; they are not told either way."
                }}
            </p>
            <div class="acts">
                <button type="button" class="btn first" on:click=on(move |_| answer(Consent::Accepted))>"Accept"</button>
                {asked.then(|| view! {
                    <button type="button" class="btn" on:click=on(move |_| answer(Consent::Declined))>"Decline"</button>
                })}
                {(consent != Consent::Blocked).then(|| view! {
                    <button type="button" class="btn bad" on:click=on(move |_| answer(Consent::Blocked))>"Block"</button>
                })}
            </div>
        </div>
    }
}
