//! What must never stand in a log, looked for in everything that is logged.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use protocol::{ClientFrame, Kind, Publish, Seq, Topic};
use testkit::{Captured, Installation, Socket, TestServer, random_id, request};

/// One test, because the log is the whole process's.
#[expect(clippy::too_many_lines, reason = "one story, told once")]
#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_people_stands_in_the_log() {
    let captured = Captured::default();
    tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(captured.clone())
        .init();
    let mut server = TestServer::start_with(|config, _| config.proxies = vec!["127.0.0.1".parse().unwrap()]).await;
    let (mut alice, bob) = (Installation::alice(&server).await, Installation::bob(&server).await);
    let mut a = alice.connect().await;
    let topic = Topic([0x5c; 32]);
    let commit = a.make_conversation(topic, &[&bob]).await;
    let canary = "canary-7f3a9d";
    let publish = Publish {
        topic,
        id: random_id(),
        last_commit: commit,
        kind: Kind::Application,
        payload: canary.into(),
    };
    a.publish(publish.clone()).await.unwrap();
    let _ = a
        .publish(Publish {
            id: random_id(),
            last_commit: Seq(99),
            ..publish.clone()
        })
        .await;
    let _ = a
        .publish(Publish {
            id: random_id(),
            topic: Topic([1; 32]),
            ..publish.clone()
        })
        .await;
    alice.browser.call::<_, ()>("set_name", &(canary,)).await.unwrap();

    // Things that go wrong are where logs are tempted.
    let mut b = Socket::open(&bob.browser).await;
    b.challenge().await;
    b.send(&ClientFrame::Hello {
        installation: bob.id(),
        signature: canary.into(),
        support: None,
    })
    .await;
    b.end().await;
    let mut b = bob.connect().await;
    b.send_text(canary).await;
    b.end().await;
    let cookie = format!("jackdaw={canary}; jackdaw-browser={canary}");
    let headers = [
        ("cookie", cookie.as_str()),
        ("x-forwarded-for", "203.0.113.77"),
        ("accept", "text/html"),
        ("user-agent", canary),
        ("referer", "https://canary-7f3a9d.example/"),
    ];
    for path in [
        "/app?q=canary-7f3a9d",
        "/canary-7f3a9d",
        "/invite/canary-7f3a9d",
        "/app/c/canary-7f3a9d",
        "/pkg/canary-7f3a9d.js",
        "/ws",
    ] {
        request(server.address(), "GET", path, &headers, &[]).await;
        request(server.address(), "POST", path, &headers, canary.as_bytes()).await;
    }
    let origin = server.origin();
    for path in ["/api/sign_in", "/api/challenge", "/api/nothing"] {
        let ours = [
            ("origin", origin.as_str()),
            ("cookie", &cookie),
            ("content-type", "application/x-postcard"),
        ];
        request(server.address(), "POST", path, &ours, canary.as_bytes()).await;
    }
    server.wire.cut();
    a.send(&ClientFrame::Publish(Publish {
        id: random_id(),
        ..publish
    }))
    .await;
    a.end().await;
    let _: Result<(), _> = alice.browser.call("set_name", &(canary,)).await;
    server.wire.mend();

    let token = alice.browser.cookie();
    let token = token
        .split("jackdaw=")
        .nth(1)
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let account = alice.account().to_string();
    server.pause().await;
    let log = captured.text();
    assert!(
        log.contains("Jackdaw answers at") && log.contains("/api/set_name"),
        "the log is captured, patterns are in it"
    );
    let hex = hex::encode(canary);
    let list = format!("{:?}", canary.as_bytes());
    for (what, secret) in [
        ("a canary", canary),
        ("a canary in hexadecimal", &hex),
        ("a canary in base64", "Y2FuYXJ5LTdmM2E5Z"),
        ("a canary as bytes", list.trim_matches(['[', ']'])),
        ("a session", token.as_str()),
        (
            "the part of a session that is signed",
            token.rsplit('.').next().unwrap(),
        ),
        ("an address of a client", "203.0.113.77"),
        ("who it was", &account[2..]),
    ] {
        let line = log
            .lines()
            .find(|line| line.to_lowercase().contains(&secret.to_lowercase()));
        assert_eq!(line, None, "{what} stands in the log");
    }
    server.stop().await;
}
