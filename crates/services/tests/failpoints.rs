//! A defect in the middle: what was acknowledged is stored, in order, and once. The failpoints belong to the process, so these tests have
//! one of their own, and take turns.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::time::Duration;

use common::{alice_and_bob, message};
use failpoint::{FailScenario, set};
use protocol::{ErrorCode, Seq};
use services::{
    failpoints::{PAGE, STORE, STORED},
    push::Push,
};
use sqlx::PgPool;

/// The next ones that come to this point panic.
fn panic_at(point: &str, times: u32) {
    set(point, &format!("{times}*panic")).unwrap();
}

async fn waiting_for_a_lock(pool: &PgPool) {
    let waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waits).fetch_one(pool).await.unwrap() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[sqlx::test]
async fn a_defect_in_one_batch_is_the_matter_of_the_one_to_blame(pool: PgPool) {
    let scenario = FailScenario::setup();
    let (here, alice, bob, topic) = alice_and_bob(pool.clone()).await;
    let delivery = &here.services.delivery;
    let say = |number| message(topic, number, 1, b"x");
    // The first waits for the topic; what comes meanwhile becomes one batch behind it.
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("select 1 from topics for update")
        .execute(&mut *lock)
        .await
        .unwrap();
    let first = delivery.writer(bob.installation()).submit(say(10)).await.unwrap();
    waiting_for_a_lock(&pool).await;
    let hers = delivery.writer(alice.installation());
    let mut pending = Vec::new();
    for number in 11..40 {
        pending.push(hers.submit(say(number)).await.unwrap());
    }
    // Both meet a defect once, the second of them when it stands already.
    panic_at(STORE, 1);
    panic_at(STORED, 1);
    lock.rollback().await.unwrap();
    // Alone, and known to stand nowhere: a refusal.
    assert_eq!(first.await, Err(ErrorCode::Internal));
    // Together: each is found where it stands.
    for (place, one) in (2..).zip(pending) {
        assert_eq!(one.await.unwrap().seq, Seq(place));
    }
    let page = delivery
        .read(alice.installation(), topic, Seq(0), usize::MAX)
        .await
        .unwrap();
    let places = page.envelopes.iter().map(|envelope| envelope.seq.0);
    assert!(places.eq(1..=30));
    // Alone, and it may stand: nobody is told that it does not.
    panic_at(STORED, 1);
    let told = delivery.publish(bob.installation(), say(50)).await;
    assert_eq!(told, Err(ErrorCode::Unavailable));
    let again = delivery.publish(bob.installation(), say(50)).await;
    assert_eq!(again.unwrap().seq, Seq(31));
    scenario.teardown();
}

#[sqlx::test]
async fn a_defect_that_passes_is_read_over(pool: PgPool) {
    let scenario = FailScenario::setup();
    let (here, alice, bob, topic) = alice_and_bob(pool).await;
    let delivery = &here.services.delivery;
    delivery
        .publish(alice.installation(), message(topic, 10, 1, b"x"))
        .await
        .unwrap();
    panic_at(PAGE, 3);
    let mut follower = delivery.follow(bob.installation());
    follower.add(topic, Seq(1));
    let mut next = async || {
        tokio::time::timeout(Duration::from_secs(30), follower.next())
            .await
            .unwrap()
    };
    let envelopes = next().await;
    assert!(matches!(envelopes, Push::Envelopes { envelopes, .. } if envelopes.len() == 1));
    assert_eq!(next().await, Push::CaughtUp { topic, head: Seq(2) });
    scenario.teardown();
}
