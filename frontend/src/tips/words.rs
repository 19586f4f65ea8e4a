//! What is said of tips: pure, so that every word is tested.

use bridge::{TipMismatch, TipRefusal, TipView, TxState, Witness};
use protocol::api::Network;

use crate::{
    amount::{self, AmountError},
    tx::words::{UNCHECKED, checked, state},
    wallet::{PERHAPS, refusal_sentence},
};

/// What is offered with one press, as one would type it.
pub const QUICK: [&str; 3] = ["0.001", "0.01", "0.1"];

/// One line that explains the state and says on whose word it stands. `who`: the other side.
pub fn line(tip: &TipView, mine: bool, who: &str) -> String {
    let plain = match (tip.state, mine) {
        (TxState::Draft, _) => return "Being tried out, before your wallet is asked.".to_owned(),
        (TxState::Waiting, _) => {
            return "Open your wallet to continue. However often it is asked, the same tip can never be paid twice."
                .to_owned();
        }
        (TxState::Mismatch(kind), _) => {
            let by = if tip.witness == Witness::Server { UNCHECKED } else { "" };
            return format!("{by}{} This does not count as money.", mismatch(kind));
        }
        (TxState::Submitted, true) => "On its way. It waits for a block.",
        (TxState::Submitted, false) => "It waits for a block.",
        (TxState::Confirming { .. }, _) => "In a block. More blocks make it final.",
        (TxState::Confirmed, true) => "It has arrived.",
        (TxState::Confirmed, false) => "It is yours.",
        // Nobody sends twice on the server's word alone.
        (TxState::Reverted, true) if tip.witness != Witness::Device => {
            "In a block, but the contract took it back. Look into your wallet before you send another."
        }
        (TxState::Reverted, true) => "In a block, but the contract took it back. Only the fee is gone.",
        (TxState::Reverted, false) => "In a block, but the contract took it back. Nothing was paid.",
        (TxState::Replaced, true) if tip.witness != Witness::Device => {
            "Another transaction took its place. Look into your wallet before you send another."
        }
        (TxState::Replaced, _) => "Another transaction took its place. This tip was not paid.",
        (TxState::Dropped, true) => {
            "The network has forgotten it. It may still turn up: look into your wallet before you send another."
        }
        (TxState::Dropped, false) => "The network has forgotten it. Nothing has been paid.",
    };
    match (tip.witness, mine) {
        (Witness::Device, _) if tip.state == TxState::Confirmed => plain.to_owned(),
        (Witness::Device, _) => format!("{plain} Checked by this device."),
        // What would sound like money in the purse waits for the device.
        (Witness::Server, _) if tip.state == TxState::Confirmed => UNCHECKED.trim_end().to_owned(),
        (Witness::Server, _) => format!("{UNCHECKED}{plain}"),
        (Witness::Claim, true) => plain.to_owned(),
        (Witness::Claim, false) => format!("{who} says so; not checked yet."),
    }
}

/// In what the chain and the message differ.
pub fn mismatch(kind: TipMismatch) -> &'static str {
    match kind {
        TipMismatch::Network => "It names a network that is not served here.",
        TipMismatch::Contract => "It names another contract than the one for tips.",
        TipMismatch::NoSuchTip => "The chain shows no such tip in this transaction.",
        TipMismatch::Sender => "The chain shows another sender.",
        TipMismatch::Recipient => "The chain shows another recipient.",
        TipMismatch::Amount => "The chain shows another amount.",
        TipMismatch::Token => "The chain shows another coin.",
        TipMismatch::Id => "The chain shows it as the tip of another message.",
    }
}

/// What the screen reader says when a tip's state has changed.
pub fn news(tip: &TipView, mine: bool, who: &str, networks: &[Network]) -> String {
    let amount = coins(tip, networks);
    let from = if mine { "to" } else { "from" };
    let witness = match tip.witness {
        Witness::Server => ", reported by the server",
        _ => checked(tip.into()),
    };
    format!("Tip of {amount} {from} {who}: {}{witness}", state(tip.state))
}

/// `0.05 ETH`. Of a network nobody here knows the coin has no name.
pub fn coins(tip: &TipView, networks: &[Network]) -> String {
    let amount = amount::exact(tip.amount);
    match networks.iter().find(|network| network.chain_id == tip.chain_id) {
        Some(network) => format!("{amount} {}", network.symbol),
        None => amount,
    }
}

/// Why a tip was not made: what happened, what it means, what next. `waits`: it may have been sent all the same. `who`: the other
/// side; `network`: where it was tried.
pub fn refused(why: &TipRefusal, waits: bool, who: &str, network: &str, networks: &[Network]) -> String {
    let what = match why {
        TipRefusal::Wallet(refusal) => return refusal_sentence(refusal, network, waits),
        TipRefusal::WouldRevert(Some(said)) => {
            let said = said.trim().trim_end_matches('.');
            format!("It would not go through: {said}.")
        }
        TipRefusal::WouldRevert(None) => "It would not go through, and the network does not say why.".to_owned(),
        TipRefusal::NotEnough => "There is not enough for the tip and its fee.".to_owned(),
        TipRefusal::NoContract => {
            format!("Tips do not work on {network}: its contract is not the one this page knows.")
        }
        TipRefusal::OtherChain(chain) => elsewhere(who, *chain, networks),
        TipRefusal::Nothing => "A tip needs an amount.".to_owned(),
        TipRefusal::OwnAccount => "This is your own account.".to_owned(),
        TipRefusal::Unverified => {
            return format!("The address of {who} could not be verified. Nothing was sent. Try again later.");
        }
    };
    format!("{what} {}", if waits { PERHAPS } else { "Nothing was sent." })
}

/// Somebody can only be paid on one network.
pub fn elsewhere(who: &str, chain: u64, networks: &[Network]) -> String {
    match networks.iter().find(|network| network.chain_id == chain) {
        Some(network) => format!(
            "{who} has a smart account that exists only on {}. Money sent to its address elsewhere may be lost.",
            network.name
        ),
        None => format!(
            "{who} has a smart account on a network that is not served here. Money sent to its address elsewhere may be lost."
        ),
    }
}

/// Why what was typed is no amount.
pub fn no_amount(why: AmountError, symbol: &str) -> String {
    match why {
        AmountError::Empty => "Type an amount first.".to_owned(),
        AmountError::NotANumber => "Type the amount in digits, for example 0.01.".to_owned(),
        AmountError::Negative => "A tip cannot be less than nothing.".to_owned(),
        AmountError::TooManyDecimals(most) => format!("{symbol} has at most {most} decimals. Type fewer."),
        AmountError::TooLarge => "That is more than there is of any coin. Type less.".to_owned(),
    }
}

#[cfg(test)]
mod tests;
