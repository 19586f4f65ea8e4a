//! A tip from the wish to the last block, on both sides.

use bridge::{Event, MessageState, TxState, Witness};
use protocol::U256;
use stage::world::{preview, words};

use crate::support::{
    World,
    chain::BLOCKS,
    tipping::{AMOUNT, CONFIRMED, SUBMITTED},
};

#[expect(clippy::unnecessary_wraps, reason = "to be compared with what a thread has")]
fn confirming(done: u32) -> Option<(TxState, Witness)> {
    Some((TxState::Confirming { done, of: BLOCKS }, Witness::Device))
}

#[test]
fn the_whole_road() {
    let (mut world, chain) = World::friends(200, &["alice", "bob"]);
    let before = world.people["alice"].vault.keys(client::Space::Tip).len();
    let id = world.tip("alice", "bob");
    assert_eq!(before, 0);
    assert_eq!(world.people["alice"].vault.keys(client::Space::Tip).len(), 1);
    for (who, with) in [("alice", "bob"), ("bob", "alice")] {
        let message = world.message(who, with, id).unwrap();
        assert_eq!(words(&message.body), "Tip of 0.01 ETH");
        let tip = message.tip().unwrap();
        assert_eq!((tip.amount, tip.chain_id), (U256::from(AMOUNT), 31337));
        assert_eq!(Some((tip.state, tip.witness)), SUBMITTED, "{who}");
        assert!(tip.hash.is_some());
        assert_eq!(preview(&world.list(who)[0]), "Tip of 0.01 ETH", "{who}");
    }
    assert_eq!(world.message("alice", "bob", id).unwrap().state, MessageState::Sent);
    for done in 1..BLOCKS {
        world.mine(1);
        assert_eq!(world.tip_state("alice", "bob", id), confirming(done));
        assert_eq!(world.tip_state("bob", "alice", id), confirming(done));
    }
    world.mine(1);
    assert_eq!(world.tip_state("alice", "bob", id), CONFIRMED);
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
    let (alice, bob) = (world.address("alice"), world.address("bob"));
    assert_eq!(chain.borrow().paid(alice, bob), U256::from(AMOUNT));
    assert_eq!(world.page("alice").sends().len(), 1, "one prompt");
    assert!(world.page("bob").sends().is_empty());

    // Finished is finished: nobody looks any more, as long as the server sees the same.
    let reads = (world.page("alice").reads(), world.page("bob").reads());
    world.mine(2);
    world.server.borrow_mut().restart();
    world.pass(120_000);
    assert_eq!((world.page("alice").reads(), world.page("bob").reads()), reads);
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
}

#[test]
fn what_is_kept_is_there_after_a_reload() {
    let (mut world, _) = World::friends(201, &["alice", "bob"]);
    let id = world.tip("alice", "bob");
    world.mine(1);
    for who in ["alice", "bob"] {
        world.crash(who);
    }
    world.run();
    assert_eq!(world.tip_state("alice", "bob", id), confirming(1));
    assert_eq!(world.tip_state("bob", "alice", id), confirming(1));
    world.mine(2);
    for who in ["alice", "bob"] {
        world.crash(who);
        world.run();
    }
    assert_eq!(world.tip_state("alice", "bob", id), CONFIRMED);
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
    let reads = world.page("bob").reads();
    world.pass(60_000);
    assert_eq!(world.page("bob").reads(), reads);
}

#[test]
fn on_another_network_the_server_is_believed_so_far_and_no_further() {
    let (mut world, _) = World::friends(202, &["alice", "bob"]);
    world.switch("bob", 1);
    let id = world.tip("alice", "bob");
    world.mine(1);
    let reported = Some((TxState::Confirming { done: 1, of: BLOCKS }, Witness::Server));
    assert_eq!(world.tip_state("bob", "alice", id), reported);
    world.mine(2);
    assert_eq!(
        world.tip_state("bob", "alice", id),
        Some((TxState::Confirmed, Witness::Server)),
        "reported by the server"
    );
    assert_eq!(
        world.page("bob").reads(),
        0,
        "the wallet is not asked of a chain it is not on"
    );
    world.switch("bob", 31337);
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
}

#[test]
fn without_a_server_the_chain_is_enough() {
    let (mut world, _) = World::friends(203, &["alice", "bob"]);
    let id = world.tip("alice", "bob");
    world.go_offline("alice");
    world.go_offline("bob");
    world.mine(u64::from(BLOCKS));
    world.pass(20_000);
    assert_eq!(world.tip_state("alice", "bob", id), CONFIRMED);
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
}

#[test]
fn a_block_that_is_taken_back_takes_its_tip_back() {
    let (mut world, chain) = World::friends(204, &["alice", "bob"]);
    let id = world.tip("alice", "bob");
    world.mine(2);
    assert_eq!(world.tip_state("bob", "alice", id), confirming(2));
    chain.borrow_mut().reorg(2, false);
    world.pass(20_000);
    assert_eq!(world.tip_state("bob", "alice", id), SUBMITTED);
    assert_eq!(world.tip_state("alice", "bob", id), SUBMITTED);
    world.mine(u64::from(BLOCKS));
    world.pass(15_000);
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
    assert_eq!(world.tip_state("alice", "bob", id), CONFIRMED);
}

#[test]
fn a_faster_transaction_of_the_same_tip_takes_its_place() {
    let (mut world, chain) = World::friends(205, &["alice", "bob"]);
    let id = world.tip("alice", "bob");
    let first = world.hash("alice", "bob", id);
    world.pass(2_000);
    let second = chain.borrow_mut().replace(first, true);
    world.mine(u64::from(BLOCKS));
    world.pass(15_000);
    for (who, with) in [("alice", "bob"), ("bob", "alice")] {
        assert_eq!(world.tip_state(who, with, id), CONFIRMED, "{who}");
        assert_eq!(world.hash(who, with, id), second, "{who}");
    }
}

#[test]
fn a_cancelled_tip_is_replaced() {
    let (mut world, chain) = World::friends(206, &["alice", "bob"]);
    let id = world.tip("alice", "bob");
    let first = world.hash("alice", "bob", id);
    world.pass(2_000);
    chain.borrow_mut().replace(first, false);
    // Alice's wallet looks elsewhere: the server's word is all she has.
    world.switch("alice", 1);
    world.mine(u64::from(BLOCKS));
    world.pass(15_000);
    assert_eq!(
        world.tip_state("alice", "bob", id),
        Some((TxState::Replaced, Witness::Server))
    );
    let replaced = Some((TxState::Replaced, Witness::Device));
    assert_eq!(world.tip_state("bob", "alice", id), replaced);
    world.switch("alice", 31337);
    world.server.borrow_mut().restart();
    world.pass(40_000);
    assert_eq!(world.tip_state("alice", "bob", id), replaced);
    world.command("alice", bridge::Command::TxDrop { id });
    assert_eq!(world.message("alice", "bob", id), None, "it came to nothing");
}

#[test]
fn a_dropped_tip_is_said_to_be_and_may_come_back() {
    let (mut world, chain) = World::friends(207, &["alice", "bob"]);
    let id = world.tip("alice", "bob");
    let hash = world.hash("alice", "bob", id);
    world.pass(2_000);
    let sent = chain.borrow().sent[&hash].clone();
    chain.borrow_mut().drop_transaction(hash);
    world.server.borrow_mut().tell_of_tips();
    world.pass(15_000);
    let dropped = Some((TxState::Dropped, Witness::Device));
    assert_eq!(world.tip_state("alice", "bob", id), dropped);
    assert_eq!(world.tip_state("bob", "alice", id), dropped);
    chain.borrow_mut().sent.insert(hash, sent);
    world.mine(u64::from(BLOCKS));
    world.pass(15_000);
    assert_eq!(world.tip_state("alice", "bob", id), CONFIRMED);
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
}

#[test]
fn a_tip_of_a_stranger_waits_for_an_answer_and_is_not_looked_at() {
    let (mut world, _) = World::with_chain(208, &["alice", "bob"]);
    world.command(
        "alice",
        bridge::Command::Payee {
            peer: world.address("bob"),
        },
    );
    let id = world.tip("alice", "bob");
    world.mine(u64::from(BLOCKS));
    let line = world.list("bob")[0].clone();
    assert_eq!((line.consent, preview(&line).as_str()), (bridge::Consent::Asked, ""));
    assert!(world.thread("bob", "alice").is_empty());
    assert_eq!(world.page("bob").asked.len(), 0);
    let bob = world.installation("bob");
    let asked = world.server.borrow().watched.iter().any(|tip| tip.who == bob);
    assert!(!asked, "the server does not hear that bob has read it");
    world.accept("bob", "alice");
    world.pass(2_000);
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
}

#[test]
fn two_browsers_of_each_see_the_same() {
    let (mut world, _) = World::friends(209, &["alice", "bob"]);
    for (name, browser) in [("alice", "phone of alice"), ("bob", "phone of bob")] {
        world.arrive_again(name, browser);
        world.sign_in(browser);
        world.give_wallet(browser);
    }
    world.pass(11_000);
    world.send("alice", "bob", "now with our phones");
    world.accept("phone of bob", "alice");
    let id = world.tip("alice", "bob");
    world.mine(u64::from(BLOCKS));
    world.pass(15_000);
    for (who, with) in [
        ("alice", "bob"),
        ("phone of alice", "bob"),
        ("bob", "alice"),
        ("phone of bob", "alice"),
    ] {
        let message = world.message(who, with, id).unwrap_or_else(|| panic!("{who} has it"));
        assert_eq!(message.is_mine(), who.ends_with("alice"), "{who}");
        let tip = message.tip().unwrap();
        assert_eq!(Some((tip.state, tip.witness)), CONFIRMED, "{who}");
        if who != "alice" {
            assert!(world.page(who).sends().is_empty(), "{who} was not asked to pay");
        }
    }
    let first = |world: &World| {
        let mut events = world.people["phone of alice"].events.iter().rev();
        events.find_map(|event| match event {
            Event::Payee { first, .. } => Some(*first),
            _ => None,
        })
    };
    let peer = world.address("bob");
    world.command("phone of alice", bridge::Command::Payee { peer });
    assert_eq!(first(&world), Some(false), "the phone knows of it too");
}

#[test]
fn the_wallet_is_asked_slower_and_slower_and_not_at_all_when_all_is_done() {
    let (mut world, _) = World::friends(210, &["alice", "bob"]);
    world.server.borrow_mut().blind = true;
    let id = world.tip("alice", "bob");
    let mut times = Vec::new();
    let mut before = world.page("bob").reads();
    for second in 0..90 {
        world.pass(1_000);
        let reads = world.page("bob").reads();
        if reads > before {
            times.push(second);
        }
        before = reads;
    }
    let pauses: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(pauses.iter().all(|pause| *pause <= 16), "{pauses:?}");
    assert!(pauses.iter().rev().take(3).all(|pause| *pause >= 15), "{pauses:?}");
    world.mine(u64::from(BLOCKS));
    world.pass(30_000);
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
    let reads = world.page("bob").reads();
    world.pass(600_000);
    assert_eq!(world.page("bob").reads(), reads);
}

#[test]
fn tips_that_never_come_keep_nobody_from_those_that_do() {
    let (mut world, chain) = World::friends(297, &["alice", "bob", "mallory"]);
    world.send("mallory", "bob", "hello");
    world.accept("bob", "mallory");
    world.server.borrow_mut().blind = true;
    let id = world.tip("alice", "bob");
    world.pass(2_000);
    // So many of transactions that no chain has.
    for _ in 0..20 {
        let false_one = world.tip("mallory", "bob");
        let hash = world.hash("mallory", "bob", false_one);
        chain.borrow_mut().drop_transaction(hash);
    }
    // All have been looked at once.
    world.pass(60_000);
    world.mine(u64::from(BLOCKS));
    world.pass(60_000);
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
}
