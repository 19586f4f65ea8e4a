//! References that are not true, a server that lies, a node that lies or talks nonsense.

use bridge::{TxState, WalletAnswer, WalletRefusal, WalletRequest, Witness};
use chain::tips::CONTRACT;
use protocol::{
    Address, Answer, MessageId, ObservedStatus, Receipt, ServerFrame, TipId, TipMismatch, TxHash, TxReport, U256,
};
use stage::world::{preview, words};

use crate::support::{
    World,
    chain::{BLOCKS, CHAIN, tip_of, tipped},
    page::Hand,
    tipping::{AMOUNT, CONFIRMED, mined, mismatch},
    wallet::Wallet,
};

/// Alice's wallet sends something else than what Alice's worker speaks of: `forge` says what the chain has in its place.
fn forged(seed: u64, forge: impl Fn(&World, TipId) -> Option<Vec<protocol::Log>>) -> (World, MessageId) {
    let (mut world, chain) = World::friends(seed, &["alice", "bob", "carol"]);
    let id = world.tip("alice", "bob");
    let hash = world.hash("alice", "bob", id);
    let tip = tip_of(&chain.borrow().sent[&hash].call).0;
    world.mine(1);
    if let Some(logs) = forge(&world, tip) {
        chain.borrow_mut().mined.get_mut(&hash).unwrap().logs = logs;
    }
    world.server.borrow_mut().blind = true;
    world.mine(u64::from(BLOCKS) + 1);
    world.pass(20_000);
    (world, id)
}

/// Is it told apart, from the first look on, and for good?
fn told_apart(seed: u64, kind: TipMismatch, forge: impl Fn(&World, TipId) -> Option<Vec<protocol::Log>>) {
    let (mut world, id) = forged(seed, forge);
    assert_eq!(world.tip_state("bob", "alice", id), mismatch(kind));
    let line = "Tip that does not match";
    assert_eq!(preview(&world.list("bob")[0]), line, "nor does the list speak of money");
    let reads = world.page("bob").reads();
    world.pass(60_000);
    assert_eq!(world.page("bob").reads(), reads, "settled");
}

#[test]
fn a_transaction_without_a_tip_is_none() {
    told_apart(270, TipMismatch::NoSuchTip, |_, _| Some(Vec::new()));
}

#[test]
fn an_event_of_another_contract_says_nothing() {
    told_apart(271, TipMismatch::NoSuchTip, |world, id| {
        let (alice, bob) = (world.address("alice"), world.address("bob"));
        let other = Address::repeat_byte(0x66);
        Some(vec![tipped(other, id, alice, bob, U256::from(AMOUNT))])
    });
}

#[test]
fn another_amount_recipient_sender_or_coin_is_told_apart() {
    told_apart(272, TipMismatch::Amount, |world, id| {
        let (alice, bob) = (world.address("alice"), world.address("bob"));
        Some(vec![tipped(CONTRACT, id, alice, bob, U256::from(AMOUNT - 1))])
    });
    told_apart(273, TipMismatch::Recipient, |world, id| {
        let (alice, carol) = (world.address("alice"), world.address("carol"));
        Some(vec![tipped(CONTRACT, id, alice, carol, U256::from(AMOUNT))])
    });
    told_apart(274, TipMismatch::Sender, |world, id| {
        let (carol, bob) = (world.address("carol"), world.address("bob"));
        Some(vec![tipped(CONTRACT, id, carol, bob, U256::from(AMOUNT))])
    });
    told_apart(275, TipMismatch::Token, |world, id| {
        let (alice, bob) = (world.address("alice"), world.address("bob"));
        let mut log = tipped(CONTRACT, id, alice, bob, U256::from(AMOUNT));
        log.data[31] = 1;
        Some(vec![log])
    });
}

/// A member that cheats: its vault is changed, so that what it says of its tip is something else. The record has its
/// fields in order: see `records::Tx`.
fn cheat(seed: u64, change: impl Fn(&mut Vec<u8>)) -> (World, MessageId) {
    let (mut world, _) = World::friends(seed, &["alice", "bob"]);
    // Nothing leaves before the record is changed.
    world.go_offline("alice");
    let id = world.tip("alice", "bob");
    world.cheat("alice", id, change);
    world.crash("alice");
    world.run();
    world.mine(u64::from(BLOCKS));
    world.pass(20_000);
    (world, id)
}

/// Version, purpose, peer, whose, and the length of an address.
const CONTRACT_AT: usize = 1 + 1 + 21 + 1 + 1;
const ID_AT: usize = CONTRACT_AT + 20;
/// Behind the id: whether it was told.
const CHAIN_AT: usize = ID_AT + 32 + 1;

#[test]
fn a_reference_of_another_contract_is_believed_by_nobody() {
    let (mut world, id) = cheat(276, |record| record[CONTRACT_AT] ^= 1);
    assert_eq!(world.tip_state("bob", "alice", id), mismatch(TipMismatch::Contract));
    assert_eq!(world.page("bob").reads(), 0);
}

#[test]
fn a_transfer_is_spoken_of_by_one_message_only() {
    let (mut world, id) = cheat(277, |record| record[ID_AT] ^= 1);
    assert_eq!(world.tip_state("bob", "alice", id), mismatch(TipMismatch::Id));
    assert_eq!(world.page("bob").reads(), 0);
}

#[test]
fn another_id_of_the_same_message_is_no_such_tip() {
    let (mut world, id) = cheat(278, |record| record[ID_AT + 31] ^= 1);
    assert_eq!(world.tip_state("bob", "alice", id), mismatch(TipMismatch::NoSuchTip));
}

#[test]
fn a_network_nobody_serves_is_said_to_be_unknown() {
    // 31337 is `e9 f4 01`; 31338 is not served.
    let (mut world, id) = cheat(279, |record| record[CHAIN_AT] = 0xea);
    let message = world.message("bob", "alice", id).unwrap();
    assert_eq!(message.tip().unwrap().state, TxState::Mismatch(TipMismatch::Network));
    assert_eq!(words(&message.body), "Tip on another network");
    assert_eq!(world.page("bob").reads(), 0);
}

#[test]
fn a_true_tip_claimed_in_another_conversation_is_told_apart() {
    // Alice pays Bob, and says the same to Carol: one record, changed to Carol as peer.
    let (mut world, _) = World::friends(280, &["alice", "bob", "carol"]);
    world.send("alice", "carol", "hello");
    world.accept("carol", "alice");
    let paid = world.tip("alice", "bob");
    world.mine(u64::from(BLOCKS));
    assert_eq!(world.tip_state("bob", "alice", paid), CONFIRMED);
    world.go_offline("alice");
    world.hand("alice", Hand::Approve);
    let id = world.tip("alice", "carol");
    let of_bob = world.record("alice", paid);
    let hash_of = |record: &[u8]| {
        let at = record.windows(32).position(|word| word == [1; 32]).unwrap();
        record[at..at + 32].to_vec()
    };
    let hash = hash_of(&of_bob);
    // The transaction to Carol never was; Alice claims the one to Bob, and its id behind her message's.
    let chain = world.server.borrow().chain.clone().unwrap();
    chain.borrow_mut().drop_transaction(TxHash([2; 32]));
    world.cheat("alice", id, |record| {
        let at = record.windows(32).position(|word| word == [2; 32]).unwrap();
        record[at..at + 32].copy_from_slice(&hash);
        record[ID_AT + 16..ID_AT + 32].copy_from_slice(&of_bob[ID_AT + 16..ID_AT + 32]);
    });
    world.crash("alice");
    world.run();
    world.pass(20_000);
    assert_eq!(world.tip_state("carol", "alice", id), mismatch(TipMismatch::NoSuchTip));
    assert_eq!(world.tip_state("bob", "alice", paid), CONFIRMED);
}

#[test]
fn the_tip_of_one_claimed_by_another_is_told_apart() {
    let (mut world, _) = World::friends(281, &["alice", "bob", "mallory"]);
    world.send("mallory", "bob", "hello");
    world.accept("bob", "mallory");
    // Alice's reference is on its way; the chain has its id already, and Mallory is faster.
    world.server.borrow_mut().refuse = Some(Box::new(|_| Some(protocol::ErrorCode::TooMany)));
    let id = world.tip("alice", "bob");
    let alices = world.record("alice", id);
    world.server.borrow_mut().refuse = None;
    world.go_offline("alice");
    world.go_offline("mallory");
    let peer = world.address("bob");
    let amount = U256::from(AMOUNT);
    let chain_id = CHAIN;
    world.command(
        "mallory",
        bridge::Command::Tip {
            peer,
            id,
            chain_id,
            amount,
        },
    );
    world.cheat("mallory", id, |record| record.clone_from(&alices));
    world.crash("mallory");
    world.mine(u64::from(BLOCKS));
    world.pass(20_000);
    assert_eq!(world.tip_state("bob", "mallory", id), mismatch(TipMismatch::Sender));
    // And it has not kept the true one out.
    world.go_online("alice");
    world.pass(60_000);
    let tips: Vec<_> = world
        .thread("bob", "alice")
        .into_iter()
        .filter_map(|message| message.tip())
        .collect();
    assert_eq!(tips.len(), 1);
    assert_eq!(Some((tips[0].state, tips[0].witness)), CONFIRMED);
    assert_eq!(world.tip_state("alice", "bob", id), CONFIRMED);
}

/// The server says this of every tip, whatever is true.
fn lying(seed: u64, report: TxReport) -> (World, MessageId) {
    let (mut world, _) = World::friends(seed, &["alice", "bob"]);
    world.server.borrow_mut().lie = Some(Box::new(move |frame| {
        vec![match frame {
            ServerFrame::Answer {
                number,
                answer: Ok(Answer::Tip(_)),
            } => ServerFrame::Answer {
                number,
                answer: Ok(Answer::Tip(report)),
            },
            ServerFrame::Tip {
                chain_id, sender, id, ..
            } => ServerFrame::Tip {
                chain_id,
                sender,
                id,
                report,
            },
            frame => frame,
        }]
    }));
    let id = world.tip("alice", "bob");
    (world, id)
}

#[test]
fn a_lying_server_is_quoted_and_never_believed() {
    let lies = [
        (mined(99), TxState::Confirmed),
        (ObservedStatus::Reverted, TxState::Reverted),
        (ObservedStatus::Replaced, TxState::Replaced),
        (mined(1), TxState::Confirming { done: 1, of: BLOCKS }),
    ];
    for (number, (status, state)) in lies.into_iter().enumerate() {
        let other = TxHash([0x77; 32]);
        for hash in [None, Some(other)] {
            let (mut world, id) = lying(282 + number as u64, TxReport { hash, status });
            world.pass(40_000);
            for (who, with) in [("alice", "bob"), ("bob", "alice")] {
                assert_eq!(
                    world.tip_state(who, with, id),
                    Some((state, Witness::Server)),
                    "{who}, {status:?}"
                );
                assert_ne!(world.hash(who, with, id), other, "{who}, {status:?}");
            }
            world.mine(u64::from(BLOCKS));
            world.pass(20_000);
            for (who, with) in [("alice", "bob"), ("bob", "alice")] {
                assert_eq!(world.tip_state(who, with, id), CONFIRMED, "{who}, {status:?}");
            }
        }
    }
}

#[test]
fn where_the_server_sees_something_else_the_claim_is_not_shown_as_reported() {
    let (bob, carol) = (Wallet::of("bob").address(), Wallet::of("carol").address());
    let cases = [
        (carol, U256::from(AMOUNT), TipMismatch::Recipient),
        (bob, U256::from(AMOUNT - 1), TipMismatch::Amount),
    ];
    for (recipient, amount, kind) in cases {
        let status = ObservedStatus::Mined {
            confirmations: 99,
            recipient,
            amount,
        };
        let (mut world, id) = lying(294, TxReport { hash: None, status });
        world.pass(40_000);
        let quoted = Some((TxState::Mismatch(kind), Witness::Server));
        assert_eq!(world.tip_state("bob", "alice", id), quoted);
        // It may be the server that is wrong.
        world.mine(u64::from(BLOCKS));
        world.pass(20_000);
        assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
        let line = preview(&world.list("bob")[0]);
        assert!(!line.contains("does not match"), "{line}");
    }
}

#[test]
fn the_server_does_not_overrule_what_this_device_has_read() {
    for status in [
        ObservedStatus::Dropped,
        ObservedStatus::Reverted,
        ObservedStatus::Replaced,
        ObservedStatus::Pending,
    ] {
        let (mut world, _) = World::friends(290, &["alice", "bob"]);
        let id = world.tip("alice", "bob");
        world.mine(1);
        let before = world.tip_state("bob", "alice", id);
        assert_eq!(before.map(|(_, witness)| witness), Some(Witness::Device));
        let (who, sender, tip) = (world.installation("bob"), world.address("alice"), world.the_id());
        for hash in [None, Some(TxHash([0x55; 32]))] {
            let hint = ServerFrame::Tip {
                chain_id: CHAIN,
                sender,
                id: tip,
                report: TxReport { hash, status },
            };
            world.server.borrow_mut().say_to(who, &hint);
            world.pass(5_000);
            assert_eq!(world.tip_state("bob", "alice", id), before, "{status:?}");
        }
    }
}

#[test]
fn hints_of_other_tips_chains_and_senders_change_nothing() {
    let (mut world, _) = World::friends(291, &["alice", "bob"]);
    let id = world.tip("alice", "bob");
    let before = world.tip_state("bob", "alice", id);
    let (who, alice, bob) = (world.installation("bob"), world.address("alice"), world.address("bob"));
    let tip = world.the_id();
    let mut other = tip;
    other.0[31] ^= 1;
    let report = TxReport {
        hash: Some(TxHash([1; 32])),
        status: mined(99),
    };
    for (chain_id, sender, id) in [
        (1, alice, tip),
        (CHAIN, bob, tip),
        (CHAIN, alice, other),
        (CHAIN, alice, TipId([9; 32])),
    ] {
        let hint = ServerFrame::Tip {
            chain_id,
            sender,
            id,
            report,
        };
        world.server.borrow_mut().say_to(who, &hint);
    }
    world.run();
    assert_eq!(world.tip_state("bob", "alice", id), before);
}

#[test]
fn a_waiting_tip_is_found_by_its_receipt_not_by_the_servers_word() {
    let (mut world, chain) = World::friends(292, &["alice", "bob"]);
    // Something else of Alice's stands on the chain: another tip to Bob.
    let first = world.tip("alice", "bob");
    world.mine(1);
    world.hand("alice", Hand::Think);
    let id = world.tip("alice", "bob");
    world.crash("alice");
    world.run();
    let record = world.record("alice", id);
    let tip = TipId::from_slice(&record[ID_AT..ID_AT + 32]).unwrap();
    let (who, sender) = (world.installation("alice"), world.address("alice"));
    let hash = world.hash("alice", "bob", first);
    for hash in [hash, TxHash([0x99; 32])] {
        let hint = ServerFrame::Tip {
            chain_id: CHAIN,
            sender,
            id: tip,
            report: TxReport {
                hash: Some(hash),
                status: mined(9),
            },
        };
        world.server.borrow_mut().say_to(who, &hint);
        world.pass(5_000);
        assert_eq!(world.tip_view("alice", "bob", id).unwrap().state, TxState::Waiting);
        assert_eq!(world.tip_view("alice", "bob", id).unwrap().hash, None);
    }
    assert_eq!(world.texts("bob", "alice").len(), 2, "nothing false is told");
    assert_eq!(chain.borrow().sent.len(), 1);
}

#[test]
fn a_waiting_tip_stays_so_where_nothing_can_be_read() {
    let (mut world, _) = World::friends(298, &["alice", "bob"]);
    world.hand("alice", Hand::Think);
    let id = world.tip("alice", "bob");
    world.switch("alice", 1);
    let record = world.record("alice", id);
    let tip = TipId::from_slice(&record[ID_AT..ID_AT + 32]).unwrap();
    let (who, sender) = (world.installation("alice"), world.address("alice"));
    for status in [
        mined(9),
        ObservedStatus::Pending,
        ObservedStatus::Dropped,
        ObservedStatus::Reverted,
    ] {
        let hash = Some(TxHash([0x99; 32]));
        let hint = ServerFrame::Tip {
            chain_id: CHAIN,
            sender,
            id: tip,
            report: TxReport { hash, status },
        };
        world.server.borrow_mut().say_to(who, &hint);
        world.pass(5_000);
        let view = world.tip_view("alice", "bob", id).unwrap();
        assert_eq!((view.state, view.hash), (TxState::Waiting, None), "{status:?}");
    }
}

#[test]
fn another_transaction_of_the_sender_has_not_taken_its_place() {
    let (mut world, _) = World::friends(299, &["alice", "bob"]);
    let first = world.tip("alice", "bob");
    world.mine(u64::from(BLOCKS));
    let other = world.hash("alice", "bob", first);
    let id = world.tip("alice", "bob");
    world.pass(3_000);
    let record = world.record("bob", id);
    let tip = TipId::from_slice(&record[ID_AT..ID_AT + 32]).unwrap();
    let (who, sender) = (world.installation("bob"), world.address("alice"));
    let hint = ServerFrame::Tip {
        chain_id: CHAIN,
        sender,
        id: tip,
        report: TxReport {
            hash: Some(other),
            status: ObservedStatus::Replaced,
        },
    };
    world.server.borrow_mut().say_to(who, &hint);
    world.pass(20_000);
    let quoted = Some((TxState::Replaced, Witness::Server));
    assert_eq!(world.tip_state("bob", "alice", id), quoted, "not this device's word");
    world.mine(u64::from(BLOCKS));
    world.pass(20_000);
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
}

#[test]
fn a_flood_of_hints_does_not_flood_the_wallet() {
    let (mut world, _) = World::friends(293, &["alice", "bob"]);
    let id = world.tip("alice", "bob");
    let (who, sender, tip) = (world.installation("bob"), world.address("alice"), world.the_id());
    let before = world.page("bob").reads();
    for number in 0..200u8 {
        let report = TxReport {
            hash: Some(TxHash([number; 32])),
            status: mined(1),
        };
        let hint = ServerFrame::Tip {
            chain_id: CHAIN,
            sender,
            id: tip,
            report,
        };
        world.server.borrow_mut().say_to(who, &hint);
        world.pass(20);
    }
    let reads = world.page("bob").reads() - before;
    assert!(reads <= 10, "{reads} in four seconds");
    world.mine(u64::from(BLOCKS));
    world.pass(20_000);
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
}

#[test]
fn nonsense_of_a_node_changes_nothing_and_ends() {
    type Nonsense = fn(&mut Receipt, &mut u64);
    let nonsense: [Nonsense; 3] = [
        |receipt, _| receipt.hash = TxHash([0x42; 32]),
        |receipt, head| *head = receipt.block - 1,
        |_, head| *head = 0,
    ];
    for (number, twist) in nonsense.into_iter().enumerate() {
        let (mut world, _) = World::friends(294, &["alice", "bob"]);
        world.server.borrow_mut().blind = true;
        let id = world.tip("alice", "bob");
        world.page("bob").twist = Some(Box::new(move |_, answer| {
            Some(match answer {
                Ok(WalletAnswer::Receipt {
                    receipt: Some(mut receipt),
                    mut head,
                }) => {
                    twist(&mut receipt, &mut head);
                    Ok(WalletAnswer::Receipt {
                        receipt: Some(receipt),
                        head,
                    })
                }
                answer => answer,
            })
        }));
        world.mine(u64::from(BLOCKS));
        world.pass(60_000);
        let state = world.tip_view("bob", "alice", id).unwrap().state;
        assert_eq!(state, TxState::Submitted, "{number}");
        world.page("bob").twist = None;
        world.pass(16_000);
        assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED, "{number}");
    }
}

#[test]
fn a_node_that_fails_or_answers_something_else_is_asked_again_later() {
    type Failure = fn(&WalletRequest) -> Option<Result<WalletAnswer, WalletRefusal>>;
    let failures: [Failure; 5] = [
        |_| Some(Err(WalletRefusal::Garbage)),
        |_| Some(Err(WalletRefusal::Offline)),
        |_| Some(Err(WalletRefusal::WrongChain)),
        |_| Some(Ok(WalletAnswer::Returned(vec![1; 32]))),
        |_| None,
    ];
    for (number, failure) in failures.into_iter().enumerate() {
        let (mut world, _) = World::friends(295, &["alice", "bob"]);
        let id = world.tip("alice", "bob");
        world.mine(1);
        let before = world.tip_state("bob", "alice", id);
        world.page("bob").twist = Some(Box::new(move |request, _| failure(request)));
        let reads = world.page("bob").reads();
        world.server.borrow_mut().blind = true;
        world.mine(1);
        world.pass(120_000);
        let asked = world.page("bob").reads() - reads;
        assert!(
            (2..=16).contains(&asked),
            "{number}: asked {asked} times in two minutes"
        );
        assert_eq!(world.tip_state("bob", "alice", id), before, "{number}");
        world.page("bob").twist = None;
        world.mine(u64::from(BLOCKS));
        world.pass(60_000);
        assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED, "{number}");
    }
}

#[test]
fn used_or_not_is_the_contracts_word_and_nothing_else() {
    let (mut world, _) = World::friends(296, &["alice", "bob"]);
    world.server.borrow_mut().blind = true;
    world.hand("alice", Hand::Think);
    let id = world.tip("alice", "bob");
    for bytes in [vec![], vec![1], vec![2; 32], vec![0; 64]] {
        world.page("alice").twist = Some(Box::new(move |_, _| Some(Ok(WalletAnswer::Returned(bytes.clone())))));
        world.crash("alice");
        world.pass(5_000);
        assert_eq!(world.tip_view("alice", "bob", id).unwrap().state, TxState::Waiting);
    }
}

#[test]
fn a_hash_of_the_wallets_that_pays_nobody_is_told_apart_by_its_own_device() {
    let (mut world, id) = forged(297, |_, _| Some(Vec::new()));
    assert_eq!(world.tip_state("alice", "bob", id), mismatch(TipMismatch::NoSuchTip));
}
