//! Plain transfers: the same life of a transaction, without a tip, a message or a contract.

use bridge::{Command, Event, TipRefusal, TxState, WalletAnswer, WalletRefusal, WalletRequest, Witness};
use protocol::{Address, ObservedStatus, U256};

use crate::support::{
    World,
    chain::{BLOCKS, CHAIN},
    page::Hand,
    tipping::{AMOUNT, CONFIRMED, SUBMITTED, mined},
};

const SHOP: Address = Address::repeat_byte(0x5b);
const DEVICE: Witness = Witness::Device;

#[test]
fn a_transfer_is_sent_confirmed_and_no_tip() {
    let (mut world, chain) = World::with_chain(400, &["alice"]);
    world.hand("alice", Hand::Think);
    let id = world.transfer("alice", SHOP);
    assert_eq!(
        world.transfer_state("alice", id),
        Some((TxState::Waiting, Witness::Claim))
    );
    let (number, call) = world.page("alice").prompts.pop().unwrap();
    assert_eq!((call.to, call.value, call.data.len()), (SHOP, U256::from(AMOUNT), 0));
    let hash = chain.borrow_mut().send(&call);
    let answer = Ok(WalletAnswer::Sent(hash));
    world.command("alice", Command::Wallet { number, answer });
    assert_eq!(world.transfer_state("alice", id), SUBMITTED);
    world.mine(1);
    let confirming = TxState::Confirming { done: 1, of: BLOCKS };
    assert_eq!(world.transfer_state("alice", id), Some((confirming, DEVICE)));
    world.mine(u64::from(BLOCKS));
    assert_eq!(world.transfer_state("alice", id), CONFIRMED);
    assert_eq!(world.transfer_view("alice", id).unwrap().hash, Some(hash));
    // Nothing of it is a tip: no question to the contract or the server, no message, no conversation.
    assert!(world.list("alice").is_empty());
    assert!(world.server.borrow().watched.is_empty());
    let asked = &world.page("alice").asked;
    assert!(
        !asked
            .iter()
            .any(|request| matches!(request, WalletRequest::Call { .. }))
    );
    let told = &world.people["alice"].events;
    assert!(
        !told
            .iter()
            .any(|event| matches!(event, Event::TipRefused { .. } | Event::Messages { .. }))
    );
}

#[test]
fn a_transfer_is_final_and_then_nothing_is_read_any_more() {
    let (mut world, _) = World::with_chain(401, &["alice"]);
    let id = world.transfer("alice", SHOP);
    world.mine(u64::from(BLOCKS));
    world.pass(60_000);
    assert_eq!(world.transfer_state("alice", id), CONFIRMED);
    let reads = world.page("alice").reads();
    world.pass(600_000);
    assert_eq!(world.page("alice").reads(), reads);
}

/// Alice pays a shop and dies, alone or with her page, before the n-th step; she tries again if that is offered.
fn story(step: usize, reloads: bool) -> bool {
    let (mut world, chain) = World::with_chain(402, &["alice"]);
    world.reloads = reloads;
    let begun = world.people["alice"].steps;
    world.crash_at("alice", begun + step);
    let id = world.transfer("alice", SHOP);
    world.pass(2_000);
    if world.transfer_view("alice", id).is_some_and(|view| view.hash.is_none()) {
        world.command("alice", Command::TxAgain { id });
    }
    world.mine(u64::from(BLOCKS));
    world.pass(70_000);
    let what = format!("died before step {step}, reloads: {reloads}");
    let sent = chain.borrow().sent.len();
    assert!(sent <= 1, "{what}: paid {sent} times");
    assert!(world.page("alice").prompted() <= 1 + usize::from(sent == 0), "{what}");
    let state = world.transfer_state("alice", id);
    if world.transfer_view("alice", id).is_some_and(|view| view.hash.is_some()) {
        assert_eq!(state, CONFIRMED, "{what}");
    } else if sent == 1 {
        // The answer died with the page: nothing here knows the hash, and nothing pays again.
        assert_eq!(state, Some((TxState::Waiting, Witness::Claim)), "{what}");
    }
    world.is_crash_over("alice")
}

#[test]
fn whenever_the_worker_dies_a_transfer_is_paid_once() {
    for reloads in [false, true] {
        let mut step = 0;
        while story(step, reloads) {
            step += 1;
        }
        assert!(step > 4, "the story has steps: {step}");
    }
}

#[test]
fn a_transfer_whose_answer_was_lost_is_not_prompted_for_again_and_can_be_put_away() {
    let (mut world, chain) = World::with_chain(403, &["alice"]);
    world.hand("alice", Hand::ApproveAndLose);
    let id = world.transfer("alice", SHOP);
    world.crash("alice");
    world.pass(60_000);
    world.hand("alice", Hand::Approve);
    for _ in 0..3 {
        world.command("alice", Command::TxAgain { id });
    }
    assert_eq!((world.page("alice").prompted(), chain.borrow().sent.len()), (1, 1));
    world.command("alice", Command::TxDrop { id });
    assert_eq!(world.transfer_view("alice", id), None);
    world.crash("alice");
    world.run();
    assert_eq!(world.transfer_view("alice", id), None, "it stays away");
}

#[test]
fn an_answer_to_the_worker_before_is_not_lost() {
    let (mut world, chain) = World::with_chain(404, &["alice"]);
    world.reloads = false;
    world.hand("alice", Hand::Think);
    let id = world.transfer("alice", SHOP);
    let (number, call) = world.page("alice").prompts.pop().unwrap();
    world.crash("alice");
    world.run();
    let hash = chain.borrow_mut().send(&call);
    let answer = Ok(WalletAnswer::Sent(hash));
    world.command("alice", Command::Wallet { number, answer });
    assert_eq!(world.transfer_view("alice", id).unwrap().hash, Some(hash));
    assert_eq!(world.page("alice").prompted(), 1);
}

#[test]
fn a_block_that_is_taken_back_is_noticed() {
    let (mut world, chain) = World::with_chain(405, &["alice"]);
    let id = world.transfer("alice", SHOP);
    world.mine(u64::from(BLOCKS));
    assert_eq!(world.transfer_state("alice", id), CONFIRMED);
    chain.borrow_mut().reorg(u64::from(BLOCKS), false);
    world.server.borrow_mut().tell_of_tips();
    world.pass(20_000);
    assert_eq!(world.transfer_state("alice", id).unwrap().0, TxState::Submitted);
    world.mine(u64::from(BLOCKS));
    assert_eq!(world.transfer_state("alice", id), CONFIRMED);
    // And once more, and the nodes forget it.
    chain.borrow_mut().reorg(u64::from(BLOCKS), true);
    world.server.borrow_mut().tell_of_tips();
    world.pass(60_000);
    assert_eq!(world.transfer_state("alice", id), Some((TxState::Dropped, DEVICE)));
}

#[test]
fn one_that_is_cancelled_in_the_wallet_is_replaced() {
    let (mut world, chain) = World::with_chain(406, &["alice"]);
    let id = world.transfer("alice", SHOP);
    let hash = world.transfer_view("alice", id).unwrap().hash.unwrap();
    chain.borrow_mut().replace(hash, false);
    world.mine(u64::from(BLOCKS));
    world.pass(20_000);
    assert_eq!(world.transfer_state("alice", id), Some((TxState::Replaced, DEVICE)));
    assert_eq!(world.transfer_view("alice", id).unwrap().hash, Some(hash));
}

#[test]
fn one_that_is_sped_up_in_the_wallet_is_the_same_payment_under_another_hash() {
    let (mut world, chain) = World::with_chain(407, &["alice"]);
    let id = world.transfer("alice", SHOP);
    let hash = world.transfer_view("alice", id).unwrap().hash.unwrap();
    // This device must have read its nonce.
    world.pass(5_000);
    let other = chain.borrow_mut().replace(hash, true);
    world.mine(u64::from(BLOCKS));
    world.pass(60_000);
    assert_eq!(world.transfer_state("alice", id), CONFIRMED);
    assert_eq!(world.transfer_view("alice", id).unwrap().hash, Some(other));
}

#[test]
fn what_would_not_go_through_is_not_prompted_for() {
    let (mut world, chain) = World::with_chain(408, &["alice"]);
    chain.borrow_mut().refusing.insert(SHOP, Vec::new());
    let id = world.transfer("alice", SHOP);
    assert_eq!(
        world.transfer_refusals("alice"),
        [(TipRefusal::WouldRevert(None), false)]
    );
    assert_eq!(world.transfer_view("alice", id), None);
    chain.borrow_mut().refusing.clear();
    world.page("alice").balance = U256::from(AMOUNT);
    world.transfer("alice", SHOP);
    assert_eq!(
        world.transfer_refusals("alice")[1],
        (TipRefusal::NotEnough, false),
        "the fee"
    );
    let away = world.page("alice");
    away.balance = U256::from(AMOUNT) * U256::from(9);
    away.chain_id = CHAIN + 1;
    world.transfer("alice", SHOP);
    let elsewhere = TipRefusal::Wallet(WalletRefusal::WrongChain);
    assert_eq!(world.transfer_refusals("alice")[2], (elsewhere, false));
    assert_eq!(world.page("alice").prompted(), 0);
    let mut refused = |to, chain_id, amount: u64| {
        let (id, amount) = (world.fresh_id(), U256::from(amount));
        world.command(
            "alice",
            Command::Transfer {
                id,
                chain_id,
                to,
                amount,
            },
        );
        world.transfer_refusals("alice").last().unwrap().clone()
    };
    assert_eq!(refused(SHOP, CHAIN, 0), (TipRefusal::Nothing, false));
    assert_eq!(refused(SHOP, 5, 1), (TipRefusal::OtherChain(5), false));
    let alice = world.address("alice");
    world.command(
        "alice",
        Command::Transfer {
            id: protocol::MessageId([1; 16]),
            chain_id: CHAIN,
            to: alice,
            amount: U256::ONE,
        },
    );
    assert_eq!(
        world.transfer_refusals("alice").last().unwrap().0,
        TipRefusal::OwnAccount
    );
}

#[test]
fn the_person_may_say_no() {
    let (mut world, chain) = World::with_chain(409, &["alice"]);
    world.hand("alice", Hand::Refuse(WalletRefusal::Rejected));
    let id = world.transfer("alice", SHOP);
    let no = TipRefusal::Wallet(WalletRefusal::Rejected);
    assert_eq!(world.transfer_refusals("alice"), [(no, false)]);
    assert_eq!(world.transfer_view("alice", id), None);
    // Without a clear answer it may have been sent, and waits.
    world.hand("alice", Hand::Refuse(WalletRefusal::Offline));
    let id = world.transfer("alice", SHOP);
    let unclear = (TipRefusal::Wallet(WalletRefusal::Offline), true);
    assert_eq!(world.transfer_refusals("alice")[1], unclear);
    assert_eq!(
        world.transfer_state("alice", id),
        Some((TxState::Waiting, Witness::Claim))
    );
    assert!(chain.borrow().sent.is_empty());
}

#[test]
fn a_server_that_lies_is_shown_as_the_servers_word_until_this_device_has_read() {
    let (mut world, chain) = World::with_chain(410, &["alice"]);
    world.server.borrow_mut().blind = true;
    let id = world.transfer("alice", SHOP);
    let hash = world.transfer_view("alice", id).unwrap().hash.unwrap();
    // Her wallet is elsewhere, and cannot read.
    world.switch("alice", CHAIN + 1);
    for (status, state) in [
        (ObservedStatus::Reverted, TxState::Reverted),
        (ObservedStatus::Replaced, TxState::Replaced),
        (ObservedStatus::Dropped, TxState::Dropped),
    ] {
        world.observed("alice", hash, status);
        assert_eq!(world.transfer_state("alice", id), Some((state, Witness::Server)));
    }
    world.switch("alice", CHAIN);
    chain.borrow_mut().mine(1);
    world.pass(20_000);
    let confirming = TxState::Confirming { done: 1, of: BLOCKS };
    assert_eq!(world.transfer_state("alice", id), Some((confirming, DEVICE)));
    chain.borrow_mut().mine(u64::from(BLOCKS));
    world.pass(20_000);
    world.observed("alice", hash, ObservedStatus::Dropped);
    world.pass(60_000);
    assert_eq!(world.transfer_state("alice", id), CONFIRMED);
}

#[test]
fn another_payment_that_a_lying_server_names_proves_nothing() {
    let (mut world, chain) = World::with_chain(411, &["alice", "bob"]);
    world.server.borrow_mut().blind = true;
    // Bob's, and another one of Alice's, both paid.
    let of_bob = world.transfer("bob", SHOP);
    let of_bob = world.transfer_view("bob", of_bob).unwrap().hash.unwrap();
    let before = world.transfer("alice", Address::repeat_byte(0x77));
    let before = world.transfer_view("alice", before).unwrap().hash.unwrap();
    chain.borrow_mut().mine(u64::from(BLOCKS));
    let id = world.transfer("alice", SHOP);
    let hash = world.transfer_view("alice", id).unwrap().hash.unwrap();
    world.pass(5_000);
    for other in [of_bob, before] {
        for status in [ObservedStatus::Replaced, mined(9)] {
            world.observed_as("alice", hash, other, status);
            world.pass(20_000);
            let view = world.transfer_view("alice", id).unwrap();
            assert_eq!(view.hash, Some(hash));
            assert_ne!((view.state, view.witness), (TxState::Confirmed, DEVICE), "{status:?}");
            assert_ne!((view.state, view.witness), (TxState::Replaced, DEVICE), "{status:?}");
        }
    }
    chain.borrow_mut().mine(u64::from(BLOCKS));
    world.pass(20_000);
    assert_eq!(world.transfer_state("alice", id), CONFIRMED);
}
