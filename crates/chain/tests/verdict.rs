//! What a receipt proves of a claimed tip, and what it does not.

use chain::{
    tips::{CONTRACT, Claim, TIPPED, check},
    verdict::{Reading, Verdict},
};
use protocol::{Address, Log, Receipt, TipId, TipMismatch, TxHash, U256};

const ALICE: Address = Address::repeat_byte(0xa1);
const BOB: Address = Address::repeat_byte(0xb0);
const EVE: Address = Address::repeat_byte(0xee);
const ID: TipId = TipId([7; 32]);
const HASH: TxHash = TxHash([1; 32]);

fn claim() -> Claim {
    Claim {
        chain_id: 10,
        contract: CONTRACT,
        sender: ALICE,
        recipient: BOB,
        amount: U256::MAX,
        id: ID,
    }
}

fn tip(id: TipId, from: Address, to: Address, token: Address, amount: U256) -> Log {
    let data = [token.into_word().0, amount.to_be_bytes::<32>()].concat();
    Log {
        address: CONTRACT,
        topics: vec![TIPPED, id.0, from.into_word().0, to.into_word().0],
        data,
    }
}

fn true_tip() -> Log {
    tip(ID, ALICE, BOB, Address::ZERO, U256::MAX)
}

fn receipt(logs: Vec<Log>) -> Receipt {
    Receipt {
        hash: HASH,
        succeeded: true,
        block: 100,
        logs,
    }
}

fn verdict_at(claim: &Claim, receipt: &Receipt, head: u64) -> Verdict {
    let reading = Reading {
        chain_id: 10,
        hash: HASH,
        receipt,
        head,
    };
    check(claim, reading, 3)
}

fn verdict(logs: Vec<Log>) -> Verdict {
    verdict_at(&claim(), &receipt(logs), 200)
}

#[test]
fn blocks_are_counted_with_its_own() {
    let receipt = receipt(vec![true_tip()]);
    let at = |head| verdict_at(&claim(), &receipt, head);
    assert_eq!(at(100), Verdict::Confirming { done: 1, of: 3 });
    assert_eq!(at(101), Verdict::Confirming { done: 2, of: 3 });
    assert_eq!(at(102), Verdict::Confirmed);
    assert_eq!(at(u64::MAX), Verdict::Confirmed);
    // The newest block was told by a node that lags.
    assert_eq!(at(98), Verdict::Confirming { done: 0, of: 3 });
}

#[test]
fn every_difference_is_a_mismatch() {
    use TipMismatch as M;
    let least = U256::MAX - U256::ONE;
    for (log, kind) in [
        (tip(ID, EVE, BOB, Address::ZERO, U256::MAX), M::Sender),
        (tip(ID, ALICE, EVE, Address::ZERO, U256::MAX), M::Recipient),
        (tip(ID, ALICE, BOB, EVE, U256::MAX), M::Token),
        (tip(ID, ALICE, BOB, Address::ZERO, least), M::Amount),
        (tip(TipId([8; 32]), ALICE, BOB, Address::ZERO, U256::MAX), M::NoSuchTip),
        (
            Log {
                address: EVE,
                ..true_tip()
            },
            M::NoSuchTip,
        ),
    ] {
        assert_eq!(verdict(vec![log]), Verdict::Mismatch(kind));
    }
    assert_eq!(verdict(Vec::new()), Verdict::Mismatch(M::NoSuchTip));
    let elsewhere = Claim {
        contract: EVE,
        ..claim()
    };
    // Not even a contract that says all the right things.
    let log = Log {
        address: EVE,
        ..true_tip()
    };
    assert_eq!(
        verdict_at(&elsewhere, &receipt(vec![log]), 200),
        Verdict::Mismatch(M::Contract)
    );
    let other_chain = Claim { chain_id: 1, ..claim() };
    assert_eq!(
        verdict_at(&other_chain, &receipt(vec![true_tip()]), 200),
        Verdict::Mismatch(M::Network)
    );
}

#[test]
fn among_many_tips_ours_counts() {
    let other = tip(TipId([8; 32]), ALICE, BOB, Address::ZERO, U256::ONE);
    let noise = Log {
        address: EVE,
        topics: Vec::new(),
        data: vec![0; 999],
    };
    assert_eq!(
        verdict(vec![noise, other.clone(), true_tip(), other]),
        Verdict::Confirmed
    );
    // Somebody else puts a tip of their own under the same id before ours: ids count for each sender.
    let before = tip(ID, EVE, EVE, Address::ZERO, U256::ONE);
    assert_eq!(verdict(vec![before, true_tip()]), Verdict::Confirmed);
    // Of one sender and id the first counts; the contract makes no second one.
    let less = tip(ID, ALICE, BOB, Address::ZERO, U256::ONE);
    assert_eq!(verdict(vec![less, true_tip()]), Verdict::Mismatch(TipMismatch::Amount));
}

#[test]
fn what_was_not_carried_out_paid_nothing_whatever_it_says() {
    let reverted = Receipt {
        succeeded: false,
        ..receipt(vec![true_tip()])
    };
    assert_eq!(verdict_at(&claim(), &reverted, 200), Verdict::Reverted);
}

#[test]
fn another_receipt_than_the_one_asked_for_proves_nothing() {
    let other = Receipt {
        hash: TxHash([2; 32]),
        ..receipt(vec![true_tip()])
    };
    assert_eq!(verdict_at(&claim(), &other, 200), Verdict::Garbage);
    let reverted = Receipt {
        succeeded: false,
        ..other
    };
    assert_eq!(verdict_at(&claim(), &reverted, 200), Verdict::Garbage);
}
