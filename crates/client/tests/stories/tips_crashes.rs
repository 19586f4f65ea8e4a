//! The worker dies between any two steps of a tip, alone or with its page. One wish is one payment, and no hash is lost.

use bridge::{Command, TxState};
use protocol::U256;

use crate::support::{
    World,
    chain::BLOCKS,
    tipping::{AMOUNT, CONFIRMED},
};

/// Alice tips Bob; `who` dies before the n-th step. She asks again if her wallet was never asked, or its answer was lost and
/// nothing is on its way; `hasty`: also if something is.
fn story(who: &'static str, step: usize, reloads: bool, hasty: bool) -> (World, bool) {
    let (mut world, chain) = World::friends(260, &["alice", "bob"]);
    world.reloads = reloads;
    let begun = world.people[who].steps;
    world.crash_at(who, begun + step);
    let id = world.tip("alice", "bob");
    world.pass(2_000);
    let waits = world
        .tip_view("alice", "bob", id)
        .is_some_and(|tip| tip.state == TxState::Waiting);
    if waits && (hasty || chain.borrow().sent.is_empty()) {
        world.command("alice", Command::TxAgain { id });
    }
    world.mine(u64::from(BLOCKS));
    world.pass(70_000);
    let what = format!("{who} died before step {step}, reloads: {reloads}, hasty: {hasty}");
    assert_eq!(world.tip_state("alice", "bob", id), CONFIRMED, "{what}");
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED, "{what}");
    world.the_id();
    let (alice, bob) = (world.address("alice"), world.address("bob"));
    assert_eq!(chain.borrow().paid(alice, bob), U256::from(AMOUNT), "{what}");
    let sends = world.page("alice").sends();
    assert!(sends.len() <= 2, "{what}: asked without being told to");
    assert!(sends.iter().all(|id| *id == world.the_id()), "{what}");
    for (who, with) in [("alice", "bob"), ("bob", "alice")] {
        let texts = world.texts(who, with);
        assert_eq!(texts, ["hello", "Tip of 0.01 ETH"], "{what}");
    }
    assert_eq!(world.waiting("alice"), 0);
    assert!(world.are_keys_used_once());
    let crashed = world.is_crash_over(who);
    (world, crashed)
}

fn every_step(who: &'static str, reloads: bool, hasty: bool) {
    let mut step = 0;
    while story(who, step, reloads, hasty).1 {
        step += 1;
    }
    assert!(step > 15, "the story has many steps: {step}");
}

#[test]
fn of_alice_and_her_page() {
    every_step("alice", true, false);
}

#[test]
fn of_alice_and_her_page_and_she_is_hasty() {
    every_step("alice", true, true);
}

#[test]
fn of_alices_worker_alone() {
    every_step("alice", false, false);
}

#[test]
fn of_bob() {
    every_step("bob", true, false);
}

#[test]
fn an_answer_to_the_worker_before_is_not_lost() {
    let (mut world, chain) = World::friends(261, &["alice", "bob"]);
    world.reloads = false;
    world.server.borrow_mut().blind = true;
    world.hand("alice", crate::support::page::Hand::Think);
    let id = world.tip("alice", "bob");
    let (number, call) = world.page("alice").prompts.pop().unwrap();
    world.crash("alice");
    world.run();
    let hash = chain.borrow_mut().send(&call);
    let answer = Ok(bridge::WalletAnswer::Sent(hash));
    world.command("alice", Command::Wallet { number, answer });
    assert_eq!(world.tip_view("alice", "bob", id).unwrap().hash, Some(hash));
    assert_eq!(world.page("alice").sends().len(), 1);
}

#[test]
fn a_draft_that_was_left_over_opens_no_prompt_by_itself() {
    let (mut world, _) = World::friends(262, &["alice", "bob"]);
    let twist: crate::support::page::Twist = Box::new(|_, _| None);
    world.page("alice").twist = Some(twist);
    let id = world.tip("alice", "bob");
    world.page("alice").twist = None;
    world.crash("alice");
    world.pass(60_000);
    assert_eq!(world.tip_view("alice", "bob", id).unwrap().state, TxState::Waiting);
    assert!(world.page("alice").sends().is_empty(), "nobody asked for it");
    world.command("alice", Command::TxAgain { id });
    assert_eq!(world.page("alice").sends().len(), 1);
    world.mine(u64::from(BLOCKS));
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
}
