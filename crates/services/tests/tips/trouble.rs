//! What a node has no answer to, and a node that is of two minds: others go on, and it is asked no more than before.

use std::{sync::atomic::Ordering, time::Duration};

use protocol::{ObservedStatus, TxHash};
use services::{jobs::Backoff, tx::PollPolicy};
use sqlx::PgPool;
use tokio::time::timeout;

use crate::{
    minds::Mix,
    node::{Mood, Stumble},
    world::{World, eventually, is, mined, policy, somebody, told},
};

const ID: u64 = 31_337;
const STUMBLES: [Stumble; 4] = [Stumble::Refuses, Stumble::Babbles, Stumble::Floods, Stumble::HangsUp];

#[sqlx::test]
async fn a_transaction_the_node_has_no_answer_to_keeps_nobody_elses_from_being_looked_at(pool: PgPool) {
    let mut world = World::new(pool).await;
    let sender = world.account(1);
    for (number, how) in (0..).zip(STUMBLES) {
        // Before all others, in whatever order they are looked at.
        let named = TxHash([number; 32]);
        world.node.becomes(Mood::Stumbles(how, named)).await;
        let stumbled = world.node.stumbled.load(Ordering::SeqCst);
        let mut stranger = world.listen(somebody(8));
        let never = world.id();
        let answer = stranger.asker().ask(ID, sender, never, Some(named)).await.unwrap();
        assert_eq!(answer.status, ObservedStatus::Unknown, "{how:?}");
        eventually("it is looked at", async || {
            world.node.stumbled.load(Ordering::SeqCst) > stumbled
        })
        .await;

        let (id, hash) = world.tip(1, somebody(1), 500).await;
        let mut listener = world.listen(somebody(9));
        listener.asker().ask(ID, sender, id, Some(hash)).await.unwrap();
        told(&mut listener, id, "it waits", is(ObservedStatus::Pending)).await;
        // Not only what is new is looked at: so is what was looked at before, several times.
        world.anvil.drop_transaction(hash).await;
        told(&mut listener, id, "it is dropped", is(ObservedStatus::Dropped)).await;

        // It is not given up for ever.
        world.node.be(Mood::Honest);
        told(&mut stranger, never, "nobody knows it", is(ObservedStatus::Dropped)).await;
    }
}

#[sqlx::test]
async fn what_was_seen_of_a_transaction_stays_while_the_node_has_no_answer_to_it(pool: PgPool) {
    let mut world = World::new(pool).await;
    let sender = world.account(1);
    for how in STUMBLES {
        let (id, hash) = world.tip(1, somebody(1), 500).await;
        let mut listener = world.listen(somebody(9));
        listener.asker().ask(ID, sender, id, Some(hash)).await.unwrap();
        told(&mut listener, id, "it waits", is(ObservedStatus::Pending)).await;
        world.node.becomes(Mood::Stumbles(how, hash)).await;
        let silence = timeout(policy().forgotten.1 * 2, listener.next()).await;
        assert!(silence.is_err(), "{how:?}: {silence:?}");
        // What stands is the contract's word, not the node's about a transaction.
        world.anvil.mine(1).await;
        told(&mut listener, id, "it is in a block", mined(1)).await;
        world.node.be(Mood::Honest);
    }
    world.caught_up().await;
    world.compare("at the end").await;
}

/// Until the node is not asked any more: a turn is over, and the next is far away.
async fn turn_is_over(world: &World) {
    let mut last = 0;
    eventually("the turn is over", async || {
        let now = world.node.asked.load(Ordering::SeqCst);
        let over = now > 0 && now == last;
        last = now;
        tokio::time::sleep(Duration::from_millis(300)).await;
        over
    })
    .await;
}

#[sqlx::test]
async fn a_node_that_is_gone_is_not_taken_for_one_that_stumbles(pool: PgPool) {
    let mut world = World::new(pool).await;
    world.caught_up().await;
    world.in_no_hurry();
    turn_is_over(&world).await;
    world.node.becomes(Mood::Gone).await;
    let (id, hash) = world.tip(1, somebody(1), 500).await;
    let mut listener = world.listen(somebody(9));
    let sender = world.account(1);
    listener.asker().ask(ID, sender, id, Some(hash)).await.unwrap();
    let silence = timeout(Duration::from_millis(500), listener.next()).await;
    assert!(silence.is_err(), "nobody can know: {silence:?}");
    // A node that was unreachable is polled again soon, even under a slow poll policy.
    world.node.be(Mood::Honest);
    told(&mut listener, id, "it waits", is(ObservedStatus::Pending)).await;
}

/// A node of two minds is asked less than this in one turn; one that is asked for as long as a turn may go on, more.
const FEW: u64 = 100;

#[sqlx::test]
async fn a_node_that_contradicts_itself_is_asked_a_few_times_and_then_waited_for(pool: PgPool) {
    let mut world = World::new(pool).await;
    let sender = world.account(1);
    let hour = Duration::from_hours(1);
    let mixes: [fn(u64) -> Mix; 2] = [|_| Mix::Newest, |head| Mix::Turns(head - 3)];
    for mix in mixes {
        world.anvil.mine(6).await;
        world.caught_up().await;
        world.stop();
        world.tip(1, somebody(1), 5).await;
        world.anvil.mine(2).await;
        let mix = mix(world.anvil.head().await.0);
        world.node.becomes(Mood::Torn(mix)).await;

        // One turn, and no other after it.
        let before = world.node.asked.load(Ordering::SeqCst);
        let asked = |world: &World| world.node.asked.load(Ordering::SeqCst) - before;
        world.with_policy(PollPolicy {
            every: Some(hour),
            backoff: Backoff {
                first: hour,
                last: hour,
            },
            ..policy()
        });
        turn_is_over(&world).await;
        let once = asked(&world);
        assert!((1..FEW).contains(&once), "{mix:?}: {once} questions in one turn");

        // It is trouble, from which it is waited for, and not as if all had been read.
        world.in_no_hurry();
        eventually("it is asked again", async || asked(&world) > 4 * FEW).await;
        let (id, hash) = world.tip(1, somebody(1), 7).await;
        let mut listener = world.listen(somebody(9));
        listener.asker().ask(ID, sender, id, Some(hash)).await.unwrap();
        world.anvil.mine(1).await;
        world.node.be(Mood::Honest);
        told(&mut listener, id, "it is in a block", mined(1)).await;
        world.caught_up().await;
        world.compare(&format!("after {mix:?}")).await;
        world.restart();
    }
}
