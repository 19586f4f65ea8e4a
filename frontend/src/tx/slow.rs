use std::time::Duration;

use bridge::TxState;
use leptos::prelude::*;
use protocol::UnixMillis;

use crate::{
    browser,
    signal::{Memo, RwSignal, effect, live},
};

/// A transaction that is on its way for so long, in milliseconds, is slow.
const SLOW: i64 = 30_000;

/// That nothing is wrong, when it takes its time.
#[component]
pub fn Slow(
    /// How it is.
    is: Memo<TxState>,
    /// We pay it.
    mine: bool,
    /// When it was made, or heard of.
    at: UnixMillis,
) -> impl IntoView {
    let slow = RwSignal::new(false);
    let mut patience = Patience::new(mine, at);
    effect(move || {
        if let Some(left) = patience.left(is.get(), browser::now()) {
            set_timeout(move || slow.set(true), left);
        }
    });
    live(move || {
        (is_on_its_way(is.get()) && slow.get())
            .then(|| view! { <p class="why small">"Still confirming. You can leave this page."</p> }.into_any())
    })
}

fn is_on_its_way(state: TxState) -> bool {
    matches!(state, TxState::Submitted | TxState::Confirming { .. })
}

/// The time since which the transaction is on its way, as far as this page knows. For one of ours it starts after the wallet's
/// prompt, however long that took; for one of others, when it was first heard of.
struct Patience(Option<UnixMillis>);

impl Patience {
    fn new(mine: bool, at: UnixMillis) -> Self {
        Self((!mine).then_some(at))
    }

    /// How long from now until it is slow. `None`: it is not on its way.
    fn left(&mut self, state: TxState, now: UnixMillis) -> Option<Duration> {
        let since = if is_on_its_way(state) {
            *self.0.get_or_insert(now)
        } else {
            return None;
        };
        let left = (since.0 + SLOW - now.0).clamp(0, SLOW);
        Some(Duration::from_millis(left.unsigned_abs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_long_the_wallet_took_a_tip_of_ours_is_not_slow_when_it_is_sent() {
        let mut patience = Patience::new(true, UnixMillis(0));
        let mut left = |state, now| patience.left(state, UnixMillis(now)).map(|left| left.as_millis());
        assert_eq!(left(TxState::Draft, 0), None);
        assert_eq!(left(TxState::Waiting, 1_000), None);
        assert_eq!(left(TxState::Waiting, 90_000), None);
        assert_eq!(left(TxState::Submitted, 95_000), Some(30_000));
        assert_eq!(left(TxState::Confirming { done: 1, of: 2 }, 105_000), Some(20_000));
        assert_eq!(left(TxState::Confirmed, 110_000), None);
        assert_eq!(left(TxState::Submitted, 200_000), Some(0));
    }

    #[test]
    fn one_of_others_is_on_its_way_when_it_is_heard_of() {
        let mut patience = Patience::new(false, UnixMillis(1_000));
        let left = patience.left(TxState::Submitted, UnixMillis(11_000));
        assert_eq!(left, Some(Duration::from_secs(20)));
    }
}
