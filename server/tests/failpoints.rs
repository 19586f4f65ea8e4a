//! A defect anywhere ends at most its own socket.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use failpoint::{FailScenario, set};
use protocol::{Ask, ClientFrame, ErrorCode, Kind, Publish, Seq, ServerFrame, Topic};
use server::ws::{ANSWER, FRAME};
use services::failpoints::{PAGE, STORE, STORED};
use testkit::{Captured, Installation, Socket, TestServer, random_id};

const TOPIC: Topic = Topic([9; 32]);

fn message(topic: Topic, last_commit: Seq, payload: Vec<u8>) -> Publish {
    Publish {
        topic,
        id: random_id(),
        last_commit,
        kind: Kind::Application,
        payload,
    }
}

/// The next one that comes to this point panics.
fn panic_once_at(name: &str) {
    set(name, "1*panic").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_defect_ends_at_most_its_own_socket_and_stands_in_the_log() {
    let captured = Captured::default();
    tracing_subscriber::fmt().json().with_writer(captured.clone()).init();
    // Only the hook: the log is ours already.
    server::telemetry::start();
    let server = TestServer::start().await;
    let (alice, bob) = (Installation::alice(&server).await, Installation::bob(&server).await);
    let scenario = FailScenario::setup();
    let mut b = bob.connect().await;
    for (point, frame) in [
        (FRAME, ClientFrame::Ping),
        (
            ANSWER,
            ClientFrame::Ask {
                number: 1,
                ask: Ask::Installations { account: bob.account() },
            },
        ),
    ] {
        let mut a = alice.connect().await;
        panic_once_at(point);
        a.send(&frame).await;
        assert_eq!(a.end().await, (None, None), "{point}");

        // Bob has not noticed anything, and Alice comes back as if nothing had been.
        lives(&mut b).await;
        lives(&mut alice.connect().await).await;
    }

    // In what is done for all sockets together. Before it is stored: it stands nowhere, and that is said.
    let mut a = alice.connect().await;
    let commit = a.make_conversation(TOPIC, &[&bob]).await;
    b.subscribe(TOPIC, commit).await;
    b.caught_up(TOPIC).await;
    let say = |text: &[u8]| message(TOPIC, commit, text.to_vec());
    panic_once_at(STORE);
    assert_eq!(a.publish(say(b"nowhere")).await, Err(ErrorCode::Internal));
    // Behind it: it stands. Bob gets it, and nobody tells Alice that it was not sent.
    panic_once_at(STORED);
    let lost = say(b"stored, and not answered");
    a.send(&ClientFrame::Publish(lost.clone())).await;
    assert_eq!(a.end().await, (Some(ErrorCode::Unavailable), Some(1013)));
    let arrived = b.envelopes(TOPIC, 1).await;
    assert_eq!(arrived[0].id, lost.id);
    let mut a = alice.connect().await;
    assert_eq!(a.publish(lost).await, Ok(arrived[0].seq));
    // While a page is read for her: it is read again.
    panic_once_at(PAGE);
    a.subscribe(TOPIC, commit).await;
    assert_eq!(a.caught_up(TOPIC).await, arrived);
    lives(&mut a).await;
    lives(&mut b).await;

    let log = captured.text();
    let defects: Vec<&str> = log.lines().filter(|line| line.contains("a defect: ")).collect();
    assert_eq!(defects.len(), 5, "{log}");
    for line in defects {
        assert!(
            line.contains("\"name\":\"socket\"") && line.contains("\"id\":\""),
            "the socket's id stands beside it: {line}"
        );
    }
    drop((a, b));
    scenario.teardown();
    server.stop().await;
}

async fn lives(socket: &mut Socket) {
    socket.send(&ClientFrame::Ping).await;
    let pong = |frame: &ServerFrame| matches!(frame, ServerFrame::Pong).then_some(());
    socket.wait("a sign of life", pong).await;
}
