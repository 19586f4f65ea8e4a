//! Reactions to a message: who set which emoji, and the picker for one's own.

use bridge::{ConversationId, ReactionView};
use leptos::{ev, html, prelude::*};
use protocol::{Address, MessageId};
use wasm_bindgen::JsCast;

use crate::{
    components::{Icon, Shape, each, row},
    signal::{Memo, RwSignal, effect, live, on, when},
    state::State,
};

/// Emojis that are set with one press.
const QUICK: [&str; 6] = ["👍", "❤️", "😂", "😮", "😢", "🎉"];
/// The longest emoji, in bytes of UTF-8 (ADR 20).
const LONGEST: usize = 64;

/// Whether a text may be an emoji. What is one decides the worker (UTS #51, `possible_emoji`).
fn may_be_emoji(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST
        && !text.is_ascii()
        && !text
            .chars()
            .any(|letter| letter.is_alphabetic() || letter.is_whitespace())
}

/// Who reacted: "You and Bob". Reactive in names.
fn who(state: State, by: &[Address]) -> String {
    let me = state.account.get();
    let name = |who: &Address| {
        if Some(*who) == me {
            "You".to_owned()
        } else {
            state.name(*who)
        }
    };
    match by {
        [] => String::new(),
        [one] => name(one),
        [all @ .., last] => {
            let all: Vec<String> = all.iter().map(name).collect();
            format!("{} and {}", all.join(", "), name(last))
        }
    }
}

/// The emojis under a message. A press sets one's own, or takes it back.
#[component]
pub fn Reactions(conversation: ConversationId, id: MessageId, reactions: Memo<Vec<ReactionView>>) -> impl IntoView {
    let some = move || reactions.with(|all| !all.is_empty());
    let rows = move || {
        let all = reactions.get().into_iter();
        all.map(|reaction| {
            let key = key(&reaction.emoji);
            row(&key, move || {
                view! { <Chip conversation=conversation id=id emoji=reaction.emoji reactions=reactions /> }.into_any()
            })
        })
        .collect()
    };
    when(some, move || {
        view! { <ul class="reactions" aria-label="Reactions">{each(rows)}</ul> }.into_any()
    })
}

/// What a row is found by: an emoji may be longer than a key.
fn key(emoji: &str) -> [u8; 8] {
    // FNV-1a.
    let hash = emoji.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash.to_be_bytes()
}

#[component]
fn Chip(
    conversation: ConversationId,
    id: MessageId,
    emoji: String,
    reactions: Memo<Vec<ReactionView>>,
) -> impl IntoView {
    let state = expect_context::<State>();
    let shown = emoji.clone();
    let mine_of = emoji.clone();
    let this = Memo::new(move |()| reactions.with(|all| all.iter().find(|one| one.emoji == mine_of).cloned()));
    let mine = move || this.with(|this| this.as_ref().is_some_and(|this| this.mine));
    let by = move || this.with(|this| this.as_ref().map(|this| who(state, &this.by)).unwrap_or_default());
    let count = move || this.with(|this| this.as_ref().map_or(0, |this| this.by.len()));
    let spoken = emoji.clone();
    let label = live(move || format!("{spoken} {}", by()));
    let press = on(move |_| {
        state.react(conversation, id, emoji.clone(), !mine());
    });
    view! {
        <li>
            <button
                type="button"
                class="reaction"
                aria-label=label
                title=live(by)
                aria-pressed=live(move || Some(if mine() { "true" } else { "false" }))
                on:click=press
            >
                <span class="emoji">{shown}</span>
                <span class="num">{live(move || count().to_string())}</span>
            </button>
        </li>
    }
}

/// The picker: who reacted, six emojis, and a field for any other.
#[component]
pub fn Picker(
    conversation: ConversationId,
    id: MessageId,
    reactions: Memo<Vec<ReactionView>>,
    /// Whether it is shown.
    open: RwSignal<bool>,
    /// Gives the keyboard back to what opened it.
    back: NodeRef<html::Button>,
) -> impl IntoView {
    let state = expect_context::<State>();
    let typed = RwSignal::new(String::new());
    let wrong = RwSignal::new(false);
    let root = NodeRef::<html::Div>::new();
    let close = move || {
        open.set(false);
        if let Some(button) = back.get_untracked() {
            let _ = button.focus();
        }
    };
    let is_mine = move |emoji: &str| reactions.with(|all| all.iter().any(|one| one.mine && one.emoji == emoji));
    let choose = move |emoji: String| {
        let set = !untrack(|| is_mine(&emoji));
        state.react(conversation, id, emoji, set);
        close();
    };
    effect(move || {
        let Some(root) = root.get() else { return };
        // A frame later it is in the document.
        request_animation_frame(move || {
            let first = root.query_selector(".quick").ok().flatten();
            if let Some(first) = first.and_then(|first| first.dyn_into::<web_sys::HtmlElement>().ok()) {
                let _ = first.focus();
            }
        });
    });
    let pressed = on(move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.prevent_default();
            event.stop_propagation();
            close();
        }
    });
    let submit = on(move |event: ev::SubmitEvent| {
        event.prevent_default();
        let emoji = typed.get_untracked().trim().to_owned();
        if may_be_emoji(&emoji) {
            choose(emoji);
        } else {
            wrong.set(true);
        }
    });
    let known = move || {
        let all = reactions.get().into_iter();
        all.map(|one| {
            let text = format!("{} {}", one.emoji, who(state, &one.by));
            row(&key(&text), move || view! { <li>{text}</li> }.into_any())
        })
        .collect()
    };
    let some = move || reactions.with(|all| !all.is_empty());
    let quick = QUICK
        .map(|emoji| {
            view! {
                <button
                    type="button"
                    class="quick"
                    aria-label=emoji
                    aria-pressed=live(move || Some(if is_mine(emoji) { "true" } else { "false" }))
                    on:click=on(move |_| choose(emoji.to_owned()))
                >
                    {emoji}
                </button>
            }
            .into_any()
        })
        .into_iter()
        .collect::<Vec<_>>();
    view! {
        <div class="away" on:click=on(move |_| close())></div>
        <div class="picker" role="dialog" aria-label="React" node_ref=root on:keydown=pressed>
            {when(some, move || view! { <ul class="who-reacted" aria-label="Who reacted">{each(known)}</ul> }.into_any())}
            <div class="row">{quick}</div>
            <form class="row" on:submit=submit>
                <input
                    class="field"
                    aria-label="Any emoji"
                    placeholder="Any emoji"
                    autocomplete="off"
                    prop:value=live(move || typed.get())
                    on:input=on(move |event| {
                        wrong.set(false);
                        typed.set(event_target_value(&event));
                    })
                />
                <button type="submit" class="round" aria-label="Set this emoji">
                    <Icon shape=Shape::Check />
                </button>
            </form>
            {when(move || wrong.get(), || view! { <p class="small bad" role="alert">"That is not one emoji. Choose one from your keyboard."</p> }.into_any())}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emojis_of_any_kind_may_be_set_and_words_may_not() {
        for emoji in ["👍", "❤️", "👩🏽‍🚀", "🇦🇶", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"] {
            assert!(may_be_emoji(emoji), "{emoji}");
        }
        for text in ["", "ok", "1", "é", "👍 👍", &"👍".repeat(17)] {
            assert!(!may_be_emoji(text), "{text}");
        }
    }
}
