use std::sync::Arc;

use app::place::{AddressError, Place, parse_address};
use leptos::{ev, prelude::*};
use protocol::Address;

use super::chats::invite_link;
use crate::{
    browser,
    components::{A, Copy, Icon, Shape, Words, fixed},
    lazy::lazy,
    navigate,
    signal::{Memo, RwSignal, effect, live, on},
    state::State,
};

/// Why a conversation does not start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// The worker is looking up this account.
    Wait(Address),
    Empty,
    Nobody,
    Mistyped,
    Oneself,
}

impl Answer {
    const fn words(self) -> &'static str {
        match self {
            Self::Wait(_) => "",
            Self::Empty => "Write down whom you want to talk to: their address, or the name of somebody you talk with.",
            Self::Nobody => {
                "That is neither an address nor somebody you know here. An address is 0x and 40 more characters."
            }
            Self::Mistyped => {
                "One character of this address is wrong: its capitals do not fit. Copy it again from where you have it."
            }
            Self::Oneself => "This is your own address. Write down somebody else's.",
        }
    }
}

lazy! {
    /// `/app/new`.
    pub NEW in places = load_new, draw_new: AnyView => view! { <New /> }.into_any()
}

/// Starts a conversation by address, or with the name of somebody known.
#[component]
fn New() -> impl IntoView {
    let state = expect_context::<State>();
    let text = RwSignal::new(String::new());
    let answer = RwSignal::new(None::<Answer>);
    let submit = on(move |event: ev::SubmitEvent| {
        event.prevent_default();
        let next = look_up(state, &text.get_untracked());
        if let Answer::Wait(account) = next {
            state.find(account);
        }
        answer.set(Some(next));
    });
    // The worker's answer to what is being looked for: here, not here, or unknown.
    let found = Memo::new(move |()| match answer.get() {
        Some(Answer::Wait(account)) => state
            .found
            .with(|found| found.get(&account).copied())
            .map(|here| (account, here)),
        _ => None,
    });
    effect(move || {
        if let Some((account, Some(true))) = found.get() {
            navigate::go(state, Place::Thread(account));
        }
    });
    let waits = move || matches!(answer.get(), Some(Answer::Wait(_))) && found.get().is_none();
    let wrong = Memo::new(move |()| answer.get().filter(|answer| !matches!(answer, Answer::Wait(_))));
    view! {
        <section class="pane page" aria-labelledby="title">
            <div class="back-line">
                <A place=Place::Chats class="round back" label=fixed("Back".to_owned())>
                    <Icon shape=Shape::Back />
                </A>
                <h1 id="title" tabindex="-1">"New conversation"</h1>
            </div>
            <section>
                <p>"Their words and yours are sealed from the first one. They decide whether they want to talk."</p>
                <form on:submit=submit novalidate>
                    <div>
                        <label class="label" for="who">"Address or name"</label>
                        <input
                            id="who"
                            class="field mono"
                            autocomplete="off"
                            autocapitalize="off"
                            spellcheck="false"
                            placeholder="0x…"
                            aria-invalid=live(move || wrong.get().map(|_| "true"))
                            aria-describedby="who-answer"
                            prop:value=live(move || text.get())
                            on:input=on(move |event| {
                                text.set(event_target_value(&event));
                                answer.set(None);
                            })
                        />
                    </div>
                    <div id="who-answer">
                        {live(move || wrong.get().map(|answer| view! {
                            <div class="note bad" role="alert">
                                <Icon shape=Shape::Warning />
                                <p>{answer.words()}</p>
                            </div>
                        }.into_any()))}
                        {live(move || found.get().filter(|(_, here)| *here != Some(true)).map(|(_, here)| match here {
                            Some(_) => view! { <NotHere /> }.into_any(),
                            None => view! {
                                <div class="note" role="status">
                                    <Icon shape=Shape::Offline />
                                    <p>"There is no connection, so nobody can be looked up right now. Try again when it is back."</p>
                                </div>
                            }.into_any(),
                        }))}
                    </div>
                    <button class="btn first big" type="submit" aria-disabled=live(move || waits().then_some("true"))>
                        {live(move || waits().then(|| view! { <span class="spin"></span> }.into_any()))}
                        "Start"
                    </button>
                </form>
            </section>
        </section>
    }
}

lazy! {
    /// In the place of a conversation with somebody who never signed in.
    pub NOT_HERE in places = load_not_here, draw_not_here: AnyView => view! {
        <div class="empty">
            <NotHere />
            <p>"Whoever opens it can write to you at once."</p>
        </div>
    }
    .into_any()
}

/// Somebody who never signed in: the way to bring them here.
#[component]
fn NotHere() -> impl IntoView {
    let state = expect_context::<State>();
    let link: Words = Arc::new(move || invite_link(state));
    let shown = link.clone();
    view! {
        <div class="note stack" role="status">
            <div>
                <p>
                    <b>"Not on Jackdaw yet. Send this link."</b>
                </p>
                <p class="mono small soft">{live(move || shown())}</p>
            </div>
            <Copy text=link name="Copy link" class="btn" />
        </div>
    }
}

fn look_up(state: State, text: &str) -> Answer {
    let text = text.trim();
    if text.is_empty() {
        return Answer::Empty;
    }
    let account = match parse_address(text) {
        Ok(account) => account,
        Err(AddressError::Checksum) => return Answer::Mistyped,
        Err(AddressError::Shape) => {
            let known = state.names.with_untracked(|names| {
                let mut named = names
                    .iter()
                    .filter(|(_, name)| browser::lowercase(name) == browser::lowercase(text));
                // Two of the same name: only an address tells them apart.
                named
                    .next()
                    .filter(|_| named.next().is_none())
                    .map(|(account, _)| *account)
            });
            match known {
                Some(account) => account,
                None => return Answer::Nobody,
            }
        }
    };
    if state.account.get_untracked() == Some(account) {
        Answer::Oneself
    } else {
        Answer::Wait(account)
    }
}
