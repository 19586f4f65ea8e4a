use app::coin::{TEST_MONEY, glyph};
use bridge::{TipView, TxState, Witness};
use leptos::prelude::*;
use protocol::{Address, MessageId, api::Network};

use super::{coin::coin, words};
use crate::{
    account::ChangeNetwork,
    amount,
    signal::{Memo, live, on},
    state::{State, tips},
    tx::{Act, Facts, Progress, Slow, StateLine, act},
};

/// A tip in the thread, in the place of a bubble.
#[component]
pub fn TipCard(
    /// With whom we talk.
    peer: Address,
    /// The message that speaks of it.
    id: MessageId,
    /// We pay it.
    mine: bool,
    /// When it was made.
    at: protocol::UnixMillis,
    /// The tip of the message; `None` while the message turns into another one.
    tip: Memo<Option<TipView>>,
) -> impl IntoView {
    let state = expect_context::<State>();
    let tip = Memo::new(move |()| tip.get().unwrap_or(NOTHING));
    let network = Memo::new(move |()| state.network_of(tip.with(|tip| tip.chain_id)));
    let is = Memo::new(move |()| tip.with(|tip| tip.state));
    let class = live(
        move || match (is.get(), mine || tip.with(|tip| tip.witness) == Witness::Device) {
            (TxState::Mismatch(_), _) => "tip wrong",
            (TxState::Reverted | TxState::Replaced | TxState::Dropped, _) => "tip void",
            (_, true) => "tip",
            (_, false) => "tip unsure",
        },
    );
    let wrong = Memo::new(move |()| matches!(is.get(), TxState::Mismatch(_)));
    let glyph = Memo::new(move |()| match (wrong.get(), network.get()) {
        (true, _) => "!".to_owned(),
        (_, Some(network)) => glyph(&network.symbol),
        (_, None) => "?".to_owned(),
    });
    let value = live(move || words::coins(&tip.get(), network.get().as_slice()));
    let long = Memo::new(move |()| amount::exact(tip.with(|tip| tip.amount)).chars().count() > 9);
    let name = move || state.name(peer);
    let whose = live(move || match (wrong.get(), mine) {
        (true, false) => format!("Claimed by {}", name()),
        (_, true) => format!("Tip to {}", name()),
        (_, false) => format!("Tip from {}", name()),
    });
    let test = Memo::new(move |()| network.get().is_some_and(|network| network.development) && !wrong.get());
    let progress = Memo::new(move |()| tip.with(|tip| Progress::from(tip)));
    let line = Memo::new(move |()| words::line(&tip.get(), mine, &state.name(peer)));
    view! {
        <div class=class>
            <div class="top">
                {coin(glyph, turns(tip))}
                <div>
                    <div class=live(move || if long.get() { "amount num long" } else { "amount num" })>{value}</div>
                    <div class="small"><bdi>{whose}</bdi></div>
                    {live(move || test.get().then(|| view! { <div class="small test">{TEST_MONEY}</div> }.into_any()))}
                </div>
            </div>
            <div class="body">
                <StateLine progress=progress line=line />
                <Slow is=is mine=mine at=at />
                {live(move || view! { <Facts chain_id=tip.with(|tip| tip.chain_id) hash=tip.with(|tip| tip.hash) network=network.get() /> }.into_any())}
                <Actions peer=peer id=id mine=mine tip=tip network=network />
            </div>
        </div>
    }
}

/// While a message turns into another one.
const NOTHING: TipView = TipView {
    chain_id: 0,
    amount: protocol::U256::ZERO,
    hash: None,
    state: TxState::Draft,
    witness: Witness::Claim,
};

/// Whether the tip was confirmed by this device after it was first shown.
fn turns(tip: Memo<TipView>) -> Memo<bool> {
    let sure = Memo::new(move |()| tip.with(|tip| Progress::from(tip).is_sure()));
    let at_first = sure.get_untracked();
    Memo::new(move |()| sure.get() && !at_first)
}

#[component]
fn Actions(
    peer: Address,
    id: MessageId,
    mine: bool,
    tip: Memo<TipView>,
    network: Memo<Option<Network>>,
) -> impl IntoView {
    let state = expect_context::<State>();
    let asked = Memo::new(move |()| {
        state
            .tips
            .asked
            .with(|asked| asked.is_some_and(|asked| asked.id == id && !asked.slow))
    });
    let away = Memo::new(move |()| {
        let chain = tip.with(|tip| tip.chain_id);
        state.wallet_connected() && network.with(Option::is_some) && state.wallet_chain() != Some(chain)
    });
    let act = Memo::new(move |()| tip.with(|tip| act(tip.into(), mine, asked.get(), away.get())));
    let give_up = move |word: &'static str| {
        view! { <button type="button" class="btn" on:click=on(move |_| tips::give_up(state, id))>{word}</button> }
    };
    let change = move || {
        network
            .get()
            .map(|network| view! { <ChangeNetwork network=network class="btn" id=None /> }.into_any())
    };
    live(move || match act.get() {
        Act::Nothing => ().into_any(),
        Act::Change => view! { <div class="acts">{change()}</div> }.into_any(),
        Act::Wait => view! {
            <div class="acts">
                {if away.get() {
                    change().into_any()
                } else {
                    let chain = tip.get_untracked().chain_id;
                    view! {
                        <button type="button" class="btn" on:click=on(move |_| tips::again(state, peer, id, chain))>
                            "Ask the wallet again"
                        </button>
                    }.into_any()
                }}
                {give_up("Give up")}
            </div>
        }
        .into_any(),
        Act::Again => view! {
            <div class="acts">
                <button
                    type="button"
                    class="btn"
                    on:click=on(move |_| {
                        let amount = amount::format(tip.get_untracked().amount, amount::DECIMALS);
                        tips::open(state, peer, Some(&amount));
                    })
                >
                    "Send again"
                </button>
                {give_up("Remove")}
            </div>
        }
        .into_any(),
    })
}
