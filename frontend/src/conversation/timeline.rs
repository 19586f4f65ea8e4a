use std::time::Duration;

use leptos::{ev, html, prelude::*};
use protocol::{Address, MessageId};
use wasm_bindgen::JsCast;

use super::{
    message::Message,
    quote::{Current, Jump, element_id},
};
use crate::{
    components::{Icon, Shape, each, row},
    signal::{Memo, RwSignal, effect, live, on},
    state::{State, flow},
};

/// Closer to the end than this, in pixels, the reader is at the newest.
const NEAR: i32 = 80;

/// Where the reader is in the log.
#[derive(Clone, Copy)]
struct Reading {
    at_end: bool,
    height: i32,
    first: Option<MessageId>,
    last: Option<MessageId>,
    asked: Option<MessageId>,
}

/// The messages. At the newest it stays there; elsewhere nothing moves under the reader's eyes.
#[component]
pub fn Timeline(
    /// The other account of the conversation.
    peer: Address,
) -> impl IntoView {
    let state = expect_context::<State>();
    let log = NodeRef::<html::Div>::new();
    let reading = RwSignal::new(Reading {
        at_end: true,
        height: 0,
        first: None,
        last: None,
        asked: None,
    });

    let older = move || {
        let first = state.messages.with_untracked(|all| all.first().map(|(id, _)| *id));
        let fresh = reading.change_silently(|reading| std::mem::replace(&mut reading.asked, first) != first);
        if fresh == Some(true) {
            flow::older(state);
        }
    };
    let scrolled = on(move |_: ev::Event| {
        let Some(log) = log.get_untracked() else { return };
        reading.change_silently(|reading| {
            reading.at_end = log.scroll_height() - log.scroll_top() - log.client_height() < NEAR;
        });
        if log.scroll_top() < NEAR && state.more.get_untracked() {
            older();
        }
    });
    let settle = move || {
        // A frame later the thread may be gone.
        let Some(log) = log.try_get_untracked().flatten() else {
            return;
        };
        let first = state.messages.with_untracked(|all| all.first().map(|(id, _)| *id));
        let height = log.scroll_height();
        reading.change_silently(|reading| {
            if reading.at_end {
                log.set_scroll_top(height);
            } else if reading.first != first {
                log.set_scroll_top(log.scroll_top() + height - reading.height);
            }
            reading.height = height;
            reading.first = first;
        });
    };
    let coming = RwSignal::new(false);
    effect(move || {
        let mine = state.messages.with(|all| {
            all.last()
                .is_some_and(|(_, line)| line.with_untracked(|row| row.message.is_mine()))
        });
        let newest = state.messages.with_untracked(|all| all.last().map(|(id, _)| *id));
        // One's own new message is always followed.
        reading.change_silently(|reading| {
            reading.at_end |= mine && reading.last != newest;
            reading.last = newest;
        });
        // Before the next paint, after the messages are in the document; once, however many batches come until then.
        if coming.change_silently(|coming| std::mem::replace(coming, true)) == Some(false) {
            request_animation_frame(move || {
                coming.change_silently(|coming| *coming = false);
                settle();
            });
        }
    });
    let listener = window_event_listener(ev::resize, move |_| settle());
    on_cleanup(move || listener.remove());

    // A quoted message may stand in an earlier page: pages are read until it is there, or there are no more.
    let jump = RwSignal::new(None::<MessageId>);
    provide_context(Jump(jump));
    provide_context(Current(RwSignal::new(None)));
    effect(move || {
        let Some(id) = jump.get() else { return };
        if state.messages.with(|all| all.iter().any(|(known, _)| *known == id)) {
            jump.set(None);
            reading.change_silently(|reading| reading.at_end = false);
            request_animation_frame(move || show_message(id));
        } else if state.more.get() {
            older();
        } else {
            jump.set(None);
            state.announce("That message is not in this browser.".to_owned());
        }
    });
    let walk = on(move |event: ev::KeyboardEvent| {
        let up = match event.key().as_str() {
            "ArrowUp" => true,
            "ArrowDown" => false,
            _ => return,
        };
        if let Some(log) = log.get_untracked()
            && walk(&log, up)
        {
            event.prevent_default();
        }
    });

    let more = Memo::new(move |()| state.more.get());

    let messages = move || {
        let all = state.messages.get().into_iter();
        all.map(|(id, line)| row(&id.0, move || view! { <Message peer=peer line=line /> }.into_any()))
            .collect()
    };

    view! {
        <div class="log" role="log" aria-label="Messages" aria-live="off" tabindex="0" node_ref=log on:scroll=scrolled on:keydown=walk>
            {live(move || if more.get() {
                view! {
                    <button type="button" class="btn earlier" on:click=on(move |_| flow::older(state))>"Earlier messages"</button>
                }.into_any()
            } else {
                view! { <Beginning peer=peer /> }.into_any()
            })}
            {each(messages)}
        </div>
    }
}

/// Brings a message into view, gives it the keyboard and marks it for a moment.
fn show_message(id: MessageId) {
    let Some(element) = document()
        .get_element_by_id(&element_id(id))
        .and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok())
    else {
        return;
    };
    element.scroll_into_view_with_bool(false);
    let _ = element.focus();
    let classes = element.class_list();
    let _ = classes.remove_1("found");
    let _ = classes.add_1("found");
    set_timeout(
        move || {
            let _ = classes.remove_1("found");
        },
        Duration::from_secs(2),
    );
}

/// From the message that has the keyboard to its neighbour; from the log itself to the newest. Returns false where text is typed or
/// there is no neighbour.
fn walk(log: &web_sys::HtmlElement, up: bool) -> bool {
    let active = document().active_element();
    let Some(messages) = log.query_selector_all("[role=article]").ok() else {
        return false;
    };
    let count = messages.length();
    let at = (0..count).find(|at| messages.get(*at).as_ref() == active.as_deref());
    let next = match (at, up) {
        (Some(at), true) => at.checked_sub(1),
        (Some(at), false) => Some(at + 1).filter(|next| *next < count),
        (None, true) if active.as_deref() == Some(log) => count.checked_sub(1),
        _ => None,
    };
    let next = next.and_then(|next| messages.get(next)?.dyn_into::<web_sys::HtmlElement>().ok());
    next.is_some_and(|next| next.focus().is_ok())
}

/// Where the history of this browser begins.
#[component]
fn Beginning(peer: Address) -> impl IntoView {
    let state = expect_context::<State>();
    let empty = Memo::new(move |()| state.messages.with(Vec::is_empty));
    view! {
        <div class="first-words">
            {live(move || if empty.get() {
                view! {
                    <span class="seal">
                        <Icon shape=Shape::Lock />
                        "Sealed from the first word"
                    </span>
                    <span>
                        "Say hi to " <bdi>{live(move || state.name(peer))}</bdi>
                        ". What you write is sealed in this browser and opened only in theirs."
                    </span>
                    <span>"Messages from before this browser was added stay in your other browsers."</span>
                }.into_any()
            } else {
                view! {
                    <span>"Only the two of you can read this. Messages from before this browser was added stay in your other browsers."</span>
                }.into_any()
            })}
        </div>
    }
}
