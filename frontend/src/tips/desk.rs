//! What stands in the dialog. What is typed and whether it can be paid is in [`form`]; what is seen of it in [`fields`]; what can be
//! done about it in [`next`].

mod fields;
mod form;
mod next;

use bridge::Call;
use leptos::{ev, html, prelude::*};
use protocol::{Address, TipId, U256};

use self::{
    fields::{Amount, Recipient, Sums},
    form::Form,
    next::{Action, Problem, Waiting},
};
use super::place::{self, Target};
use crate::{
    amount, browser,
    signal::{Memo, RwSignal, live, on},
    state::{Payee, State, drafts},
    tx::quote,
};

/// What a tip needs: to whom, how much, from where.
#[component]
pub fn Desk(
    /// The account to pay.
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
        quote: quote::follow(state, peer, call, asks),
        asked: Memo::new(move |()| {
            let asked = state.tips.asked.get().filter(|asked| asked.peer == peer);
            asked.map(|asked| asked.id)
        }),
        pressed: RwSignal::new(false),
    };
    let field = NodeRef::<html::Input>::new();
    let submit = on(move |event: ev::SubmitEvent| {
        event.prevent_default();
        if !form.pay()
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

/// A tip to simulate: any id that was never used costs the same.
fn call(payee: Address, from: Address, chain_id: u64, value: U256) -> Option<Call> {
    let (first, second) = (browser::message_id()?, browser::message_id()?);
    let mut id = [0; 32];
    id[..16].copy_from_slice(&first.0);
    id[16..].copy_from_slice(&second.0);
    Some(Call {
        chain_id,
        from,
        to: chain::tips::CONTRACT,
        value,
        data: chain::tips::call(TipId(id), payee),
    })
}
