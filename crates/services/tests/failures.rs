//! What stands when the database goes away, or a defect comes between: everything that was acknowledged, in order, and once.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{alice_and_bob, id, message};
use futures::future::join_all;
use protocol::{ErrorCode, InstallationId, MessageId, Seq, Topic};
use services::{
    delivery::{Delivery, Page},
    push::Push,
};
use sqlx::{Connection, PgConnection, PgPool};

async fn all(delivery: &Delivery, reader: InstallationId, topic: Topic) -> Page {
    delivery.read(reader, topic, Seq(0), usize::MAX).await.unwrap()
}

fn places(page: &Page) -> Vec<u64> {
    page.envelopes.iter().map(|envelope| envelope.seq.0).collect()
}

/// Lets connections to the database in, or not.
struct Switch {
    name: String,
    outside: PgConnection,
}

impl Switch {
    async fn of(pool: &PgPool) -> Self {
        let options = pool.connect_options();
        let outside = options.as_ref().clone().database("postgres");
        Self {
            name: options.get_database().unwrap().to_owned(),
            outside: PgConnection::connect_with(&outside).await.unwrap(),
        }
    }

    async fn turn(&mut self, on: bool) {
        let allow = format!("alter database \"{}\" with allow_connections {on}", self.name);
        sqlx::raw_sql(sqlx::AssertSqlSafe(allow))
            .execute(&mut self.outside)
            .await
            .unwrap();
        if !on {
            self.cut().await;
        }
    }

    /// Ends the connections there are.
    async fn cut(&mut self) {
        let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1";
        sqlx::query(end)
            .bind(&self.name)
            .execute(&mut self.outside)
            .await
            .unwrap();
    }
}

/// Until somebody waits for a lock.

#[sqlx::test]
async fn a_database_that_goes_away_and_comes_back(pool: PgPool) {
    let (here, alice, bob, topic) = alice_and_bob(pool.clone()).await;
    let delivery = &here.services.delivery;
    let mut switch = Switch::of(&pool).await;
    let publish = |number| delivery.publish(alice.installation(), message(topic, number, 1, b"x"));
    publish(2).await.unwrap();

    switch.turn(false).await;
    let answers = join_all((10..20).map(publish)).await;
    assert!(
        answers.iter().all(|answer| *answer == Err(ErrorCode::Unavailable)),
        "{answers:?}"
    );
    let unread = delivery.read(bob.installation(), topic, Seq(0), 9).await;
    assert_eq!(ErrorCode::from(&unread.unwrap_err()), ErrorCode::Unavailable);

    // Who follows waits, and goes on by itself.
    let mut follower = delivery.follow(bob.installation());
    follower.add(topic, Seq(1));
    let following = tokio::spawn(async move { (follower.next().await, follower.next().await) });

    switch.turn(true).await;
    let (envelopes, caught_up) = following.await.unwrap();
    assert!(matches!(envelopes, Push::Envelopes { envelopes, .. } if envelopes.len() == 1));
    assert_eq!(caught_up, Push::CaughtUp { topic, head: Seq(2) });
    // Nothing half done: the same ids again, and the log goes on where it was.
    let mut seen = Vec::new();
    for number in 10..20 {
        seen.push(publish(number).await.unwrap().seq.0);
    }
    assert_eq!(seen, (3..=12).collect::<Vec<_>>());
    assert_eq!(
        places(&all(delivery, alice.installation(), topic).await),
        (1..=12).collect::<Vec<_>>()
    );

    // Connections cut in the middle of traffic, again and again: what was acknowledged stands, in order and once.
    let (progress, mut seen) = tokio::sync::watch::channel(100);
    let writer = tokio::spawn({
        let (delivery, alice) = (delivery.clone(), alice.installation());
        async move {
            for number in 100..400 {
                while let Err(code) = delivery.publish(alice, message(topic, number, 1, b"x")).await {
                    assert_eq!(code, ErrorCode::Unavailable);
                }
                progress.send_replace(number);
            }
        }
    });
    for cut in (110..400).step_by(20) {
        seen.wait_for(|number| *number >= cut).await.unwrap();
        switch.cut().await;
    }
    writer.await.unwrap();
    let page = all(delivery, alice.installation(), topic).await;
    assert_eq!(places(&page), (1..=312).collect::<Vec<_>>());
    let ids: Vec<MessageId> = page.envelopes.iter().skip(12).map(|envelope| envelope.id).collect();
    assert_eq!(ids, (100..400).map(id).collect::<Vec<_>>());
}

#[sqlx::test]
async fn what_was_handed_in_behind_a_failure_does_not_overtake_it(pool: PgPool) {
    let (here, alice, bob, topic) = alice_and_bob(pool.clone()).await;
    let delivery = &here.services.delivery;
    let mut switch = Switch::of(&pool).await;
    let say = |number| message(topic, number, 1, b"x");

    // A first one fails; the database is back, and what was sent right behind it comes in.
    let (hers, his) = (
        delivery.writer(alice.installation()),
        delivery.writer(bob.installation()),
    );
    switch.turn(false).await;
    assert_eq!(hers.submit(say(10)).await.unwrap().await, Err(ErrorCode::Unavailable));
    switch.turn(true).await;
    assert_eq!(hers.submit(say(11)).await.unwrap().await, Err(ErrorCode::Unavailable));
    // It is hers alone.
    assert_eq!(his.submit(say(12)).await.unwrap().await.unwrap().seq, Seq(2));
    // Repeated on a new socket, both stand in the order in which they were written.
    let hers = delivery.writer(alice.installation());
    let pending = [hers.submit(say(10)).await.unwrap(), hers.submit(say(11)).await.unwrap()];
    for (place, one) in (3..).zip(pending) {
        assert_eq!(one.await.unwrap().seq, Seq(place));
    }

    // The same with a queue behind the one that fails, again and again.
    let mut oldest = 100;
    let mut rounds = 0;
    while oldest < 1_300 {
        let hers = delivery.writer(alice.installation());
        let mut pending = Vec::new();
        for number in oldest..1_300 {
            pending.push(hers.submit(say(number)).await.unwrap());
        }
        if rounds < 4 {
            switch.cut().await;
        }
        rounds += 1;
        let answers: Vec<bool> = join_all(pending).await.iter().map(Result::is_ok).collect();
        let stood = answers.iter().take_while(|stood| **stood).count();
        assert!(!answers[stood..].contains(&true), "nothing is stored behind a failure");
        oldest += stood as u64;
    }
    let page = all(delivery, alice.installation(), topic).await;
    let ids: Vec<MessageId> = page.envelopes.iter().skip(4).map(|envelope| envelope.id).collect();
    assert_eq!(ids, (100..1_300).map(id).collect::<Vec<_>>());
}
