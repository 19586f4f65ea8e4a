use app::error::sentence;
use bridge::{Command, Connection, MessageState, ReactionView, TipView, TxState, Unsent};
use leptos::{html, prelude::*};
use protocol::{Address, MessageId, UnixMillis};

use super::{
    quote::{Current, Quote, element_id},
    reactions::{Picker, Reactions},
    words,
};
use crate::{
    browser,
    components::{Icon, Shape},
    lazy::lazy,
    signal::{Memo, RwSignal, live, on, when},
    state::{MessageLine, State, drafts},
    time,
    tips::TipCard,
};

/// What a tip's card shows.
#[derive(Clone, Copy)]
struct Card {
    peer: Address,
    id: MessageId,
    mine: bool,
    at: UnixMillis,
    tip: Memo<Option<TipView>>,
}

lazy! {
    /// The card of a tip; what it shows stands in the context.
    TIP_CARD in tips = load_tip_card, draw_tip_card: AnyView => {
        let Card { peer, id, mine, at, tip } = expect_context::<Card>();
        view! { <TipCard peer=peer id=id mine=mine at=at tip=tip /> }.into_any()
    }
}

/// One message, with the day above it if it opens one. Its text is text, never HTML.
#[component]
pub fn Message(
    /// With whom we talk.
    peer: Address,
    /// What it says and how it stands to its neighbours.
    line: MessageLine,
) -> impl IntoView {
    let state = expect_context::<State>();
    let line = RwSignal::from(line);
    let id = line.with_untracked(|row| row.message.id);
    let mine = line.with_untracked(|row| row.message.is_mine());
    let day = Memo::new(move |()| line.with(|row| row.day));
    let text = Memo::new(move |()| line.with(|row| words::line(state, &row.message.body)));
    let progress = Memo::new(move |()| line.with(|row| row.message.state));
    let last = Memo::new(move |()| line.with(|row| row.last));
    let unsent = Memo::new(move |()| match progress.get() {
        MessageState::NotSent(why) => Some(why),
        _ => None,
    });
    let tip = Memo::new(move |()| line.with(|row| row.message.tip()));
    let quote = Memo::new(move |()| line.with(|row| row.message.in_reply_to.clone()));
    let reactions = Memo::new(move |()| line.with(|row| row.message.reactions.clone()));
    let is_tip = Memo::new(move |()| tip.with(Option::is_some));
    let (at, wrote) = line.with_untracked(|row| (row.message.at, row.message.author));
    // Nothing is sent to anybody before the wallet has paid.
    let unpaid = Memo::new(move |()| {
        tip.with(|tip| tip.is_some_and(|tip| matches!(tip.state, TxState::Draft | TxState::Waiting)))
    });
    let clock = move || line.with(|row| time::clock(row.message.at, browser::offset(row.message.at)));
    let meta = live(move || match progress.get() {
        MessageState::Received => clock(),
        MessageState::Sending if unpaid.get() => clock(),
        MessageState::Sending if matches!(state.connection.get(), Connection::Waiting { .. }) => {
            "Sending when the connection is back".to_owned()
        }
        MessageState::Sending => "Sending".to_owned(),
        MessageState::Sent => format!("{} · Sent", clock()),
        MessageState::NotSent(_) => "Not sent".to_owned(),
    });
    let day_line = live(move || {
        day.get().map(|day| {
            let now = browser::now();
            view! { <p class="day">{time::day(day, time::day_number(now, browser::offset(now)))}</p> }.into_any()
        })
    });
    let author = live(move || if mine { "You".to_owned() } else { state.name(wrote) });
    let Current(current) = expect_context();
    // What only this browser has cannot be answered.
    let may_answer = move || !matches!(progress.get(), MessageState::NotSent(_)) && !unpaid.get();
    let reason = live(move || {
        unsent.get().map(|why| view! {
            <div class="unsent-why">
                <span>{reason_words(state, why)}</span>
                <div class="acts">
                    <button type="button" class="btn" on:click=on(move |_| state.send(Command::Retry { id }))>"Try again"</button>
                    <button type="button" class="btn" on:click=on(move |_| state.send(Command::Discard { id }))>"Discard"</button>
                </div>
            </div>
        }.into_any())
    });
    let class = live(move || match (mine, last.get(), unsent.get().is_some()) {
        (_, true, true) => "msg mine last unsent",
        (_, false, true) => "msg mine unsent",
        (true, true, false) => "msg mine last",
        (true, false, false) => "msg mine",
        (false, true, false) => "msg last",
        (false, false, false) => "msg",
    });
    view! {
        {day_line}
        <div
            role="article"
            class=class
            id=element_id(id)
            tabindex="-1"
            on:focusin=on(move |_| current.set(Some(id)))
        >
            <span class="sr">{author}</span>
            {live(move || if is_tip.get() {
                provide_context(Card { peer, id, mine, at, tip });
                TIP_CARD.show().into_any()
            } else {
                view! {
                    <div class="bubble">
                        {live(move || quote.get().map(|quote| view! { <Quote quote=quote /> }.into_any()))}
                        <p dir="auto">{live(move || text.get())}</p>
                    </div>
                }.into_any()
            })}
            {when(may_answer, move || view! { <Tools peer=peer id=id reactions=reactions /> }.into_any())}
            <Reactions conversation=peer.into() id=id reactions=reactions />
            <span class=live(move || if last.get() { "meta" } else { "sr" })>{meta}</span>
            {reason}
        </div>
    }
}

/// What one can do with a message: answer it, and react to it.
#[component]
fn Tools(peer: Address, id: MessageId, reactions: Memo<Vec<ReactionView>>) -> impl IntoView {
    let state = expect_context::<State>();
    let picking = RwSignal::new(false);
    let button = NodeRef::<html::Button>::new();
    let Current(current) = expect_context();
    let is_current = Memo::new(move |()| current.get() == Some(id));
    let tab = move || Some(if is_current.get() { "0" } else { "-1" });
    view! {
        <div class=live(move || if picking.get() { "tools open" } else { "tools" })>
            <button
                type="button"
                class="round plain"
                aria-label="Reply"
                tabindex=live(tab)
                on:click=on(move |_| {
                    drafts::set_reply(state, peer.into(), Some(id));
                    browser::focus("message");
                })
            >
                <Icon shape=Shape::Reply />
            </button>
            <button
                type="button"
                class="round plain"
                aria-label="React"
                tabindex=live(tab)
                aria-haspopup="dialog"
                aria-expanded=live(move || Some(if picking.get() { "true" } else { "false" }))
                node_ref=button
                on:click=on(move |_| picking.update(|picking| *picking = !*picking))
            >
                <Icon shape=Shape::Smile />
            </button>
            {when(move || picking.get(), move || view! {
                <Picker conversation=peer.into() id=id reactions=reactions open=picking back=button />
            }.into_any())}
        </div>
    }
}

/// Why it was not sent, in words.
fn reason_words(state: State, why: Unsent) -> String {
    let words = match why {
        Unsent::NeedsChainCheck { chain_id } => {
            let network = state
                .network_of(chain_id)
                .map_or_else(|| "their network".to_owned(), |network| network.name);
            return format!(
                "Their wallet could not be checked yet, so nothing was sent to it. Change network to {network}; then it is sent."
            );
        }
        Unsent::NotHere => "They are not on Jackdaw yet. Send them your link, then try again.",
        Unsent::Unverified => {
            "Their key could not be checked, so nothing was sent to it. Try again later, or ask them in another way."
        }
        Unsent::Refused(code) => sentence(code),
    };
    words.to_owned()
}
