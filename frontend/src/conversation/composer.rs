use bridge::ConversationId;
use leptos::{ev, html, prelude::*};
use protocol::{Address, MessageId, limits};

use super::words;
use crate::{
    components::{Icon, Shape},
    signal::{Memo, RwSignal, effect, live, on, when},
    state::{State, drafts, flow},
    tips::TipButton,
};

/// Where one writes. Enter sends, Shift and Enter begin a new line; what is not sent yet is kept.
#[component]
pub fn Composer(
    /// The account that is written to.
    peer: Address,
) -> impl IntoView {
    let state = expect_context::<State>();
    let conversation = ConversationId::Direct(peer);
    let text = RwSignal::new(drafts::get(state, conversation));
    // Also after a reload.
    drafts::set_reply(state, conversation, drafts::reply(state, conversation));
    let answered = Memo::new(move |()| {
        let reply = state.reply.get();
        reply.filter(|(known, _)| *known == conversation).map(|(_, id)| id)
    });
    let field = NodeRef::<html::Textarea>::new();
    let mut before = false;
    effect(move || {
        state.redraft.track();
        if std::mem::replace(&mut before, true) {
            text.set(drafts::get(state, conversation));
        }
    });
    let over = Memo::new(move |()| text.with(String::len).saturating_sub(limits::TEXT));
    let is_over = move || over.get() > 0;
    let send = move || {
        let said = text.get_untracked().trim().to_owned();
        if !said.is_empty() && said.len() <= limits::TEXT && flow::say(state, conversation, said) {
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
        } else if event.key() == "Escape" && answered.get_untracked().is_some() {
            event.prevent_default();
            drafts::set_reply(state, conversation, None);
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
            {live(move || answered.get().map(|id| view! { <Answered conversation=conversation id=id /> }.into_any()))}
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
                    drafts::set(state, conversation, &typed);
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

/// The message that is being answered, above the text box.
#[component]
fn Answered(conversation: ConversationId, id: MessageId) -> impl IntoView {
    let state = expect_context::<State>();
    let message = Memo::new(move |()| {
        state.messages.with(|all| {
            let (_, line) = all.iter().find(|(known, _)| *known == id)?;
            Some(line.with(|row| (row.message.author, row.message.is_mine(), row.message.body.clone())))
        })
    });
    let who = move || match message.get() {
        Some((_, true, _)) => "Answering yourself".to_owned(),
        Some((author, ..)) => format!("Answering {}", state.name(author)),
        None => "Answering an earlier message".to_owned(),
    };
    let text = move || message.with(|message| message.as_ref().map(|(.., body)| words::line(state, body)));
    view! {
        <div class="answered" role="group" aria-label="Reply">
            <div class="quote">
                <b><bdi>{live(who)}</bdi></b>
                <span class="line" dir="auto">{live(text)}</span>
            </div>
            <button
                type="button"
                class="round plain"
                aria-label="Cancel reply"
                on:click=on(move |_| {
                    drafts::set_reply(state, conversation, None);
                    crate::browser::focus("message");
                })
            >
                <Icon shape=Shape::Close />
            </button>
        </div>
    }
}
