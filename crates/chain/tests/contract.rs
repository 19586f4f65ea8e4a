//! What is written down of the contract by hand is what the committed ABI and code say.
#![allow(clippy::unwrap_used, reason = "tests")]

use alloy_primitives::{B256, hex};
use alloy_sol_types::{SolCall, SolEvent, sol};
use chain::tips::{self, CONTRACT, DEPLOYER, TIPPED};
use protocol::{Address, Log, TipId, U256};

sol!(Tips, "../../contracts/abi/Tips.json");

const ME: Address = Address::repeat_byte(0x11);
const YOU: Address = Address::repeat_byte(0x22);
const ID: TipId = TipId([7; 32]);

#[test]
fn its_address_follows_from_its_code() {
    let json: serde_json::Value = serde_json::from_str(include_str!("../../../contracts/abi/Tips.json")).unwrap();
    let code = hex::decode(json["bytecode"].as_str().unwrap()).unwrap();
    let address = DEPLOYER.create2_from_code(B256::ZERO, code);
    assert_eq!(
        CONTRACT, address,
        "the code has changed: put the new address into chain::tips"
    );
}

#[test]
fn calls_are_what_a_compiler_makes_of_them() {
    let tip = Tips::tipCall {
        id: ID.0.into(),
        to: YOU,
    };
    assert_eq!(hex::encode(tips::call(ID, YOU)), hex::encode(tip.abi_encode()));
    let used = Tips::usedCall {
        from: ME,
        id: ID.0.into(),
    };
    assert_eq!(hex::encode(tips::used_call(ME, ID)), hex::encode(used.abi_encode()));
    for used in [true, false] {
        assert_eq!(tips::is_used(&Tips::usedCall::abi_encode_returns(&used)), Some(used));
    }
    assert_eq!(tips::is_used(&[]), None);
    assert_eq!(tips::is_used(&[2; 32]), None);
}

fn log(event: &Tips::Tipped) -> Log {
    let data = event.encode_log_data();
    Log {
        address: CONTRACT,
        topics: data.topics().iter().map(|topic| topic.0).collect(),
        data: data.data.to_vec(),
    }
}

#[test]
fn its_event_is_read_and_nothing_else_is() {
    assert_eq!(hex::encode(TIPPED), hex::encode(Tips::Tipped::SIGNATURE_HASH));
    let event = Tips::Tipped {
        id: ID.0.into(),
        from: ME,
        to: YOU,
        token: Address::ZERO,
        amount: U256::MAX,
    };
    let log = log(&event);
    let tip = tips::tipped(&log).unwrap();
    assert_eq!(
        (tip.id, tip.sender, tip.recipient, tip.token, tip.amount),
        (ID, ME, YOU, Address::ZERO, U256::MAX)
    );

    let mut others = vec![Log {
        address: YOU,
        ..log.clone()
    }];
    others.push(Log {
        data: log.data[..63].to_vec(),
        ..log.clone()
    });
    others.push(Log {
        data: [&log.data[..], &[0]].concat(),
        ..log.clone()
    });
    others.push(Log {
        topics: log.topics[..3].to_vec(),
        ..log.clone()
    });
    for place in 0..4 {
        // Another event, and words that are no addresses; any word is an id.
        let mut other = log.clone();
        other.topics[place][0] ^= 1;
        if place != 1 {
            others.push(other);
        }
    }
    for other in others {
        assert_eq!(tips::tipped(&other), None, "{other:?}");
    }
}

#[test]
fn its_errors_are_put_into_words() {
    use alloy_sol_types::{Panic, Revert, SolError};
    let words = |bytes: Vec<u8>| tips::reason(&bytes);
    let already = Tips::AlreadyTipped { id: ID.0.into() }.abi_encode();
    assert_eq!(words(already).unwrap(), "This tip was already paid.");
    assert_eq!(
        words(Tips::NothingToTip {}.abi_encode()).unwrap(),
        "A tip needs an amount."
    );
    assert_eq!(
        words(Tips::NoRecipient {}.abi_encode()).unwrap(),
        "The recipient is not an account."
    );
    let said = |reason: Vec<u8>| words(Tips::RecipientRefused { reason: reason.into() }.abi_encode()).unwrap();
    assert_eq!(said(Vec::new()), "The recipient does not take it.");
    assert_eq!(
        said(Revert::from("closed on Sundays").abi_encode()),
        "The recipient does not take it: closed on Sundays"
    );
    assert_eq!(said(vec![1, 2, 3, 4, 5]), "The recipient does not take it.");
    let defect = said(Panic { code: U256::from(0x11) }.abi_encode());
    assert_eq!(defect, "The recipient does not take it: it met a defect (0x11)");
    assert_eq!(words(Revert::from("no").abi_encode()).unwrap(), "no");
}

#[test]
fn words_of_others_are_bounded_and_visible() {
    use alloy_sol_types::{Revert, SolError};
    let words = |text: &str| tips::reason(&Revert::from(text).abi_encode());
    assert_eq!(words("a\u{202e}b\u{200b}\nc\0\u{1b}[31m").unwrap(), "abc[31m");
    assert_eq!(words("\n\t\u{feff}"), None);
    assert_eq!(words(&"ä".repeat(10_000)).unwrap().chars().count(), 160);
    // Cut in the middle, as the contract does with long ones; lengths and places that lie.
    let whole = Revert::from("a sentence that goes on and on".to_owned()).abi_encode();
    assert_eq!(tips::reason(&whole[..80]).unwrap(), "a sentence t");
    for cut in 0..whole.len() {
        let _ = tips::reason(&whole[..cut]);
    }
    for place in 4..68 {
        let mut lie = whole.clone();
        lie[place] = 0xff;
        let _ = tips::reason(&lie);
    }
}
