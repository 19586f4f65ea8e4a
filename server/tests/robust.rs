//! What one socket meets concerns no other: a defect in a handler, and many that never read.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::time::{Duration, Instant};

use futures::future::join_all;
use protocol::{Ask, ClientFrame, Kind, Publish, Seq, ServerFrame, Topic, Welcome, limits};
use server::stumble::Step;
use testkit::{Captured, Heard, Installation, Socket, TestServer, eventually, random_id};

const TOPIC: Topic = Topic([9; 32]);
const LOUD: Topic = Topic([8; 32]);

fn message(topic: Topic, last_commit: Seq, payload: Vec<u8>) -> Publish {
    Publish {
        topic,
        id: random_id(),
        last_commit,
        kind: Kind::Application,
        payload,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_defect_in_a_handler_ends_its_own_socket_and_stands_in_the_log() {
    let captured = Captured::default();
    tracing_subscriber::fmt().json().with_writer(captured.clone()).init();
    // Only the hook: the log is ours already.
    server::telemetry::start();
    let server = TestServer::start().await;
    let (alice, bob) = (Installation::alice(&server).await, Installation::bob(&server).await);
    let mut b = bob.connect().await;
    for (step, frame) in [
        (Step::Frame, ClientFrame::Ping),
        (
            Step::Answer,
            ClientFrame::Ask {
                number: 1,
                ask: Ask::Installations { account: bob.account() },
            },
        ),
    ] {
        let mut a = alice.connect().await;
        server.running().server().stumble().over(step);
        a.send(&frame).await;
        assert_eq!(a.end().await, (None, None), "{step:?}");

        // Bob has not noticed anything, and Alice comes back as if nothing had been.
        b.send(&ClientFrame::Ping).await;
        assert_eq!(b.hear().await, Heard::Frame(ServerFrame::Pong), "{step:?}");
        let mut a = alice.connect().await;
        a.send(&ClientFrame::Ping).await;
        assert_eq!(a.hear().await, Heard::Frame(ServerFrame::Pong), "{step:?}");
    }
    let log = captured.text();
    let defects: Vec<&str> = log.lines().filter(|line| line.contains("a defect: ")).collect();
    assert_eq!(defects.len(), 2, "{log}");
    for line in defects {
        assert!(
            line.contains("\"name\":\"socket\"") && line.contains("\"id\":\""),
            "the socket's id stands beside it: {line}"
        );
    }
    server.stop().await;
}

/// How many never read. `JACKDAW_STALLED=1000` with `--nocapture` gives the figures of `docs/reliability.md`.
fn stalled() -> u16 {
    std::env::var("JACKDAW_STALLED").map_or(60, |count| count.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn many_that_never_read_are_cut_off_and_slow_nobody() {
    let count = stalled();
    let figures = count > 60;
    let server = TestServer::start_with(|config, patience| {
        config.proxies = vec!["127.0.0.1".parse().unwrap()];
        if !figures {
            patience.writing = Duration::from_secs(2);
        }
    })
    .await;
    let (alice, bob) = (Installation::alice(&server).await, Installation::bob(&server).await);
    let mut a = alice.connect().await;
    let mut b = bob.connect().await;
    let quiet = a.make_conversation(TOPIC, &[&bob]).await;
    b.subscribe(TOPIC, quiet).await;
    b.caught_up(TOPIC).await;

    // All of them in one conversation, in which somebody is loud.
    let mut many: Vec<Installation> = (0..count)
        .map(|number| Installation::one_of_many(&server, number))
        .collect();
    for some in many.chunks_mut(20) {
        for signed_in in join_all(some.iter_mut().map(Installation::sign_in)).await {
            signed_in.unwrap();
        }
    }
    let mut loud = a.make_conversation(LOUD, &[]).await;
    for some in many.chunks(limits::WELCOMES) {
        let welcomes = some.iter().map(|one| Welcome {
            installation: one.id(),
            message: b"a welcome".to_vec(),
        });
        let commit = Publish {
            kind: Kind::Commit {
                welcomes: welcomes.collect(),
                removed: Vec::new(),
            },
            ..message(LOUD, loud, b"a commit".to_vec())
        };
        loud = a.publish(commit).await.unwrap();
    }
    let mut deaf: Vec<Socket> = Vec::new();
    for some in many.chunks(20) {
        deaf.extend(join_all(some.iter().map(Installation::connect_with_a_small_buffer)).await);
    }
    for socket in &mut deaf {
        socket.subscribe(LOUD, loud).await;
    }
    let connections = || server.running().server().connections().count();
    assert_eq!(connections(), usize::from(count) + 2);
    let alone = talk(&mut a, &mut b, quiet).await;

    // More than the buffers of both kernels and the server's own take.
    for _ in 0..40 {
        let payload = vec![7; limits::PAYLOAD - 100];
        a.publish(message(LOUD, loud, payload)).await.unwrap();
    }
    let began = Instant::now();
    let beside = talk(&mut a, &mut b, quiet).await;
    eventually("they are cut off", async || {
        connections() == 2 || (figures && began.elapsed() < Duration::from_secs(15))
    })
    .await;
    eventually("they are cut off", async || connections() == 2).await;
    println!(
        "{count} that never read: cut off within {:.1} s of the last message; 200 messages from one to another took {} ms before, {} ms beside them",
        began.elapsed().as_secs_f64(),
        alone.as_millis(),
        beside.as_millis()
    );
    talk(&mut a, &mut b, quiet).await;
    server.stop().await;
}

/// Alice says something and Bob hears it, many times.
async fn talk(a: &mut Socket, b: &mut Socket, commit: Seq) -> Duration {
    let began = Instant::now();
    for _ in 0..200 {
        let seq = a.publish(message(TOPIC, commit, b"hello".to_vec())).await.unwrap();
        assert_eq!(b.envelopes(TOPIC, 1).await[0].seq, seq);
    }
    began.elapsed()
}
