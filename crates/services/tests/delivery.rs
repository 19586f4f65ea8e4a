//! Logs in order: many writers, retries, commits, welcomes.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{Person, alice_and_bob, commit, id, message, person, site, topic};
use futures::future::join_all;
use protocol::{Body, ErrorCode, InstallationId, Kind, Publish, Seq, Topic, Welcome, limits};
use services::delivery::{Delivery, DeliveryError, Page, Stored};
use sqlx::PgPool;
use std::time::Duration;

async fn all(delivery: &Delivery, reader: InstallationId, topic: Topic) -> Page {
    delivery.read(reader, topic, Seq(0), usize::MAX).await.unwrap()
}

fn places(page: &Page) -> Vec<u64> {
    page.envelopes.iter().map(|envelope| envelope.seq.0).collect()
}

fn refused(result: Result<Page, DeliveryError>) -> ErrorCode {
    ErrorCode::from(&result.unwrap_err())
}

#[sqlx::test]
async fn many_writers_leave_no_gap(pool: PgPool) {
    let (here, alice, bob, topic) = alice_and_bob(pool).await;
    let delivery = &here.services.delivery;
    let writers = (0..20_u64).map(|writer| {
        let delivery = delivery.clone();
        let sender = if writer % 2 == 0 {
            alice.installation()
        } else {
            bob.installation()
        };
        tokio::spawn(async move {
            let mut last = Seq(0);
            for number in 0..25_u64 {
                let words = format!("{writer}/{number}");
                let publish = message(topic, 1000 + writer * 100 + number, 1, words.as_bytes());
                let stored = delivery.publish(sender, publish).await.unwrap();
                assert!(stored.seq > last, "one writer's messages keep their order");
                last = stored.seq;
            }
        })
    });
    for writer in join_all(writers).await {
        writer.unwrap();
    }
    let page = all(delivery, alice.installation(), topic).await;
    assert_eq!(places(&page), (1..=501).collect::<Vec<_>>());
    assert_eq!(page.head, Seq(501));
}

#[sqlx::test]
async fn a_publish_is_looked_up_by_the_index_also_where_the_log_has_grown(pool: PgPool) {
    let (here, alice, _, topic) = alice_and_bob(pool.clone()).await;
    let writer = here.services.delivery.writer(alice.installation());
    let mut number = 1000;
    let mut publish = async |many: usize| {
        let mut pending = Vec::new();
        for _ in 0..many {
            number += 1;
            pending.push(writer.submit(message(topic, number, 1, b"x")).await.unwrap());
        }
        for one in pending {
            one.await.unwrap();
        }
    };
    // In batches, and often enough that it is planned for all times, over a table that was empty.
    for _ in 0..20 {
        publish(50).await;
    }
    let looked_up = async || -> i64 {
        let count = "select idx_scan from pg_stat_user_indexes where indexrelname = 'envelopes_once'";
        sqlx::query_scalar(count).fetch_one(&pool).await.unwrap()
    };
    // Postgres counts late, and only when something is done.
    let counted = async {
        while looked_up().await < 20 * 50 {
            publish(1).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let counted = tokio::time::timeout(Duration::from_secs(20), counted).await;
    assert!(counted.is_ok(), "the index was asked {} times", looked_up().await);
}

#[sqlx::test]
async fn what_one_writer_hands_in_keeps_its_order(pool: PgPool) {
    let (here, alice, _, topic) = alice_and_bob(pool).await;
    let writer = here.services.delivery.writer(alice.installation());
    let mut pending = Vec::new();
    for number in 0..600 {
        pending.push(writer.submit(message(topic, 100 + number, 1, b"x")).await.unwrap());
    }
    for (expected, one) in (2..).zip(pending) {
        assert_eq!(one.await.unwrap().seq, Seq(expected));
    }
}

#[sqlx::test]
async fn a_retry_finds_the_first_attempt(pool: PgPool) {
    let (here, alice, bob, topic) = alice_and_bob(pool).await;
    let delivery = &here.services.delivery;
    let publish = async |sender: &Person, words: &[u8], last_commit| {
        delivery
            .publish(sender.installation(), message(topic, 7, last_commit, words))
            .await
    };
    let first = publish(&alice, b"first", 1).await.unwrap();
    here.clock.forward(60);
    // Encrypted again, the bytes differ; the id decides.
    assert_eq!(publish(&alice, b"second", 1).await.unwrap(), first);
    // The same id of somebody else is something else.
    assert_eq!(publish(&bob, b"bob", 1).await.unwrap().seq, Seq(3));
    // Also when the epoch has moved on meanwhile.
    delivery
        .publish(bob.installation(), commit(topic, 8, 1, &[], &[]))
        .await
        .unwrap();
    assert_eq!(publish(&alice, b"third", 1).await.unwrap(), first);
    // And when many try at once.
    let answers = join_all((0..50).map(|_| delivery.publish(alice.installation(), message(topic, 77, 4, b"z")))).await;
    let answers: Vec<Stored> = answers.into_iter().map(Result::unwrap).collect();
    assert!(answers.iter().all(|answer| answer.seq == Seq(5)));
    let page = all(delivery, bob.installation(), topic).await;
    assert_eq!(places(&page), [2, 3, 4, 5]);
    assert_eq!(page.envelopes[0].body, Body::Application(b"first".to_vec()));
}

#[sqlx::test]
async fn of_commits_at_once_exactly_one_wins(pool: PgPool) {
    let (here, alice, bob, topic) = alice_and_bob(pool).await;
    let delivery = &here.services.delivery;
    let mut head = 1;
    for round in 0..5_u64 {
        let attempts = (0..16_u64).map(|number| {
            let sender = if number % 2 == 0 { &alice } else { &bob }.installation();
            let delivery = delivery.clone();
            let publish = commit(topic, 100 + round * 100 + number, head, &[], &[]);
            tokio::spawn(async move { delivery.publish(sender, publish).await })
        });
        let answers: Vec<_> = join_all(attempts).await.into_iter().map(Result::unwrap).collect();
        let won: Vec<Stored> = answers.iter().filter_map(|answer| answer.ok()).collect();
        assert_eq!(won.len(), 1);
        assert!(
            answers
                .iter()
                .all(|answer| answer.is_ok() || *answer == Err(ErrorCode::StaleEpoch))
        );
        head = won[0].seq.0;
    }
    // A message on the older epoch comes back, to be encrypted again.
    let stale = delivery
        .publish(alice.installation(), message(topic, 50, head - 1, b"x"))
        .await;
    assert_eq!(stale, Err(ErrorCode::StaleEpoch));
    let ahead = delivery
        .publish(alice.installation(), message(topic, 50, head + 1, b"x"))
        .await;
    assert_eq!(ahead, Err(ErrorCode::CursorAhead));
    delivery
        .publish(alice.installation(), message(topic, 50, head, b"x"))
        .await
        .unwrap();
}

#[sqlx::test]
async fn of_first_commits_at_once_one_makes_the_conversation(pool: PgPool) {
    let here = site(pool.clone()).await;
    for number in 1..=4 {
        person(number).sign_in(&here).await;
    }
    let delivery = &here.services.delivery;
    let answers = join_all((1..=4).map(|number| {
        let delivery = delivery.clone();
        let first = commit(topic(9), u64::from(number), 0, &[], &[]);
        tokio::spawn(async move { delivery.publish(person(number).installation(), first).await })
    }))
    .await;
    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    // Who came later is no member of what is there now.
    assert!(
        answers
            .iter()
            .all(|answer| answer.is_ok() || *answer == Err(ErrorCode::NotAMember))
    );
}

#[sqlx::test]
async fn an_invitation_and_its_commit_stand_together_or_not_at_all(pool: PgPool) {
    let (here, alice, bob, _) = alice_and_bob(pool.clone()).await;
    let carol = person(3);
    let delivery = &here.services.delivery;

    // Carol is not here: neither the commit nor Bob's invitation stands, and the topic does not exist.
    let both = commit(topic(10), 2, 0, &[bob.installation(), carol.installation()], &[]);
    assert_eq!(
        delivery.publish(alice.installation(), both.clone()).await,
        Err(ErrorCode::NoSuchInstallation)
    );
    assert_eq!(
        all(delivery, bob.installation(), bob.installation().inbox())
            .await
            .envelopes
            .len(),
        1
    );
    let nothing = delivery.read(alice.installation(), topic(10), Seq(0), 10).await;
    assert_eq!(refused(nothing), ErrorCode::NoSuchTopic);
    let rows: i64 = sqlx::query_scalar("select count(*) from topics")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(rows, 3, "two inboxes and one conversation");

    carol.sign_in(&here).await;
    let stored = delivery.publish(alice.installation(), both).await.unwrap();
    let inbox = all(delivery, carol.installation(), carol.installation().inbox()).await;
    let welcome = Body::Welcome {
        topic: topic(10),
        commit: stored.seq,
        message: b"welcome".to_vec(),
    };
    assert_eq!((inbox.envelopes.len(), &inbox.envelopes[0].body), (1, &welcome));
    assert_eq!(inbox.envelopes[0].id, sequencer::welcome_id(topic(10), id(2)));
    assert_eq!(
        places(&all(delivery, bob.installation(), bob.installation().inbox()).await),
        [1, 2]
    );
    // A retry invites nobody twice.
    let again = commit(topic(10), 2, 0, &[bob.installation(), carol.installation()], &[]);
    assert_eq!(delivery.publish(alice.installation(), again).await.unwrap(), stored);
    assert_eq!(
        places(&all(delivery, bob.installation(), bob.installation().inbox()).await),
        [1, 2]
    );
}

/// One id in many new topics, each with an invitation of the same browser: nothing of it comes to a constraint of the database.
#[sqlx::test]
async fn h3_commits_of_one_id_in_many_topics_are_all_stored(pool: PgPool) {
    let (here, alice, bob, _) = alice_and_bob(pool).await;
    let delivery = &here.services.delivery;
    let before = all(delivery, bob.installation(), bob.installation().inbox())
        .await
        .envelopes
        .len();
    let publishes = (20..28).map(|number| commit(topic(number), 7, 0, &[bob.installation()], &[]));
    let stored = join_all(publishes.map(|publish| delivery.publish(alice.installation(), publish))).await;
    assert!(stored.iter().all(Result::is_ok), "{stored:?}");
    let one_by_one = delivery.publish(
        alice.installation(),
        commit(topic(28), 7, 0, &[bob.installation()], &[]),
    );
    assert!(one_by_one.await.is_ok());
    let inbox = all(delivery, bob.installation(), bob.installation().inbox()).await;
    assert_eq!(inbox.envelopes.len(), before + 9);
}

#[sqlx::test]
async fn two_nodes_invite_the_same_people_at_once(pool: PgPool) {
    let (here, alice, bob, _) = alice_and_bob(pool.clone()).await;
    let other = Delivery::start(pool, here.clock.clone(), here.services.notifier.clone())
        .await
        .unwrap();
    let carol = person(3);
    carol.sign_in(&here).await;
    let nodes = [here.services.delivery.clone(), other];
    // Each waits for rows the others lock; in one order, so that all of them come through.
    let made = join_all((20..80_u8).map(|number| {
        let node = nodes[usize::from(number / 2 % 2)].clone();
        let mut guests = vec![bob.installation(), carol.installation()];
        if number % 3 == 0 {
            guests.reverse();
        }
        let first = commit(topic(number), 1000 + u64::from(number), 0, &guests, &[]);
        let alice = alice.installation();
        tokio::spawn(async move { node.publish(alice, first).await })
    }))
    .await;
    for one in made {
        assert_eq!(one.unwrap().map(|stored| stored.seq), Ok(Seq(1)));
    }
    let inbox = async |person: &Person| all(&nodes[0], person.installation(), person.installation().inbox()).await;
    assert_eq!(places(&inbox(&bob).await), (1..=61).collect::<Vec<_>>());
    assert_eq!(places(&inbox(&carol).await), (1..=60).collect::<Vec<_>>());
}

#[sqlx::test]
async fn only_members_write_and_read(pool: PgPool) {
    let (here, alice, bob, topic) = alice_and_bob(pool).await;
    let eve = person(4);
    eve.sign_in(&here).await;
    let delivery = &here.services.delivery;
    let publish = async |sender: InstallationId, publish: Publish| delivery.publish(sender, publish).await;

    assert_eq!(
        publish(eve.installation(), message(topic, 1, 1, b"x")).await,
        Err(ErrorCode::NotAMember)
    );
    let intrusion = commit(topic, 1, 1, &[], &[alice.installation()]);
    assert_eq!(publish(eve.installation(), intrusion).await, Err(ErrorCode::NotAMember));
    let unknown = common::topic(77);
    assert_eq!(
        publish(eve.installation(), message(unknown, 1, 0, b"x")).await,
        Err(ErrorCode::NoSuchTopic)
    );
    assert_eq!(
        publish(eve.installation(), message(unknown, 1, 9, b"x")).await,
        Err(ErrorCode::NoSuchTopic)
    );
    let inbox = bob.installation().inbox();
    assert_eq!(
        publish(eve.installation(), message(inbox, 1, 0, b"x")).await,
        Err(ErrorCode::NotAMember)
    );
    assert_eq!(
        publish(bob.installation(), commit(inbox, 1, 0, &[], &[])).await,
        Err(ErrorCode::NotAMember)
    );
    let nobody = InstallationId([5; 32]);
    assert_eq!(
        publish(nobody, message(topic, 1, 1, b"x")).await,
        Err(ErrorCode::NotYourInstallation)
    );

    let read = async |reader: &Person, topic| delivery.read(reader.installation(), topic, Seq(0), 10).await;
    assert_eq!(refused(read(&eve, topic).await), ErrorCode::NotAMember);
    assert_eq!(refused(read(&eve, inbox).await), ErrorCode::NotAMember);
    assert_eq!(refused(read(&eve, unknown).await), ErrorCode::NoSuchTopic);
    let ahead = delivery.read(alice.installation(), topic, Seq(2), 10).await;
    assert_eq!(refused(ahead), ErrorCode::CursorAhead);
    let far = delivery.read(alice.installation(), topic, Seq(u64::MAX), 10).await;
    assert_eq!(refused(far), ErrorCode::CursorAhead);
    assert!(
        read(&bob, topic).await.unwrap().envelopes.is_empty(),
        "Bob reads from behind the commit that added him"
    );
}

#[sqlx::test]
async fn who_is_removed_reads_up_to_that_and_no_further(pool: PgPool) {
    let (here, alice, bob, topic) = alice_and_bob(pool).await;
    let delivery = &here.services.delivery;
    delivery
        .publish(alice.installation(), message(topic, 2, 1, b"hello"))
        .await
        .unwrap();
    delivery
        .publish(alice.installation(), commit(topic, 3, 1, &[], &[bob.installation()]))
        .await
        .unwrap();
    delivery
        .publish(alice.installation(), message(topic, 4, 3, b"alone"))
        .await
        .unwrap();
    let page = all(delivery, bob.installation(), topic).await;
    assert_eq!((places(&page), page.head, page.closed), (vec![2, 3], Seq(3), true));
    let late = delivery.publish(bob.installation(), message(topic, 5, 3, b"x")).await;
    assert_eq!(late, Err(ErrorCode::NotAMember));
    // Added again, he reads from there on.
    delivery
        .publish(alice.installation(), commit(topic, 6, 3, &[bob.installation()], &[]))
        .await
        .unwrap();
    delivery
        .publish(bob.installation(), message(topic, 7, 5, b"back"))
        .await
        .unwrap();
    let page = all(delivery, bob.installation(), topic).await;
    assert_eq!((places(&page), page.closed), (vec![6], false));
    assert_eq!(
        places(&all(delivery, alice.installation(), topic).await),
        [1, 2, 3, 4, 5, 6]
    );
}

#[sqlx::test]
async fn pages_are_as_large_as_asked_for(pool: PgPool) {
    let (here, alice, _, topic) = alice_and_bob(pool).await;
    let delivery = &here.services.delivery;
    for number in 0..10 {
        delivery
            .publish(alice.installation(), message(topic, 10 + number, 1, b"x"))
            .await
            .unwrap();
    }
    let read = async |after, limit| {
        delivery
            .read(alice.installation(), topic, Seq(after), limit)
            .await
            .unwrap()
    };
    let page = read(3, 4).await;
    assert_eq!((places(&page), page.head), (vec![4, 5, 6, 7], Seq(11)));
    assert_eq!(places(&read(9, 4).await), [10, 11]);
    assert!(read(11, 4).await.envelopes.is_empty());
}

#[sqlx::test]
async fn what_could_never_be_stored_is_refused_at_once(pool: PgPool) {
    let (here, alice, bob, topic) = alice_and_bob(pool).await;
    let delivery = &here.services.delivery;
    let with = |kind, payload| Publish {
        topic,
        id: id(9),
        last_commit: Seq(1),
        kind,
        payload,
    };
    let welcomes = |welcomes| Kind::Commit {
        welcomes,
        removed: Vec::new(),
    };
    let to = |installation, size| Welcome {
        installation,
        message: vec![0; size],
    };
    let bob = bob.installation();
    let cases = [
        (
            with(Kind::Application, vec![0; limits::PAYLOAD + 1]),
            ErrorCode::TooLarge,
        ),
        (with(Kind::Application, vec![]), ErrorCode::Malformed),
        (
            with(welcomes(vec![to(bob, limits::PAYLOAD + 1)]), vec![1]),
            ErrorCode::TooLarge,
        ),
        (with(welcomes(vec![to(bob, 1); 33]), vec![1]), ErrorCode::TooLarge),
        (with(welcomes(vec![to(bob, 1); 2]), vec![1]), ErrorCode::Malformed),
        (with(welcomes(vec![to(bob, 0)]), vec![1]), ErrorCode::Malformed),
        (
            with(welcomes(vec![to(alice.installation(), 1)]), vec![1]),
            ErrorCode::Malformed,
        ),
    ];
    for (publish, expected) in cases {
        assert_eq!(delivery.publish(alice.installation(), publish).await, Err(expected));
    }
    let largest = with(Kind::Application, vec![7; limits::PAYLOAD]);
    delivery.publish(alice.installation(), largest).await.unwrap();
}

#[sqlx::test]
async fn a_database_has_one_incarnation(pool: PgPool) {
    let first = site(pool.clone()).await.services.delivery.incarnation();
    let second = site(pool).await.services.delivery.incarnation();
    assert_eq!(first, second);
    assert_ne!(first.0, [0; 16]);
}
