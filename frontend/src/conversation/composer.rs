use leptos::{ev, html, prelude::*};
use protocol::{Address, limits};

use crate::{
    components::{Icon, Shape},
    signal::{Memo, RwSignal, effect, live, on, when},
    state::{State, drafts, flow},
    tips::TipButton,
};

/// Where one writes. Enter sends, Shift and Enter begin a new line; what is not sent yet is kept.
#[component]
pub fn Composer(
    /// To whom.
    peer: Address,
) -> impl IntoView {
    let state = expect_context::<State>();
    let text = RwSignal::new(drafts::get(state, peer.into()));
    let field = NodeRef::<html::Textarea>::new();
    let mut before = false;
    effect(move || {
        state.redraft.track();
        if std::mem::replace(&mut before, true) {
            text.set(drafts::get(state, peer.into()));
        }
    });
    let over = Memo::new(move |()| text.with(String::len).saturating_sub(limits::TEXT));
    let is_over = move || over.get() > 0;
    let send = move || {
        let said = text.get_untracked().trim().to_owned();
        if !said.is_empty() && said.len() <= limits::TEXT && flow::say(state, peer.into(), said) {
            text.set(String::new());
        }
        if let Some(field) = field.get_untracked() {
            let _ = field.focus();
        }
    };
    let key = on(move |event: ev::KeyboardEvent| {
        // While an input method composes, Enter belongs to it.
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() {
            event.prevent_default();
            send();
        }
    });
    view! {
        <form
            class="composer"
            on:submit=on(move |event: ev::SubmitEvent| {
                event.prevent_default();
                send();
            })
        >
            <TipButton peer=peer />
            <textarea
                id="message"
                aria-label="Message"
                placeholder="Message"
                rows="1"
                dir="auto"
                enterkeyhint="send"
                node_ref=field
                prop:value=live(move || text.get())
                on:keydown=key
                on:input=on(move |event| {
                    let typed = event_target_value(&event);
                    drafts::set(state, peer.into(), &typed);
                    text.set(typed);
                })
            ></textarea>
            {when(is_over, move || view! {
                <span class="over" role="status">{live(move || format!("{} too many", over.get()))}</span>
            }.into_any())}
            <button class="round first" type="submit" aria-label="Send">
                <Icon shape=Shape::Send />
            </button>
        </form>
    }
}
