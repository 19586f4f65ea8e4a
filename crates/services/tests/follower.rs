//! What a socket is given: everything, in order, without gaps, however it comes.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::{collections::HashMap, time::Duration};

use common::{Here, Person, commit, message, person, site, topic};
use protocol::{ErrorCode, Seq, ServerFrame, Topic, codec, limits};
use services::{delivery::Follower, push::Push};
use sqlx::PgPool;

const T: Topic = Topic([9; 32]);

async fn alice_and_bob(pool: PgPool) -> (Here, Person, Person) {
    let here = site(pool).await;
    let (alice, bob) = (person(1), person(2));
    alice.sign_in(&here).await;
    bob.sign_in(&here).await;
    here.services
        .delivery
        .publish(alice.installation(), commit(T, 1, 0, &[bob.installation()], &[]))
        .await
        .unwrap();
    (here, alice, bob)
}

async fn next(follower: &mut Follower) -> Push {
    let push = tokio::time::timeout(Duration::from_secs(30), follower.next())
        .await
        .expect("a push");
    if let Push::Envelopes { topic, envelopes } = &push {
        assert!(!envelopes.is_empty() && envelopes.len() <= limits::PAGE);
        codec::encode(&ServerFrame::Envelopes {
            topic: *topic,
            envelopes: envelopes.clone(),
        })
        .expect("one frame");
    }
    push
}

/// Everything up to this place of the topic, checked to come without gaps from behind the cursor.
async fn up_to(follower: &mut Follower, mut cursor: u64, last: u64) {
    while cursor < last {
        if let Push::Envelopes { envelopes, .. } = next(follower).await {
            for envelope in envelopes {
                assert_eq!(envelope.seq.0, cursor + 1);
                cursor += 1;
            }
        }
    }
    assert_eq!(cursor, last);
}

#[sqlx::test]
async fn the_log_first_then_live(pool: PgPool) {
    let (here, alice, bob) = alice_and_bob(pool).await;
    let delivery = &here.services.delivery;
    for number in 0..120 {
        delivery
            .publish(alice.installation(), message(T, 10 + number, 1, b"x"))
            .await
            .unwrap();
    }
    let mut follower = delivery.follow(bob.installation());
    follower.add(T, Seq(1));
    up_to(&mut follower, 1, 121).await;
    assert_eq!(
        next(&mut follower).await,
        Push::CaughtUp {
            topic: T,
            head: Seq(121)
        }
    );

    let stored = delivery
        .publish(alice.installation(), message(T, 500, 1, b"live"))
        .await
        .unwrap();
    let Push::Envelopes { envelopes, .. } = next(&mut follower).await else {
        panic!("an envelope")
    };
    assert_eq!(
        (envelopes.len(), envelopes[0].seq, envelopes[0].at),
        (1, stored.seq, stored.at)
    );

    // Asked again from an older place, it begins there.
    follower.add(T, Seq(100));
    up_to(&mut follower, 100, 122).await;
    assert_eq!(
        next(&mut follower).await,
        Push::CaughtUp {
            topic: T,
            head: Seq(122)
        }
    );
}

#[sqlx::test]
async fn who_is_slow_loses_nothing(pool: PgPool) {
    let (here, alice, bob) = alice_and_bob(pool).await;
    let delivery = &here.services.delivery;
    let mut follower = delivery.follow(bob.installation());
    follower.add(T, Seq(1));
    assert_eq!(next(&mut follower).await, Push::CaughtUp { topic: T, head: Seq(1) });
    // Far more than the queue of a socket holds, while nobody asks for the next.
    let many = limits::SOCKET_QUEUE as u64 * 3;
    let writer = delivery.writer(alice.installation());
    let mut pending = Vec::new();
    for number in 0..many {
        pending.push(writer.submit(message(T, 10 + number, 1, b"x")).await.unwrap());
    }
    for one in pending {
        one.await.unwrap();
    }
    up_to(&mut follower, 1, 1 + many).await;
}

#[sqlx::test]
async fn reading_while_others_write(pool: PgPool) {
    let (here, alice, bob) = alice_and_bob(pool).await;
    let delivery = here.services.delivery.clone();
    let mut follower = delivery.follow(bob.installation());
    follower.add(T, Seq(1));
    let writer = tokio::spawn(async move {
        for number in 0..700_u64 {
            let payload = vec![7; usize::try_from(number * 37 % 40_000 + 1).unwrap()];
            delivery
                .publish(alice.installation(), message(T, 10 + number, 1, &payload))
                .await
                .unwrap();
        }
    });
    // Dropped and asked again all the time, as a socket's loop does.
    let mut cursor = 1;
    while cursor < 701 {
        let Ok(forward) = tokio::time::timeout(Duration::from_millis(1), next(&mut follower)).await else {
            continue;
        };
        if let Push::Envelopes { envelopes, .. } = forward {
            for envelope in envelopes {
                assert_eq!(envelope.seq.0, cursor + 1);
                cursor += 1;
            }
        }
    }
    writer.await.unwrap();
}

#[sqlx::test]
async fn invitations_come_to_the_inbox_and_removal_ends_the_topic(pool: PgPool) {
    let (here, alice, bob) = alice_and_bob(pool).await;
    let delivery = &here.services.delivery;
    let inbox = bob.installation().inbox();
    let mut follower = delivery.follow(bob.installation());
    follower.add(inbox, Seq(1));
    follower.add(T, Seq(1));
    let mut caught_up = HashMap::new();
    for _ in 0..2 {
        let Push::CaughtUp { topic, head } = next(&mut follower).await else {
            panic!("nothing stands behind")
        };
        caught_up.insert(topic, head);
    }
    assert_eq!(caught_up, HashMap::from([(inbox, Seq(1)), (T, Seq(1))]));

    delivery
        .publish(alice.installation(), commit(topic(8), 2, 0, &[bob.installation()], &[]))
        .await
        .unwrap();
    let Push::Envelopes { topic, .. } = next(&mut follower).await else {
        panic!("an invitation")
    };
    assert_eq!(topic, inbox);

    let remove = commit(T, 3, 1, &[], &[bob.installation()]);
    delivery.publish(alice.installation(), remove).await.unwrap();
    let Push::Envelopes { envelopes, .. } = next(&mut follower).await else {
        panic!("the commit")
    };
    assert_eq!(envelopes[0].seq, Seq(2));
    let gone = Push::NotSubscribed {
        topic: T,
        code: ErrorCode::NotAMember,
    };
    assert_eq!(next(&mut follower).await, gone);
    assert_eq!(follower.len(), 1);
    // The same from the log, and for what was never his.
    let mut later = delivery.follow(bob.installation());
    later.add(T, Seq(1));
    up_to(&mut later, 1, 2).await;
    assert_eq!(next(&mut later).await, Push::CaughtUp { topic: T, head: Seq(2) });
    assert_eq!(next(&mut later).await, gone);
    later.add(alice.installation().inbox(), Seq(0));
    let not_his = Push::NotSubscribed {
        topic: alice.installation().inbox(),
        code: ErrorCode::NotAMember,
    };
    assert_eq!(next(&mut later).await, not_his);
    later.add(inbox, Seq(99));
    let ahead = Push::NotSubscribed {
        topic: inbox,
        code: ErrorCode::CursorAhead,
    };
    assert_eq!(next(&mut later).await, ahead);
}

#[sqlx::test]
async fn a_large_log_goes_in_frames_that_fit(pool: PgPool) {
    let (here, alice, bob) = alice_and_bob(pool).await;
    let delivery = &here.services.delivery;
    for number in 0..6 {
        let payload = vec![7; limits::PAYLOAD - 7 * number];
        delivery
            .publish(alice.installation(), message(T, 10 + number as u64, 1, &payload))
            .await
            .unwrap();
    }
    let mut follower = delivery.follow(bob.installation());
    follower.add(T, Seq(1));
    up_to(&mut follower, 1, 7).await;
}

#[sqlx::test]
async fn many_invitations_at_once_come_in_order(pool: PgPool) {
    let (here, alice, bob) = alice_and_bob(pool).await;
    let delivery = &here.services.delivery;
    let inbox = bob.installation().inbox();
    let mut follower = delivery.follow(bob.installation());
    follower.add(inbox, Seq(1));
    assert_eq!(
        next(&mut follower).await,
        Push::CaughtUp {
            topic: inbox,
            head: Seq(1)
        }
    );
    // Committed side by side, so that the news of one may overtake the other's.
    for number in 20..120 {
        let (delivery, alice) = (delivery.clone(), alice.installation());
        let first = commit(topic(number), 1000 + u64::from(number), 0, &[bob.installation()], &[]);
        tokio::spawn(async move { delivery.publish(alice, first).await.unwrap() });
    }
    up_to(&mut follower, 1, 101).await;
}

/// One message stands behind the invitation, and Bob has not read it.
async fn one_to_read(pool: PgPool) -> (Here, Follower) {
    let (here, alice, bob) = alice_and_bob(pool).await;
    let delivery = &here.services.delivery;
    delivery
        .publish(alice.installation(), message(T, 10, 1, b"x"))
        .await
        .unwrap();
    let mut follower = delivery.follow(bob.installation());
    follower.add(T, Seq(1));
    (here, follower)
}

#[sqlx::test]
async fn a_page_whose_query_is_cancelled_is_read_again(pool: PgPool) {
    let (_here, mut follower) = one_to_read(pool.clone()).await;
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("lock table envelopes in access exclusive mode")
        .execute(&mut *lock)
        .await
        .unwrap();
    let reading = tokio::spawn(async move {
        up_to(&mut follower, 1, 2).await;
    });
    let cancel = "select count(pg_cancel_backend(pid)) from pg_stat_activity
                  where datname = current_database() and wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(cancel).fetch_one(&pool).await.unwrap() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    lock.rollback().await.unwrap();
    reading.await.unwrap();
}

#[sqlx::test]
async fn a_defect_that_stays_is_said(pool: PgPool) {
    let (_here, mut follower) = one_to_read(pool.clone()).await;
    sqlx::query("alter table envelopes rename to elsewhere")
        .execute(&pool)
        .await
        .unwrap();
    let given_up = Push::NotSubscribed {
        topic: T,
        code: ErrorCode::Internal,
    };
    assert_eq!(next(&mut follower).await, given_up);
    assert!(follower.is_empty());
    // Asked for again once it is mended, everything comes.
    sqlx::query("alter table elsewhere rename to envelopes")
        .execute(&pool)
        .await
        .unwrap();
    follower.add(T, Seq(1));
    up_to(&mut follower, 1, 2).await;
}
