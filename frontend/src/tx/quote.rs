//! What a transaction would cost, and whether it would go through: asked of the wallet while a dialog is open.

use std::time::Duration;

use bridge::{Call, WalletAnswer, WalletRefusal, WalletRequest};
use leptos::{prelude::*, task::spawn_local};
use protocol::{Address, U256};

use crate::{
    signal::{Memo, RwSignal, effect},
    state::State,
};

/// So long after the last key the wallet is asked.
const PAUSE: Duration = Duration::from_millis(300);
/// So often the estimate is made anew while somebody looks at it.
const FRESH: Duration = Duration::from_secs(12);

/// What is known of the cost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quote {
    /// The fee, at most, in the smallest unit.
    pub fee: Option<U256>,
    /// The wallet has answered.
    pub answered: bool,
    /// Why it would not go through.
    pub reverts: Option<String>,
    /// The wallet has lost its connection.
    pub offline: bool,
}

/// The call to simulate, by payer, chain (EIP-155) and amount. `None`: the browser gave no randomness for it.
pub type CallOf = fn(payee: Address, from: Address, chain_id: u64, value: U256) -> Option<Call>;

/// A quote that follows chain and amount. `asks` returns both while the wallet can be asked; `call` makes the call to `payee`.
pub fn follow(
    state: State,
    payee: Address,
    call: CallOf,
    asks: impl Fn() -> Option<(u64, U256)> + 'static,
) -> RwSignal<Quote> {
    let quote = RwSignal::new(Quote::default());
    let newest = RwSignal::new(0_u32);
    let asks = Memo::new(move |()| asks());
    let look = move |pause: Duration| {
        let this = newest.try_with_untracked(|number| *number + 1).unwrap_or_default();
        newest.set(this);
        set_timeout(
            move || {
                let is_newest = move || newest.try_with_untracked(|number| *number == this) == Some(true);
                if is_newest()
                    && let Some((chain_id, value)) = asks.get_untracked()
                {
                    spawn_local(async move {
                        let known = quote.try_with_untracked(|known| known.fee).flatten();
                        let said = ask(state, (payee, call), chain_id, value, known).await;
                        if is_newest() {
                            quote.set(said);
                        }
                    });
                }
            },
            pause,
        );
    };
    let mut chain = None;
    effect(move || {
        let now = asks.get().map(|(chain_id, _)| chain_id);
        let moved = std::mem::replace(&mut chain, now) != now;
        if moved {
            quote.set(Quote::default());
        }
        look(if moved { Duration::ZERO } else { PAUSE });
    });
    if let Ok(clock) = set_interval_with_handle(move || look(Duration::ZERO), FRESH) {
        on_cleanup(move || clock.clear());
    }
    quote
}

/// One question. What is missing for the amount must not hide the fee, so the smallest amount is tried in its place.
async fn ask(state: State, of: (Address, CallOf), chain_id: u64, value: U256, known: Option<U256>) -> Quote {
    let quote = |fee| Quote {
        fee,
        answered: true,
        ..Quote::default()
    };
    let Some(from) = state.account.get_untracked() else {
        return quote(known);
    };
    let mut tried = attempt(state, from, of, chain_id, value).await;
    if tried == Some(Err(WalletRefusal::NotEnough)) && value > U256::ONE {
        tried = attempt(state, from, of, chain_id, U256::ONE).await;
    }
    match tried {
        Some(Ok(WalletAnswer::Tried {
            gas,
            gas_price,
            balance,
        })) => {
            if state.wallet().and_then(|wallet| wallet.chain_id().get_untracked()) == Some(chain_id) {
                state.balance_writer().set(balance);
            }
            quote(gas_price.checked_mul(U256::from(gas)))
        }
        Some(Ok(WalletAnswer::Reverts(bytes))) => Quote {
            reverts: Some(chain::tips::reason(&bytes).unwrap_or_default()),
            ..quote(known)
        },
        Some(Err(WalletRefusal::Offline)) => Quote {
            offline: true,
            ..quote(known)
        },
        _ => quote(known),
    }
}

async fn attempt(
    state: State,
    from: Address,
    (payee, call): (Address, CallOf),
    chain_id: u64,
    value: U256,
) -> Option<Result<WalletAnswer, WalletRefusal>> {
    let call = call(payee, from, chain_id, value)?;
    Some(state.wallet()?.answer(WalletRequest::Try(call)).await)
}
