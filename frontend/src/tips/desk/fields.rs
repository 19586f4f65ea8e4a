use app::{coin::TEST_MONEY, place::grouped};
use leptos::{html, prelude::*};

use super::form::Form;
use crate::{
    amount,
    components::{Avatar, Icon, Shape},
    signal::{Memo, live, on, when},
    state::{Payee, drafts, tips},
    tips::words,
    tx::words::max,
};

/// To whom: name, picture and the whole address, always.
#[component]
pub fn Recipient(form: Form) -> impl IntoView {
    let Form { state, peer, payee, .. } = form;
    let name = move || state.name(peer);
    let first = Memo::new(move |()| payee.with(|payee| matches!(payee, Some(Payee::Account { first: true, .. }))));
    let only = Memo::new(move |()| match payee.get() {
        Some(Payee::Account { only, .. }) => only,
        _ => None,
    });
    let nobody = Memo::new(move |()| match payee.get() {
        Some(Payee::Nobody(why)) => Some(words::refused(&why, false, &name(), "this network", &state.networks())),
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

/// The field for the tip's amount in whole coins, with buttons for usual amounts.
#[component]
pub fn Amount(form: Form, field: NodeRef<html::Input>) -> impl IntoView {
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
        max(have, form.quote.with(|quote| quote.fee)?)
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
pub fn Sums(form: Form) -> impl IntoView {
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
                        {test.then(|| view! { <span class="small test">{TEST_MONEY}</span> })}
                    </dd>
                </dl>
            }
            .into_any()
        })
    })
}
