//! Two servers on one database: who follows a topic at one of them gets what is written at the other.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::time::Duration;

use common::{Here, Person, commit, id, message, person, person_with, site, topic};
use futures::future::join_all;
use protocol::{MessageId, Seq, Topic, limits};
use services::{
    delivery::{Follower, Stored},
    push::{Push, Subscription},
};
use sqlx::PgPool;
use uuid::Uuid;

const T: Topic = Topic([9; 32]);

/// Alice and Bob in a conversation, and two servers.
async fn nodes(pool: PgPool) -> (Here, Here, Person) {
    let (here, there) = (site(pool.clone()).await, site(pool).await);
    let (alice, bob) = (person(1), person(2));
    alice.sign_in(&here).await;
    bob.sign_in(&here).await;
    let founding = commit(T, 1, 0, &[bob.installation()], &[]);
    here.services
        .delivery
        .publish(alice.installation(), founding)
        .await
        .unwrap();
    (here, there, alice)
}

async fn next(follower: &mut Follower) -> Push {
    tokio::time::timeout(Duration::from_secs(30), follower.next())
        .await
        .expect("something to forward")
}

/// Everything up to this place, without gaps; what is between envelopes does not matter.
async fn up_to(follower: &mut Follower, mut cursor: u64, last: u64) {
    while cursor < last {
        if let Push::Envelopes { envelopes, .. } = next(follower).await {
            for envelope in envelopes {
                assert_eq!(envelope.seq.0, cursor + 1);
                cursor += 1;
            }
        }
    }
}

async fn live(follower: &mut Follower) {
    while !matches!(next(follower).await, Push::CaughtUp { .. }) {}
}

async fn say(here: &Here, alice: &Person, number: u64) {
    here.services
        .delivery
        .publish(alice.installation(), message(T, number, 1, b"x"))
        .await
        .unwrap();
}

#[sqlx::test]
async fn what_is_written_at_one_is_followed_at_the_other(pool: PgPool) {
    let (here, there, alice) = nodes(pool).await;
    here.share();
    there.share();
    let mut follower = there.services.delivery.follow(person(2).installation());
    follower.add(T, Seq(1));
    live(&mut follower).await;
    say(&here, &alice, 10).await;
    up_to(&mut follower, 1, 2).await;
    // Turn by turn, so that what is written here is never the next of what was heard here.
    for number in 0..40 {
        say(if number % 3 == 0 { &there } else { &here }, &alice, 100 + number).await;
    }
    up_to(&mut follower, 2, 42).await;
}

#[sqlx::test]
async fn a_server_that_dies_before_it_could_tell_is_noticed(pool: PgPool) {
    let (here, there, alice) = nodes(pool).await;
    // This one tells nobody anything.
    there.share();
    let mut follower = there.services.delivery.follow(person(2).installation());
    follower.add(T, Seq(1));
    live(&mut follower).await;
    say(&here, &alice, 10).await;
    up_to(&mut follower, 1, 2).await;
}

#[sqlx::test]
async fn one_that_reads_further_does_not_keep_it_from_the_others(pool: PgPool) {
    let (here, there, alice) = nodes(pool).await;
    there.share();
    let mut first = there.services.delivery.follow(person(2).installation());
    first.add(T, Seq(1));
    live(&mut first).await;
    say(&here, &alice, 10).await;
    // The second learns of place 2 by reading, before any look at the topic.
    let mut second = there.services.delivery.follow(alice.installation());
    second.add(T, Seq(1));
    up_to(&mut second, 1, 2).await;
    up_to(&mut first, 1, 2).await;
}

#[sqlx::test]
async fn a_lost_connection_is_made_again_and_nothing_is_missed(pool: PgPool) {
    let (here, there, alice) = nodes(pool.clone()).await;
    here.share();
    there.share();
    let mut follower = there.services.delivery.follow(person(2).installation());
    follower.add(T, Seq(1));
    live(&mut follower).await;
    for round in 0..3 {
        let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                   where datname = current_database() and query ilike 'listen%'";
        let _: i64 = sqlx::query_scalar(cut).fetch_one(&pool).await.unwrap();
        say(&here, &alice, 10 + round).await;
        up_to(&mut follower, 1 + round, 2 + round).await;
    }
}

#[sqlx::test]
async fn whatever_is_tried_often_at_both_servers_has_one_effect(pool: PgPool) {
    let (here, there, alice) = nodes(pool).await;
    let (bob, carol) = (person(2).installation(), person(3));
    carol.sign_in(&here).await;
    let nodes = [&here, &there].map(|node| node.services.delivery.clone());
    let all = async |topic: Topic, reader| {
        let page = nodes[0].read(reader, topic, Seq(0), usize::MAX).await;
        page.unwrap().envelopes
    };
    // Each once or up to 50 times, at once and at both, every attempt with other bytes. Every fifth is a commit, every tenth one
    // makes a conversation with an invitation in it.
    let mut newest = 1;
    let mut made = 0;
    for number in 0..60_u64 {
        let attempts = 1 + number * 7 % 50;
        let tried = (0..attempts).map(|attempt| {
            let mut publish = match number % 10 {
                0 => commit(
                    topic(100 + u8::try_from(number).unwrap()),
                    1_000 + number,
                    0,
                    &[carol.installation()],
                    &[],
                ),
                5 => commit(T, 1_000 + number, newest, &[], &[]),
                _ => message(T, 1_000 + number, newest, b""),
            };
            publish.payload = format!("{number}, attempt {attempt}").into_bytes();
            let node = nodes[usize::try_from((number + attempt) % 2).unwrap()].clone();
            let alice = alice.installation();
            tokio::spawn(async move { node.publish(alice, publish).await })
        });
        let answers: Vec<Stored> = join_all(tried)
            .await
            .into_iter()
            .map(|one| one.unwrap().unwrap())
            .collect();
        assert!(
            answers.iter().all(|answer| *answer == answers[0]),
            "one place for all attempts"
        );
        match number % 10 {
            0 => made += 1,
            5 => newest = answers[0].seq.0,
            _ => {}
        }
    }
    let log = all(T, alice.installation()).await;
    let ids: Vec<MessageId> = log.iter().skip(1).map(|envelope| envelope.id).collect();
    let once = (0..60)
        .filter(|number| number % 10 != 0)
        .map(|number| id(1_000 + number));
    assert_eq!(ids, once.collect::<Vec<_>>(), "each stands once, in order");
    assert_eq!(
        all(carol.installation().inbox(), carol.installation()).await.len(),
        made
    );
    assert_eq!(all(bob.inbox(), bob).await.len(), 1);
}

/// The next account of which is told that its installations have changed.
async fn changed(subscription: &mut Subscription) -> protocol::Address {
    let push = tokio::time::timeout(Duration::from_secs(30), subscription.next()).await;
    match push.expect("a push") {
        Push::Installations { account } => account,
        other => panic!("{other:?}"),
    }
}

fn subscribe(node: &Here) -> Subscription {
    node.services.notifier.subscribe(Uuid::nil())
}

#[sqlx::test]
async fn who_asked_about_an_account_hears_of_its_new_installations_at_every_server(pool: PgPool) {
    let (here, there, alice) = nodes(pool).await;
    here.share();
    there.share();
    let mut subscriptions = [&here, &there].map(|node| {
        let mut subscription = subscribe(node);
        subscription.watch(alice.address());
        subscription
    });
    let new = person_with(1, 11);
    new.sign_in(&here).await;
    for subscription in &mut subscriptions {
        assert_eq!(changed(subscription).await, alice.address());
    }
}

#[sqlx::test]
async fn only_what_is_new_of_an_account_is_heard(pool: PgPool) {
    let (here, _, alice) = nodes(pool).await;
    let (new, bob) = (person_with(1, 11), person(2));
    let mut subscription = subscribe(&here);
    subscription.watch(alice.address());
    subscription.watch(bob.address());
    new.sign_in(&here).await;
    assert_eq!(changed(&mut subscription).await, alice.address());
    // Now it can be added to conversations.
    let give = async |person: &Person| {
        let directory = &here.services.directory;
        let given = directory.publish_key_packages(person.installation(), &[b"key package"], None);
        given.await.unwrap()
    };
    give(&new).await;
    assert_eq!(changed(&mut subscription).await, alice.address());
    // More of the same, a known browser that signs in again, a stranger: nothing to hear of.
    give(&new).await;
    new.sign_in(&here).await;
    person(3).sign_in(&here).await;
    give(&bob).await;
    assert_eq!(changed(&mut subscription).await, bob.address());
}

#[sqlx::test]
async fn of_too_many_accounts_the_last_ones_are_watched(pool: PgPool) {
    let (here, ..) = nodes(pool).await;
    let mut subscription = subscribe(&here);
    let account = |number: usize| {
        let mut bytes = [0; 20];
        bytes[..8].copy_from_slice(&number.to_be_bytes());
        protocol::Address::from(bytes)
    };
    for number in 0..=limits::ACCOUNTS_WATCHED {
        subscription.watch(account(number));
    }
    for number in [0, 1, limits::ACCOUNTS_WATCHED] {
        here.services.notifier.installations_changed(account(number));
    }
    assert_eq!(changed(&mut subscription).await, account(1));
    assert_eq!(changed(&mut subscription).await, account(limits::ACCOUNTS_WATCHED));
}
