//! What one can do about a payment. Pure.

use bridge::{TxState, Witness};

use super::Progress;

/// What is offered at the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Nothing, or the wallet has the word.
    Nothing,
    /// The wallet changes to the transaction's network: this device can look for itself only there.
    Change,
    /// The wallet is asked again for the same transaction, or it is given up.
    Wait,
    /// Another one is sent, or this one is removed.
    Again,
}

/// By what is known of it. `asked`: its prompt is open in this page; `away`: the wallet is connected, and on another network.
pub fn act(progress: Progress, mine: bool, asked: bool, away: bool) -> Act {
    let checked = progress.witness == Witness::Device;
    match (progress.state, mine) {
        (TxState::Waiting, true) if !asked => Act::Wait,
        (TxState::Draft | TxState::Waiting, _) => Act::Nothing,
        // Another one may pay a second time: nobody is sent there on the server's word.
        (TxState::Reverted | TxState::Replaced | TxState::Dropped, true) if checked => Act::Again,
        _ if !checked && away => Act::Change,
        _ => Act::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::TipMismatch;

    fn tip(state: TxState, witness: Witness) -> Progress {
        Progress { state, witness }
    }

    #[test]
    fn another_one_is_offered_only_where_this_device_has_seen_that_the_first_was_not_paid() {
        for state in [TxState::Reverted, TxState::Replaced, TxState::Dropped] {
            for away in [false, true] {
                assert_eq!(act(tip(state, Witness::Device), true, false, away), Act::Again);
                assert_eq!(act(tip(state, Witness::Device), false, false, away), Act::Nothing);
            }
            for witness in [Witness::Server, Witness::Claim] {
                for mine in [false, true] {
                    assert_eq!(act(tip(state, witness), mine, false, true), Act::Change, "to look");
                    assert_eq!(act(tip(state, witness), mine, false, false), Act::Nothing, "it looks");
                }
            }
        }
    }

    #[test]
    fn what_waits_for_a_wallet_is_asked_for_again_by_whoever_pays() {
        let waiting = tip(TxState::Waiting, Witness::Claim);
        assert_eq!(act(waiting, true, false, false), Act::Wait);
        assert_eq!(act(waiting, true, true, false), Act::Nothing, "its prompt is open");
        assert_eq!(act(waiting, false, false, true), Act::Nothing);
        assert_eq!(
            act(tip(TxState::Draft, Witness::Claim), true, false, true),
            Act::Nothing
        );
    }

    #[test]
    fn what_is_not_checked_is_checked_where_the_wallet_can_read_it() {
        for state in [
            TxState::Submitted,
            TxState::Confirmed,
            TxState::Mismatch(TipMismatch::Amount),
        ] {
            assert_eq!(act(tip(state, Witness::Server), false, false, true), Act::Change);
            assert_eq!(act(tip(state, Witness::Server), false, false, false), Act::Nothing);
            assert_eq!(act(tip(state, Witness::Device), false, false, true), Act::Nothing);
        }
    }
}
