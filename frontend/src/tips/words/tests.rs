use std::collections::HashSet;

use bridge::{TipMismatch as M, TxState as S, WalletRefusal as W};

use super::*;
use crate::tx::words::{max, need};
use protocol::U256;

fn network(chain_id: u64, name: &str, symbol: &str) -> Network {
    Network {
        chain_id,
        name: name.to_owned(),
        coin: "Ether".to_owned(),
        symbol: symbol.to_owned(),
        rpc_url: String::new(),
        explorer: String::new(),
        confirmations: 2,
        tips: None,
        development: true,
    }
}

fn wei(typed: &str) -> U256 {
    amount::typed(typed).unwrap()
}

fn tip(state: S, witness: Witness) -> TipView {
    TipView {
        chain_id: 1,
        amount: wei("0.05"),
        hash: None,
        state,
        witness,
    }
}

const MISMATCHES: [M; 8] = [
    M::Network,
    M::Contract,
    M::NoSuchTip,
    M::Sender,
    M::Recipient,
    M::Amount,
    M::Token,
    M::Id,
];

#[test]
fn the_states_have_the_words_of_the_product() {
    let said: Vec<_> = [
        S::Draft,
        S::Waiting,
        S::Submitted,
        S::Confirming { done: 1, of: 2 },
        S::Confirmed,
        S::Reverted,
        S::Replaced,
        S::Dropped,
        S::Mismatch(M::Amount),
    ]
    .map(state)
    .into();
    assert_eq!(
        said,
        [
            "Checking",
            "Waiting for your wallet",
            "Submitted",
            "Confirming 1/2",
            "Confirmed",
            "Reverted",
            "Replaced",
            "Dropped",
            "Does not match"
        ]
    );
}

#[test]
fn what_does_not_match_by_the_servers_word_says_so() {
    let line = |witness| line(&tip(S::Mismatch(TipMismatch::Amount), witness), false, "Bob");
    assert_eq!(
        line(Witness::Device),
        "The chain shows another amount. This does not count as money."
    );
    let quoted = line(Witness::Server);
    assert!(quoted.starts_with("Reported by the server; this device has not checked it. The chain"));
    assert!(quoted.ends_with("This does not count as money."));
}

#[test]
fn every_state_says_on_whose_word_it_stands() {
    for mine in [true, false] {
        for is in [
            S::Submitted,
            S::Confirming { done: 1, of: 2 },
            S::Confirmed,
            S::Reverted,
            S::Replaced,
            S::Dropped,
        ] {
            let said = |witness| {
                let tip = tip(is, witness);
                format!("{}{}. {}", state(is), checked((&tip).into()), line(&tip, mine, "Bob"))
            };
            assert!(said(Witness::Device).to_lowercase().contains("checked by this device"));
            let server = said(Witness::Server);
            assert!(
                server.contains("Reported by the server") && server.contains("not checked"),
                "{server}"
            );
            assert!(!server.contains("checked by this device"));
            assert!(!said(Witness::Claim).contains("checked by this device"));
            if !mine {
                assert!(said(Witness::Claim).contains("Bob says so; not checked yet."));
            }
        }
    }
    let waiting = line(&tip(S::Waiting, Witness::Claim), true, "Bob");
    assert!(waiting.contains("never be paid twice"));
}

#[test]
fn every_mismatch_has_a_sentence_of_its_own_and_is_never_money() {
    let mut seen = HashSet::new();
    for kind in MISMATCHES {
        let said = line(&tip(S::Mismatch(kind), Witness::Device), false, "Bob");
        assert!(seen.insert(said.clone()));
        assert!(said.ends_with("This does not count as money."), "{said}");
    }
    assert_eq!(mismatch(M::Amount), "The chain shows another amount.");
}

#[test]
fn what_is_missing_is_said_before_the_wallet_opens() {
    let have = wei("0.004");
    assert_eq!(
        need(wei("0.01"), Some(wei("0.002")), have, "ETH").unwrap(),
        "You need 0.012 ETH (0.010 + about 0.002 fee). You have 0.004."
    );
    assert_eq!(
        need(wei("1"), Some(wei("0.00021301")), have, "ETH").unwrap(),
        "You need 1.00022 ETH (1.00000 + about 0.00022 fee). You have 0.004."
    );
    assert_eq!(
        need(wei("0.01"), None, have, "ETH").unwrap(),
        "You need 0.01 ETH and a fee. You have 0.004."
    );
    assert_eq!(need(wei("0.002"), Some(wei("0.002")), have, "ETH"), None);
    assert!(need(wei("0.004"), None, have, "ETH").is_some());
    assert!(need(U256::MAX, Some(U256::MAX), have, "ETH").is_some());
}

#[test]
fn all_there_is_leaves_enough_for_the_fee() {
    let (have, fee) = (wei("1.204"), wei("0.0002"));
    let all = max(have, fee).unwrap();
    assert_eq!(amount::exact(all), "1.20375");
    assert_eq!(need(all, Some(fee), have, "ETH"), None);
    assert_eq!(max(wei("0.0001"), fee), None);
    for quick in QUICK {
        assert_eq!(amount::exact(wei(quick)), quick);
    }
}

#[test]
fn what_is_no_amount_is_said_in_words() {
    let said = no_amount(AmountError::TooManyDecimals(18), "ETH");
    assert_eq!(said, "ETH has at most 18 decimals. Type fewer.");
}

#[test]
fn every_refusal_says_that_nothing_was_sent_or_what_to_do() {
    let networks = [network(1, "Rookery", "ETH")];
    let said = |why| refused(&why, false, "Bob", "Rookery", &networks);
    let cancelled = "Cancelled in your wallet. Nothing was sent.";
    assert_eq!(said(TipRefusal::Wallet(W::Rejected)), cancelled);
    assert_eq!(
        said(TipRefusal::WouldRevert(Some("The recipient refuses it.".to_owned()))),
        "It would not go through: The recipient refuses it. Nothing was sent."
    );
    let mut seen = HashSet::new();
    for why in [
        TipRefusal::WouldRevert(None),
        TipRefusal::NotEnough,
        TipRefusal::NoContract,
        TipRefusal::OtherChain(1),
        TipRefusal::OtherChain(2),
        TipRefusal::Unverified,
        TipRefusal::Nothing,
        TipRefusal::OwnAccount,
    ] {
        let said = said(why);
        assert!(said.contains("Nothing was sent."), "{said}");
        assert!(seen.insert(said));
    }
}

#[test]
fn a_tip_that_may_have_been_sent_is_never_said_not_to_be() {
    let networks = [network(1, "Rookery", "ETH")];
    let mut seen = HashSet::new();
    for why in [
        TipRefusal::Wallet(W::Rejected),
        TipRefusal::Wallet(W::Other("locked".to_owned())),
        TipRefusal::WouldRevert(Some("closed".to_owned())),
        TipRefusal::WouldRevert(None),
        TipRefusal::NotEnough,
        TipRefusal::NoContract,
    ] {
        let said = refused(&why, true, "Bob", "Rookery", &networks);
        assert!(!said.contains("Nothing was sent"), "{said}");
        assert!(said.ends_with("Look into your wallet before you try again."), "{said}");
        assert!(seen.insert(said));
    }
}

#[test]
fn nobody_sends_twice_on_the_servers_word() {
    for is in [S::Reverted, S::Replaced, S::Dropped] {
        let said = |witness| line(&tip(is, witness), true, "Bob");
        for witness in [Witness::Server, Witness::Claim] {
            let said = said(witness);
            assert!(
                said.ends_with("ook into your wallet before you send another."),
                "{said}"
            );
            assert!(!said.contains("Only the fee is gone"), "{said}");
        }
    }
    let checked = line(&tip(S::Reverted, Witness::Device), true, "Bob");
    assert!(checked.contains("Only the fee is gone. Checked by this device."));
}

#[test]
fn the_screen_reader_is_told_amount_person_and_state() {
    let networks = [network(1, "Rookery", "ROOK")];
    let said = |witness, mine| news(&tip(S::Confirmed, witness), mine, "Bob", &networks);
    assert_eq!(
        said(Witness::Device, false),
        "Tip of 0.05 ROOK from Bob: Confirmed, checked by this device"
    );
    assert_eq!(
        said(Witness::Server, true),
        "Tip of 0.05 ROOK to Bob: Confirmed, reported by the server"
    );
    assert_eq!(coins(&tip(S::Draft, Witness::Claim), &[]), "0.05");
}
