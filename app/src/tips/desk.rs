use bridge::TipState;
use leptos::{ev, html, prelude::*};
use protocol::{Address, MessageId, U256, api::Network};

use super::{
    connect::Connect,
    place::{self, Target},
    quote::{self, Quote},
    words,
};
use crate::{
    account::{ChangeNetwork, TestCoins},
    amount,
    components::{Avatar, Icon, Shape},
    place::grouped,
    signal::{Memo, RwSignal, effect, live, on, when},
    state::{Payee, State, drafts, tips},
};

/// What the dialog's parts share.
#[derive(Clone, Copy)]
struct Form {
    state: State,
    peer: Address,
    typed: RwSignal<String>,
    target: Memo<Target>,
    payee: Memo<Option<Payee>>,
    quote: RwSignal<Quote>,
    /// The tip the wallet is being asked for.
    asked: Memo<Option<MessageId>>,
    /// The amount was pressed for as it is: from now on its problems are said.
    pressed: RwSignal<bool>,
}

impl Form {
    fn network(self) -> Option<Network> {
        match self.target.get() {
            Target::Here(network) | Target::Change(network) => Some(network),
            Target::Nowhere(_) | Target::None => None,
        }
    }

    fn is_here(self) -> bool {
        matches!(self.target.get(), Target::Here(_)) && self.state.wallet_connected()
    }

    fn symbol(self) -> String {
        self.network().map(|network| network.symbol).unwrap_or_default()
    }

    /// What keeps the typed amount from being paid, in words; the empty string: nothing was typed.
    fn verdict(self) -> Result<U256, String> {
        let typed = self.typed.get();
        let value = match amount::typed(&typed) {
            Ok(U256::ZERO) => return Err("Type more than nothing.".to_owned()),
            Ok(value) => value,
            Err(amount::AmountError::Empty) => return Err(String::new()),
            Err(why) => return Err(words::no_amount(why, &self.symbol())),
        };
        let have = self.state.balance.get().filter(|_| self.is_here());
        let fee = self.quote.with(|quote| quote.fee);
        match have.and_then(|have| words::need(value, fee, have, &self.symbol())) {
            Some(short) => Err(short),
            None => Ok(value),
        }
    }
}

/// What a tip needs: to whom, how much, from where.
#[component]
pub fn Desk(
    /// To whom.
    peer: Address,
) -> impl IntoView {
    let state = expect_context::<State>();
    let payee = Memo::new(move |()| state.tips.payees.with(|all| all.get(&peer).cloned()));
    let target = Memo::new(move |()| {
        let only = payee.with(|payee| match payee {
            Some(Payee::Account { only, .. }) => *only,
            _ => None,
        });
        place::target(&state.networks(), state.wallet_chain(), only)
    });
    let typed = RwSignal::new(drafts::tip(state, peer));
    let asks = move || match target.get() {
        Target::Here(network) if state.wallet_connected() => {
            let value = typed.with(|typed| amount::typed(typed).ok());
            Some((network.chain_id, value.unwrap_or_default().max(U256::ONE)))
        }
        _ => None,
    };
    let form = Form {
        state,
        peer,
        typed,
        target,
        payee,
        quote: quote::follow(state, peer, asks),
        asked: Memo::new(move |()| {
            let asked = state.tips.asked.get().filter(|asked| asked.peer == peer);
            asked.map(|asked| asked.id)
        }),
        pressed: RwSignal::new(false),
    };
    let field = NodeRef::<html::Input>::new();
    let submit = on(move |event: ev::SubmitEvent| {
        event.prevent_default();
        if !pay(form)
            && let Some(field) = field.get_untracked()
        {
            let _ = field.focus();
        }
    });
    let waits = Memo::new(move |()| form.asked.get().is_some());
    view! {
        <form class="desk" novalidate=true on:submit=submit>
            <p class="small soft">"Straight from your wallet to theirs. Nobody in between."</p>
            <Recipient form=form />
            <Amount form=form field=field />
            <Sums form=form />
            <Problem form=form />
            {live(move || if waits.get() {
                view! { <Waiting form=form /> }.into_any()
            } else {
                view! { <Action form=form /> }.into_any()
            })}
        </form>
    }
}

/// Pays, if everything is as it must be. False: the amount is not.
fn pay(form: Form) -> bool {
    let (verdict, target, connected) = untrack(|| (form.verdict(), form.target.get(), form.state.wallet_connected()));
    let known = form.payee.with(|payee| matches!(payee, Some(Payee::Account { .. })));
    let (Target::Here(network), true, true, None) = (target, connected, known, form.asked.get_untracked()) else {
        return true;
    };
    form.pressed.set(true);
    match verdict {
        Ok(value) => tips::pay(form.state, form.peer, network.chain_id, value),
        Err(_) => false,
    }
}

/// To whom: name, picture and the whole address, always.
#[component]
fn Recipient(form: Form) -> impl IntoView {
    let Form { state, peer, payee, .. } = form;
    let name = move || state.name(peer);
    let first = Memo::new(move |()| payee.with(|payee| matches!(payee, Some(Payee::Account { first: true, .. }))));
    let only = Memo::new(move |()| match payee.get() {
        Some(Payee::Account { only, .. }) => only,
        _ => None,
    });
    let nobody = Memo::new(move |()| match payee.get() {
        Some(Payee::Nobody(why)) => Some(words::refused(&why, &name(), "this network", &state.networks())),
        _ => None,
    });
    view! {
        <div class="payee">
            <Avatar account=peer size=0 />
            <div>
                <div class="name">
                    <b><bdi>{live(name)}</bdi></b>
                    {when(move || first.get(), || view! { <span class="badge">"First time"</span> }.into_any())}
                </div>
                <div class="mono small full">{grouped(peer)}</div>
            </div>
        </div>
        {when(move || first.get(), || view! {
            <p class="small hint">
                "You have not paid this address before from here. Names are chosen freely: compare the address with what you know."
            </p>
        }.into_any())}
        {live(move || only.get().map(|chain| view! {
            <p class="small hint">{words::elsewhere(&name(), chain, &state.networks())}</p>
        }.into_any()))}
        {live(move || nobody.get().map(|words| view! {
            <p class="note bad" role="alert"><Icon shape=Shape::Warning /> <span>{words}</span></p>
        }.into_any()))}
    }
}

/// How much.
#[component]
fn Amount(form: Form, field: NodeRef<html::Input>) -> impl IntoView {
    let Form { state, peer, typed, .. } = form;
    let write = move |text: String| {
        drafts::set_tip(state, peer, &text);
        tips::dismiss(state, peer);
        form.pressed.set(false);
        typed.set(text);
    };
    let waits = Memo::new(move |()| form.asked.get().is_some());
    let bad = Memo::new(move |()| {
        form.verdict()
            .is_err_and(|words| !words.is_empty() || form.pressed.get())
    });
    let all = Memo::new(move |()| {
        let have = state.balance.get().filter(|_| form.is_here())?;
        words::max(have, form.quote.with(|quote| quote.fee)?)
    });
    let chip = move |name: &'static str| {
        let chosen = live(move || {
            let same = typed.with(|typed| typed.trim() == name);
            Some(if same { "true" } else { "false" })
        });
        view! {
            <button type="button" class="chip num" aria-pressed=chosen on:click=on(move |_| write(name.to_owned()))>
                {name}
            </button>
        }
    };
    view! {
        <div class="sum">
            <input
                type="text"
                id="amount"
                class=live(move || if typed.with(|typed| typed.trim().len() > 11) { "long" } else { "" })
                aria-label="Amount"
                aria-describedby="amount-problem"
                aria-invalid=live(move || bad.get().then_some("true"))
                inputmode="decimal"
                autocomplete="off"
                enterkeyhint="go"
                placeholder="0"
                autofocus
                maxlength="90"
                node_ref=field
                prop:readOnly=live(move || waits.get())
                prop:value=live(move || typed.get())
                on:input=on(move |event| write(event_target_value(&event)))
            />
            <b>{live(move || form.symbol())}</b>
        </div>
        {when(move || !waits.get(), move || view! {
            <div class="chips">
                {words::QUICK.map(chip).into_iter().collect_view()}
                <button
                    type="button"
                    class="chip"
                    aria-disabled=live(move || all.get().is_none().then_some("true"))
                    on:click=on(move |_| {
                        if let Some(all) = all.get_untracked() {
                            write(amount::format(all, amount::DECIMALS));
                        }
                    })
                >
                    "Max"
                </button>
            </div>
        }.into_any())}
    }
}

/// What there is, what it costs, where.
#[component]
fn Sums(form: Form) -> impl IntoView {
    let state = form.state;
    let network = Memo::new(move |()| form.network());
    let connected = Memo::new(move |()| form.is_here());
    let with_symbol = move |value: Option<String>| match value {
        Some(value) => format!("{value} {}", form.symbol()),
        None => "…".to_owned(),
    };
    let have = move || with_symbol(state.balance.get().map(|have| amount::shown(have, amount::DECIMALS)));
    let fee = move || {
        let (fee, answered) = form.quote.with(|quote| (quote.fee, quote.answered));
        if answered && fee.is_none() {
            return "Not known".to_owned();
        }
        with_symbol(fee.map(|fee| amount::exact(amount::about(fee))))
    };
    live(move || {
        network.get().map(|network| {
            let test = network.development;
            view! {
                <dl class="sums">
                    {connected.get().then(|| view! {
                        <dt>"You have"</dt>
                        <dd class="num">{live(have)}</dd>
                        <dt>"Fee, about"</dt>
                        <dd class="num">{live(fee)}</dd>
                    })}
                    <dt>"Network"</dt>
                    <dd>
                        <bdi>{network.name}</bdi>
                        {test.then(|| view! { <span class="small test">{words::TEST_MONEY}</span> })}
                    </dd>
                </dl>
            }
            .into_any()
        })
    })
}

/// What keeps it from being paid.
#[component]
fn Problem(form: Form) -> impl IntoView {
    let Form { state, peer, .. } = form;
    let refused = Memo::new(move |()| state.tips.refused.with(|all| all.get(&peer).cloned()));
    let mut before = false;
    effect(move || {
        let _ = state
            .wallet()
            .map(|wallet| (wallet.chain_id().get(), wallet.account().get()));
        // What the wallet said on another network, or of another account, is over.
        if std::mem::replace(&mut before, true) {
            tips::dismiss(state, peer);
        }
    });
    let words = Memo::new(move |()| {
        if let Some(refused) = refused.get() {
            return refused;
        }
        if form.asked.get().is_some() {
            return String::new();
        }
        let short = match form.verdict() {
            Err(words) if words.is_empty() && form.pressed.get() => {
                words::no_amount(amount::AmountError::Empty, &form.symbol())
            }
            Err(words) => words,
            Ok(_) => String::new(),
        };
        if !short.is_empty() {
            return short;
        }
        let network = form.network().map(|network| network.name).unwrap_or_default();
        form.quote.with(|quote| match &quote.reverts {
            _ if quote.offline => format!("Your wallet lost its connection to {network}."),
            Some(said) => {
                let said = Some(said.clone()).filter(|said| !said.is_empty());
                words::refused(&bridge::TipRefusal::WouldRevert(said), &state.name(peer), &network, &[])
            }
            None => String::new(),
        })
    });
    view! {
        <p id="amount-problem" class=live(move || if refused.with(Option::is_some) { "problem calm" } else { "problem" }) role="alert">{live(move || words.get())}</p>
    }
}

/// The one thing to do next.
#[component]
fn Action(form: Form) -> impl IntoView {
    let state = form.state;
    let connected = Memo::new(move |()| state.wallet_connected());
    let ready = Memo::new(move |()| form.payee.with(|payee| matches!(payee, Some(Payee::Account { .. }))));
    let empty =
        Memo::new(move |()| state.balance.get() == Some(U256::ZERO) && form.network().is_some_and(|n| n.development));
    live(move || match (connected.get(), form.target.get()) {
        (_, Target::Nowhere(_) | Target::None) => ().into_any(),
        (false, _) => view! { <Connect /> }.into_any(),
        (true, Target::Change(network)) => {
            view! { <ChangeNetwork network=network class="btn first big wide" id=None /> }.into_any()
        }
        (true, Target::Here(_)) => view! {
            {when(move || empty.get(), || view! { <TestCoins /> }.into_any())}
            <button
                type="submit"
                class="btn first big wide"
                aria-disabled=live(move || (!ready.get()).then_some("true"))
            >
                "Continue in wallet"
            </button>
        }
        .into_any(),
    })
}

/// The wallet has the word.
#[component]
fn Waiting(form: Form) -> impl IntoView {
    let state = form.state;
    let tried = Memo::new(move |()| {
        let asked = form.asked.get()?;
        let line = state.messages.with(|all| {
            let found = all.iter().rev().find(|(id, _)| *id == asked);
            found.map(|(_, line)| line.clone())
        })?;
        line.with(|row| row.message.tip.map(|tip| tip.state))
    });
    let checking = Memo::new(move |()| !matches!(tried.get(), Some(TipState::Waiting)));
    let slow = Memo::new(move |()| state.tips.asked.get().is_some_and(|asked| asked.slow));
    effect(move || {
        if !checking.get() {
            state.announcement.set("Waiting for your wallet".to_owned());
        }
    });
    view! {
        <div class="note waiting" role="status">
            <span class="spin"></span>
            <div>
                <b>{live(move || if checking.get() { "Checking" } else { "Waiting for your wallet" })}</b>
                <p class="small">{live(move || match (checking.get(), slow.get()) {
                    (true, _) => "Whether it would go through.",
                    (false, false) => "Open it to continue. You can close this: the tip stays in the conversation.",
                    (false, true) => "It has not answered yet. Look for its window, or close this: the tip stays in the conversation.",
                })}</p>
            </div>
        </div>
    }
}
