//! What was read to the end and is not so any more: blocks are taken back deeper than anybody waits for. The server's word makes
//! a device read anew; it never changes what is shown.

use bridge::{Command, TxState, Witness};
use protocol::{MessageId, ObservedStatus, ServerFrame, TipMismatch, TxHash, TxReport, U256};
use stage::world::preview;

use crate::support::{
    World,
    chain::{BLOCKS, CHAIN, tip_of, tipped},
    tipping::{CONFIRMED, mined, mismatch},
};

const BOTH: [(&str, &str); 2] = [("alice", "bob"), ("bob", "alice")];
const DROPPED: Option<(TxState, Witness)> = Some((TxState::Dropped, Witness::Device));
const REPLACED: Option<(TxState, Witness)> = Some((TxState::Replaced, Witness::Device));
const REVERTED: Option<(TxState, Witness)> = Some((TxState::Reverted, Witness::Device));

/// The server sees what there is now, and there is time to look.
fn told(world: &mut World) {
    world.server.borrow_mut().tell_of_tips();
    world.pass(45_000);
}

/// The server says this of the one tip to Bob's and to Alice's device.
fn says(world: &mut World, hash: Option<TxHash>, status: ObservedStatus) {
    let (sender, id) = (world.address("alice"), world.the_id());
    for (who, _) in BOTH {
        let frame = ServerFrame::Tip {
            chain_id: CHAIN,
            sender,
            id,
            report: TxReport { hash, status },
        };
        let who = world.installation(who);
        world.server.borrow_mut().say_to(who, &frame);
    }
    world.run();
}

#[test]
fn blocks_taken_back_deeper_than_anybody_waits_take_their_tip_back() {
    let (mut world, chain) = World::friends(310, &["alice", "bob"]);
    let id = world.tip("alice", "bob");
    let hash = world.hash("alice", "bob", id);
    let sent = chain.borrow().sent[&hash].clone();
    world.mine(u64::from(BLOCKS) + 2);
    for (who, with) in BOTH {
        assert_eq!(world.tip_state(who, with, id), CONFIRMED, "{who}");
    }
    chain.borrow_mut().reorg(u64::from(BLOCKS) + 2, true);
    told(&mut world);
    for (who, with) in BOTH {
        assert_eq!(world.tip_state(who, with, id), DROPPED, "{who}");
    }
    // It comes again, in another block.
    chain.borrow_mut().sent.insert(hash, sent);
    world.mine(1);
    told(&mut world);
    for (who, with) in BOTH {
        let confirming = Some((TxState::Confirming { done: 1, of: BLOCKS }, Witness::Device));
        assert_eq!(world.tip_state(who, with, id), confirming, "{who}");
    }
    world.mine(u64::from(BLOCKS));
    world.pass(20_000);
    for (who, with) in BOTH {
        assert_eq!(world.tip_state(who, with, id), CONFIRMED, "{who}");
    }
    assert_eq!(world.page("alice").sends().len(), 1);
}

#[test]
fn what_comes_again_at_once_is_confirming_again() {
    let (mut world, chain) = World::friends(311, &["alice", "bob"]);
    let id = world.tip("alice", "bob");
    world.mine(u64::from(BLOCKS));
    // Nobody has seen it gone: it is in another block, and that one is young.
    chain.borrow_mut().reorg(u64::from(BLOCKS), false);
    chain.borrow_mut().mine(1);
    told(&mut world);
    for (who, with) in BOTH {
        let confirming = Some((TxState::Confirming { done: 1, of: BLOCKS }, Witness::Device));
        assert_eq!(world.tip_state(who, with, id), confirming, "{who}");
    }
}

#[test]
fn who_was_away_while_they_were_taken_back_is_told() {
    let (mut world, chain) = World::friends(312, &["alice", "bob"]);
    let id = world.tip("alice", "bob");
    world.mine(u64::from(BLOCKS));
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
    // What the server knows of who waits for what ends with the socket.
    world.go_offline("bob");
    world.server.borrow_mut().watched.clear();
    chain.borrow_mut().reorg(u64::from(BLOCKS), true);
    world.crash("bob");
    world.run();
    world.go_online("bob");
    told(&mut world);
    assert_eq!(world.tip_state("bob", "alice", id), DROPPED);
}

#[test]
fn what_was_replaced_and_is_mined_after_all_is_not_offered_to_be_sent_again() {
    let (mut world, chain) = World::friends(313, &["alice", "bob"]);
    let id = world.tip("alice", "bob");
    let first = world.hash("alice", "bob", id);
    world.pass(2_000);
    let second = chain.borrow_mut().replace(first, false);
    world.mine(u64::from(BLOCKS));
    world.pass(15_000);
    // The server speaks of it once more when it is deep.
    world.server.borrow_mut().restart();
    world.pass(20_000);
    for (who, with) in BOTH {
        assert_eq!(world.tip_state(who, with, id), REPLACED, "{who}");
    }
    let reads = world.page("alice").reads();
    world.pass(120_000);
    assert_eq!(world.page("alice").reads(), reads, "read to the end");

    chain.borrow_mut().reorg(u64::from(BLOCKS), false);
    chain.borrow_mut().sent.get_mut(&second).unwrap().dropped = true;
    chain.borrow_mut().sent.get_mut(&first).unwrap().dropped = false;
    told(&mut world);
    for (who, with) in BOTH {
        let state = world.tip_view(who, with, id).unwrap().state;
        assert_eq!(state, TxState::Submitted, "{who}: it waits again");
    }
    world.mine(u64::from(BLOCKS));
    world.pass(20_000);
    for (who, with) in BOTH {
        assert_eq!(world.tip_state(who, with, id), CONFIRMED, "{who}");
    }
}

/// A tip whose receipt says something else than paid, to the end; then its block is another one, and it is paid.
fn paid_after_all(seed: u64, before: Option<(TxState, Witness)>, spoil: impl Fn(&mut protocol::Receipt)) {
    for removed in [false, true] {
        let (mut world, chain) = World::friends(seed, &["alice", "bob"]);
        let id = world.tip("alice", "bob");
        let hash = world.hash("alice", "bob", id);
        let good = {
            let mut chain = chain.borrow_mut();
            chain.mine(1);
            let receipt = chain.mined.get_mut(&hash).unwrap();
            let good = receipt.clone();
            spoil(receipt);
            good
        };
        world.mine(u64::from(BLOCKS));
        world.pass(20_000);
        for (who, with) in BOTH {
            assert_eq!(world.tip_state(who, with, id), before, "{who}");
        }
        if removed {
            world.command("alice", Command::TxDrop { id });
        }
        chain.borrow_mut().reorg(u64::from(BLOCKS) + 1, false);
        let mut good = good;
        good.block = chain.borrow().head;
        chain.borrow_mut().mined.insert(hash, good);
        told(&mut world);
        world.mine(u64::from(BLOCKS));
        world.pass(20_000);
        for (who, with) in BOTH {
            assert_eq!(world.tip_state(who, with, id), CONFIRMED, "{who}, removed: {removed}");
        }
    }
}

#[test]
fn what_was_reverted_and_goes_through_in_another_block_is_paid() {
    paid_after_all(314, REVERTED, |receipt| {
        receipt.succeeded = false;
        receipt.logs.clear();
    });
}

#[test]
fn what_did_not_match_and_does_in_another_block_is_paid() {
    let (mut world, chain) = World::friends(315, &["alice", "bob"]);
    let id = world.tip("alice", "bob");
    let hash = world.hash("alice", "bob", id);
    let tip = tip_of(&chain.borrow().sent[&hash].call).0;
    let (alice, bob) = (world.address("alice"), world.address("bob"));
    world.mine(1);
    let good = chain.borrow().mined[&hash].clone();
    let other = vec![tipped(chain::tips::CONTRACT, tip, alice, bob, U256::from(1))];
    chain.borrow_mut().mined.get_mut(&hash).unwrap().logs = other;
    world.mine(u64::from(BLOCKS));
    world.pass(20_000);
    assert_eq!(world.tip_state("bob", "alice", id), mismatch(TipMismatch::Amount));
    // The server sees just that: no reason to read it again.
    let reads = world.page("bob").reads();
    world.server.borrow_mut().restart();
    world.pass(60_000);
    assert_eq!(world.page("bob").reads(), reads);

    chain.borrow_mut().mined.insert(hash, good);
    told(&mut world);
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
    assert_eq!(preview(&world.list("bob")[0]), "Tip of 0.01 ETH");
}

#[test]
fn removed_as_dropped_it_comes_back_when_it_turns_up() {
    let (mut world, chain) = World::friends(316, &["alice", "bob"]);
    let id = world.tip("alice", "bob");
    let hash = world.hash("alice", "bob", id);
    world.pass(2_000);
    let sent = chain.borrow().sent[&hash].clone();
    chain.borrow_mut().drop_transaction(hash);
    told(&mut world);
    assert_eq!(world.tip_state("alice", "bob", id), DROPPED);
    world.command("alice", Command::TxDrop { id });
    assert_eq!(world.message("alice", "bob", id), None);
    chain.borrow_mut().sent.insert(hash, sent);
    world.mine(u64::from(BLOCKS));
    world.pass(20_000);
    assert_eq!(world.tip_state("alice", "bob", id), CONFIRMED);
}

/// Everything a server can say against a tip that is confirmed.
const LIES: [ObservedStatus; 4] = [
    ObservedStatus::Pending,
    ObservedStatus::Reverted,
    ObservedStatus::Replaced,
    ObservedStatus::Dropped,
];

#[test]
fn a_lying_server_has_it_read_again_and_changes_nothing() {
    let (mut world, _) = World::friends(317, &["alice", "bob"]);
    let id = world.tip("alice", "bob");
    world.mine(u64::from(BLOCKS));
    for status in LIES.into_iter().chain([mined(1)]) {
        for hash in [None, Some(TxHash([0x77; 32]))] {
            let before = world.page("bob").reads();
            says(&mut world, hash, status);
            for _ in 0..40 {
                world.pass(1_000);
                for (who, with) in BOTH {
                    assert_eq!(world.tip_state(who, with, id), CONFIRMED, "{who}, {status:?}");
                }
            }
            let reads = world.page("bob").reads() - before;
            assert!((1..=4).contains(&reads), "{reads}, {status:?}");
            world.pass(60_000);
            let after = world.page("bob").reads() - before;
            assert_eq!(after, reads, "and then no more");
        }
    }
}

#[test]
fn a_lying_server_does_not_have_it_read_in_a_hot_loop() {
    let (mut world, _) = World::friends(318, &["alice", "bob"]);
    let id = world.tip("alice", "bob");
    world.mine(u64::from(BLOCKS));
    let before = world.page("bob").reads();
    for number in 0..300_u16 {
        let status = LIES[usize::from(number) % LIES.len()];
        let hash = (number % 3 == 0).then_some(TxHash([u8::try_from(number % 251).unwrap(); 32]));
        says(&mut world, hash, status);
        world.pass(200);
        assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
    }
    let reads = world.page("bob").reads() - before;
    assert!(reads <= 10, "{reads} in a minute");
    world.pass(60_000);
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
    // Nor does it keep what is new from being read.
    let next: MessageId = world.tip("alice", "bob");
    world.mine(u64::from(BLOCKS));
    assert_eq!(world.tip_state("bob", "alice", next), CONFIRMED);
}

#[test]
fn where_nothing_can_be_read_what_was_read_stands_and_the_doubt_is_kept() {
    let (mut world, chain) = World::friends(319, &["alice", "bob"]);
    let id = world.tip("alice", "bob");
    world.mine(u64::from(BLOCKS));
    world.switch("bob", 1);
    let reads = world.page("bob").reads();
    chain.borrow_mut().reorg(u64::from(BLOCKS), true);
    told(&mut world);
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
    assert_eq!(world.page("bob").reads(), reads);
    // From now on the server is silent, and the worker another one.
    world.server.borrow_mut().blind = true;
    world.crash("bob");
    world.pass(5_000);
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
    world.switch("bob", CHAIN);
    world.pass(5_000);
    let gone = Some((TxState::Submitted, Witness::Claim));
    assert_eq!(world.tip_state("bob", "alice", id), gone);
    assert_eq!(world.page("alice").sends().len(), 1);
    assert_eq!(
        chain.borrow().paid(world.address("alice"), world.address("bob")),
        U256::ZERO
    );
}
