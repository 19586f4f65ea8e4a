//! What is said of every transaction: pure, so that every word is tested.

use bridge::TxState;
use protocol::U256;

use super::Progress;
use crate::amount;

/// Before what stands on the server's word.
pub const UNCHECKED: &str = "Reported by the server; this device has not checked it. ";

/// The state, in one or two words. These stay as they are: people and tests find payments by them.
pub fn state(state: TxState) -> String {
    match state {
        TxState::Draft => "Checking",
        TxState::Waiting => "Waiting for your wallet",
        TxState::Submitted => "Submitted",
        TxState::Confirming { done, of } => return format!("Confirming {done}/{of}"),
        TxState::Confirmed => "Confirmed",
        TxState::Reverted => "Reverted",
        TxState::Replaced => "Replaced",
        TxState::Dropped => "Dropped",
        TxState::Mismatch(_) => "Does not match",
    }
    .to_owned()
}

/// What follows the state in the same line: only what this device has checked to the end.
pub fn checked(progress: Progress) -> &'static str {
    if progress.is_sure() {
        ", checked by this device"
    } else {
        ""
    }
}

/// `You need 0.012 ETH (0.010 + about 0.002 fee). You have 0.004.`, if that is so. Without a known fee it comes on top.
pub fn need(paid: U256, fee: Option<U256>, have: U256, symbol: &str) -> Option<String> {
    let fee = fee.map(amount::about);
    let whole = paid.saturating_add(fee.unwrap_or_default());
    // Without a fee the payment alone may take it all: that is not enough either.
    let enough = if fee.is_some() { whole <= have } else { whole < have };
    if enough {
        return None;
    }
    let have = amount::shown(have, amount::DECIMALS);
    let total = amount::exact(whole);
    Some(match fee {
        Some(fee) => {
            let places = total.split_once('.').map_or(0, |(_, places)| places.len());
            let (paid, fee) = (amount::placed(paid, places), amount::placed(fee, places));
            format!("You need {total} {symbol} ({paid} + about {fee} fee). You have {have}.")
        }
        None => format!("You need {total} {symbol} and a fee. You have {have}."),
    })
}

/// Everything there is, less the fee and a quarter more of it: prices of gas go up while one reads. Nothing, if that is all.
pub fn max(have: U256, fee: U256) -> Option<U256> {
    let fee = amount::about(fee);
    let fee = fee.saturating_add(fee >> 2);
    have.checked_sub(fee).filter(|rest| *rest > U256::ZERO)
}
