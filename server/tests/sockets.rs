//! Sockets: who may open one, what it may say, and what becomes of the others when one misbehaves.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::time::Duration;

use protocol::{
    Answer, Ask, Body, ClientFrame, ErrorCode, InstallationId, Kind, Publish, Seq, ServerFrame, Topic, codec, limits,
};
use testkit::{Heard, Installation, Socket, TestServer, eventually, random_id};
use tokio::time::Instant;

const TOPIC: Topic = Topic([9; 32]);

fn message(last_commit: Seq, text: &str) -> Publish {
    Publish {
        topic: TOPIC,
        id: random_id(),
        last_commit,
        kind: Kind::Application,
        payload: text.as_bytes().to_vec(),
    }
}

fn texts(envelopes: &[protocol::Envelope]) -> Vec<(u64, String)> {
    let text = |body: &Body| match body {
        Body::Application(bytes) | Body::Commit(bytes) | Body::Welcome { message: bytes, .. } => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        Body::Unknown => panic!("the server sends no unknown kind"),
    };
    envelopes
        .iter()
        .map(|envelope| (envelope.seq.0, text(&envelope.body)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_our_own_pages_open_sockets() {
    let server = TestServer::start().await;
    let alice = Installation::alice(&server).await;
    let cookie = alice.browser.cookie();
    let origin = server.origin();
    for wrong in [
        &[("cookie", cookie.as_str())][..],
        &[("cookie", &cookie), ("origin", "null")],
        &[("cookie", &cookie), ("origin", "https://evil.example")],
        &[("cookie", &cookie), ("origin", "http://localhost")],
        &[
            ("cookie", &cookie),
            ("origin", &origin),
            ("sec-fetch-site", "cross-site"),
        ],
        &[
            ("cookie", &cookie),
            ("origin", &origin),
            ("sec-fetch-site", "same-site"),
        ],
    ] {
        assert_eq!(
            Socket::open_with(&alice.browser, wrong).await.err(),
            Some(403),
            "{wrong:?}"
        );
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_a_socket_says_so_and_closes() {
    let server = TestServer::start().await;
    let origin = server.origin();
    for cookie in ["", "jackdaw=", "jackdaw=nonsense", "jackdaw=a.b.c", "other=1"] {
        let mut socket = Socket::open_with(&server.visitor(), &[("origin", &origin), ("cookie", cookie)])
            .await
            .unwrap();
        assert_eq!(
            socket.end().await,
            (Some(ErrorCode::NotSignedIn), Some(4401)),
            "{cookie}"
        );
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_alone_proves_no_installation() {
    let server = TestServer::start().await;
    let alice = Installation::alice(&server).await;
    let eve = Installation::new(&server, 0xee, 0xee);

    // Another key's signature under Alice's name.
    let mut socket = Socket::open(&alice.browser).await;
    let nonce = socket.challenge().await;
    socket.claim(&alice, eve.sign_challenge(&nonce)).await;
    assert_eq!(socket.end().await, (Some(ErrorCode::NotYourInstallation), Some(4401)));

    // An installation the session was not opened with.
    let mut socket = Socket::open(&alice.browser).await;
    let nonce = socket.challenge().await;
    socket.claim(&eve, eve.sign_challenge(&nonce)).await;
    assert_eq!(socket.end().await, (Some(ErrorCode::NotYourInstallation), Some(4401)));

    // The right signature over another socket's challenge.
    let mut first = Socket::open(&alice.browser).await;
    let old = first.challenge().await;
    let mut socket = Socket::open(&alice.browser).await;
    socket.challenge().await;
    socket.claim(&alice, alice.sign_challenge(&old)).await;
    assert_eq!(socket.end().await, (Some(ErrorCode::NotYourInstallation), Some(4401)));

    // Anything else before `Hello`.
    let mut socket = Socket::open(&alice.browser).await;
    socket.challenge().await;
    socket.send(&ClientFrame::Ping).await;
    assert_eq!(socket.end().await, (Some(ErrorCode::Malformed), Some(4400)));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_go_both_ways_and_strangers_get_none() {
    let server = TestServer::start().await;
    let (alice, bob) = (Installation::alice(&server).await, Installation::bob(&server).await);
    let (mut a, mut b) = (alice.connect().await, bob.connect().await);
    let commit = a.make_conversation(TOPIC, &[&bob]).await;
    assert_eq!(commit, Seq(1));

    // Bob's inbox has the invitation.
    b.subscribe(bob.id().inbox(), Seq(0)).await;
    let invitations = b.caught_up(bob.id().inbox()).await;
    assert!(
        matches!(&invitations[0].body, Body::Welcome { topic, commit, .. } if *topic == TOPIC && *commit == Seq(1))
    );

    a.subscribe(TOPIC, Seq(0)).await;
    b.subscribe(TOPIC, Seq(1)).await;
    assert_eq!(texts(&a.caught_up(TOPIC).await), [(1, "a commit".into())]);
    assert_eq!(b.caught_up(TOPIC).await, []);
    assert_eq!(a.publish(message(commit, "hello")).await, Ok(Seq(2)));
    assert_eq!(b.publish(message(commit, "hi")).await, Ok(Seq(3)));
    let both = [(2, "hello".to_owned()), (3, "hi".to_owned())];
    assert_eq!(texts(&a.envelopes(TOPIC, 2).await), both);
    assert_eq!(texts(&b.envelopes(TOPIC, 2).await), both);

    // The same again is the same.
    let again = message(commit, "again");
    assert_eq!(a.publish(again.clone()).await, Ok(Seq(4)));
    assert_eq!(a.publish(again).await, Ok(Seq(4)));

    // Eve is nobody here.
    let mut eve = Installation::new(&server, 0xee, 0xee);
    eve.sign_in().await.unwrap();
    let mut e = eve.connect().await;
    assert_eq!(
        e.publish(message(commit, "let me in")).await,
        Err(ErrorCode::NotAMember)
    );
    e.subscribe(TOPIC, Seq(0)).await;
    let refused = e
        .wait("a refusal", |frame| match frame {
            ServerFrame::NotSubscribed { topic, code } => Some((*topic, *code)),
            _ => None,
        })
        .await;
    assert_eq!(refused, (TOPIC, ErrorCode::NotAMember));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_stored_in_the_order_they_were_sent() {
    let server = TestServer::start().await;
    let (alice, bob) = (Installation::alice(&server).await, Installation::bob(&server).await);
    let (mut a, mut b) = (alice.connect().await, bob.connect().await);
    let commit = a.make_conversation(TOPIC, &[&bob]).await;
    b.subscribe(TOPIC, commit).await;
    b.caught_up(TOPIC).await;
    let many: Vec<Publish> = (0..300).map(|number| message(commit, &number.to_string())).collect();
    for publish in &many {
        a.send(&ClientFrame::Publish(publish.clone())).await;
    }
    for (place, publish) in many.iter().enumerate() {
        assert_eq!(a.stored(publish.id).await, Ok(Seq(place as u64 + 2)));
    }
    let expected: Vec<_> = (0..300).map(|number| (number + 2, number.to_string())).collect();
    assert_eq!(texts(&b.envelopes(TOPIC, 300).await), expected);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_back_goes_on_from_the_cursor() {
    let server = TestServer::start().await;
    let (alice, bob) = (Installation::alice(&server).await, Installation::bob(&server).await);
    let mut a = alice.connect().await;
    let commit = a.make_conversation(TOPIC, &[&bob]).await;
    let mut seen = Vec::new();
    let mut cursor = commit;
    let mut number = 0;
    for _ in 0..4 {
        // Written while Bob is away, while he reads, and while he is live.
        for _ in 0..60 {
            a.publish(message(commit, &number.to_string())).await.unwrap();
            number += 1;
        }
        let mut b = bob.connect().await;
        b.subscribe(TOPIC, cursor).await;
        for _ in 0..10 {
            a.publish(message(commit, &number.to_string())).await.unwrap();
            number += 1;
        }
        seen.extend(b.envelopes(TOPIC, 70).await);
        cursor = seen.last().unwrap().seq;
        drop(b);
    }
    let expected: Vec<_> = (0..number).map(|number| (number + 2, number.to_string())).collect();
    assert_eq!(texts(&seen), expected, "no gap, nothing twice");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_ends_its_own_socket_and_no_other() {
    let server = TestServer::start().await;
    let (alice, bob) = (Installation::alice(&server).await, Installation::bob(&server).await);
    let mut b = bob.connect().await;
    let too_large = vec![limits::VERSION; limits::FRAME + 1];
    let mut too_many_topics = vec![(TOPIC, Seq(0)); limits::TOPICS_PER_FRAME + 1];
    too_many_topics.truncate(limits::TOPICS_PER_FRAME + 1);
    let bad: [(&str, Vec<u8>, ErrorCode); 4] = [
        ("nothing", vec![], ErrorCode::Malformed),
        (
            "another version",
            vec![limits::VERSION + 1, 4],
            ErrorCode::UnknownVersion,
        ),
        ("cut short", vec![limits::VERSION, 2, 1], ErrorCode::Malformed),
        ("too large", too_large, ErrorCode::TooLarge),
    ];
    for (what, bytes, code) in bad {
        let mut a = alice.connect().await;
        a.send_bytes(bytes).await;
        assert_eq!(a.end().await, (Some(code), Some(4400)), "{what}");
    }
    let mut a = alice.connect().await;
    a.send_text("hello").await;
    assert_eq!(a.end().await, (Some(ErrorCode::Malformed), Some(4400)));
    let mut a = alice.connect().await;
    a.send(&ClientFrame::Subscribe {
        topics: too_many_topics,
    })
    .await;
    assert_eq!(a.end().await, (Some(ErrorCode::TooLarge), Some(4400)));
    let mut a = alice.connect().await;
    a.claim(&alice, Vec::new()).await;
    assert_eq!(a.end().await, (Some(ErrorCode::Malformed), Some(4400)));

    b.send(&ClientFrame::Ping).await;
    assert_eq!(
        b.hear().await,
        Heard::Frame(ServerFrame::Pong),
        "Bob has not noticed anything"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_newer_page_says_costs_no_socket() {
    let server = TestServer::start().await;
    let alice = Installation::alice(&server).await;
    // Before `Hello` and after it.
    let mut a = Socket::open(&alice.browser).await;
    a.send_bytes(vec![limits::VERSION, 99, 1, 2]).await;
    a.hello(&alice).await;
    a.send_bytes(vec![limits::VERSION, 99]).await;
    // An unknown question is refused by its number, a known one is answered also with a field left over.
    let ask_number_7 = [limits::VERSION, 3, 7];
    a.send_bytes([&ask_number_7[..], &[99, 1, 2, 3]].concat()).await;
    let refused = ServerFrame::Answer {
        number: 7,
        answer: Err(ErrorCode::UnknownKind),
    };
    assert_eq!(a.hear().await, Heard::Frame(refused));
    let mut ping = codec::encode(&ClientFrame::Ping).unwrap();
    ping.push(1);
    a.send_bytes(ping).await;
    assert_eq!(a.hear().await, Heard::Frame(ServerFrame::Pong));
    // A publish of an unknown kind: topic, id, last commit, kind 9 with two bytes, payload.
    let publish = [&[limits::VERSION, 2][..], &TOPIC.0, &[5; 16], &[0, 9, 2, 1, 1, 1, 1]].concat();
    a.send_bytes(publish).await;
    let refused = ServerFrame::Refused {
        id: protocol::MessageId([5; 16]),
        code: ErrorCode::UnknownKind,
    };
    assert_eq!(a.hear().await, Heard::Frame(refused));
    a.make_conversation(TOPIC, &[]).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_publish_is_said_and_the_socket_stays() {
    let server = TestServer::start().await;
    let alice = Installation::alice(&server).await;
    let mut a = alice.connect().await;
    assert_eq!(a.publish(message(Seq(0), "nowhere")).await, Err(ErrorCode::NoSuchTopic));
    let commit = a.make_conversation(TOPIC, &[]).await;
    assert_eq!(a.publish(message(Seq(0), "stale")).await, Err(ErrorCode::StaleEpoch));
    let large = Publish {
        payload: vec![0; limits::PAYLOAD + 1],
        ..message(commit, "")
    };
    assert_eq!(a.publish(large).await, Err(ErrorCode::TooLarge));
    assert_eq!(a.publish(message(commit, "fine")).await, Ok(Seq(2)));
    a.subscribe(TOPIC, Seq(99)).await;
    let refused = a.wait("a refusal", |frame| match frame {
        ServerFrame::NotSubscribed { code, .. } => Some(*code),
        _ => None,
    });
    assert_eq!(refused.await, ErrorCode::CursorAhead);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_and_their_key_packages_are_found() {
    let server = TestServer::start().await;
    let (alice, bob) = (Installation::alice(&server).await, Installation::bob(&server).await);
    let (mut a, mut b) = (alice.connect().await, bob.connect().await);
    let kept = b.ask(Ask::PublishKeyPackages {
        key_packages: vec![b"one".to_vec().into()],
        last_resort: Some(b"last".to_vec().into()),
    });
    assert_eq!(kept.await, Ok(Answer::KeyPackagesKept(1)));
    let Ok(Answer::Installations(found)) = a.ask(Ask::Installations { account: bob.account() }).await else {
        panic!()
    };
    assert_eq!(found.len(), 1);
    let (installation, hash) = found[0];
    assert_eq!(installation, bob.id());
    let Ok(Answer::Association(Some(bytes))) = a.ask(Ask::Association { hash }).await else {
        panic!()
    };
    let association = identity::Association::from_bytes(&bytes).unwrap();
    assert_eq!(association.verify(&server.domain()).unwrap().address, bob.account());
    for expected in ["one", "last", "last"] {
        let Ok(Answer::KeyPackage(Some(bytes))) = a.ask(Ask::ClaimKeyPackage { installation }).await else {
            panic!()
        };
        assert_eq!(bytes.as_slice(), expected.as_bytes());
    }
    let nobody = Ask::ClaimKeyPackage {
        installation: InstallationId([0; 32]),
    };
    assert_eq!(a.ask(nobody).await, Ok(Answer::KeyPackage(None)));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_closes_the_socket_within_a_second() {
    let server = TestServer::start().await;
    let (mut alice, bob) = (Installation::alice(&server).await, Installation::bob(&server).await);
    let (mut a, mut b) = (alice.connect().await, bob.connect().await);
    let cookies = alice.browser.clone();
    let before = Instant::now();
    alice.sign_out().await.unwrap();
    assert_eq!(a.end().await, (Some(ErrorCode::SessionEnded), Some(4401)));
    assert!(before.elapsed() < Duration::from_secs(1));
    // A copy of the old cookie opens nothing any more.
    let mut again = Socket::open(&cookies).await;
    assert_eq!(again.end().await, (Some(ErrorCode::SessionEnded), Some(4401)));
    b.send(&ClientFrame::Ping).await;
    assert_eq!(b.hear().await, Heard::Frame(ServerFrame::Pong), "Bob stays");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_socket_takes_over() {
    let server = TestServer::start().await;
    let alice = Installation::alice(&server).await;
    let mut older = alice.connect().await;
    let mut newer = alice.connect().await;
    assert_eq!(older.end().await, (Some(ErrorCode::Superseded), Some(4409)));
    newer.send(&ClientFrame::Ping).await;
    assert_eq!(newer.hear().await, Heard::Frame(ServerFrame::Pong));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_silent_is_given_up_and_who_pings_is_not() {
    let server = TestServer::start_with(|_, patience| patience.silence = Duration::from_millis(600)).await;
    let (alice, bob) = (Installation::alice(&server).await, Installation::bob(&server).await);
    let (mut a, mut b) = (alice.connect().await, bob.connect().await);
    let pinging = async {
        for _ in 0..12 {
            b.send(&ClientFrame::Ping).await;
            assert_eq!(b.hear().await, Heard::Frame(ServerFrame::Pong));
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let (ended, ()) = tokio::join!(a.end(), pinging);
    assert_eq!(ended, (None, Some(4408)));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_at_the_challenge_is_given_up() {
    let server = TestServer::start_with(|_, patience| patience.hello = Duration::from_millis(200)).await;
    let alice = Installation::alice(&server).await;
    let mut a = Socket::open(&alice.browser).await;
    assert_eq!(a.end().await, (None, Some(4408)));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_is_cut_off_and_loses_nothing() {
    let server = TestServer::start_with(|_, patience| patience.writing = Duration::from_millis(500)).await;
    let (alice, bob) = (Installation::alice(&server).await, Installation::bob(&server).await);
    let mut a = alice.connect().await;
    let commit = a.make_conversation(TOPIC, &[&bob]).await;
    let mut b = bob.connect().await;
    b.subscribe(TOPIC, commit).await;
    b.caught_up(TOPIC).await;
    // More than the buffers of both kernels take.
    let large = "x".repeat(limits::PAYLOAD - 100);
    let count = 300;
    for _ in 0..count {
        a.publish(message(commit, &large)).await.unwrap();
    }
    let connections = || server.running().server().connections().count();
    eventually("Bob is cut off", async || connections() == 1).await;
    a.send(&ClientFrame::Ping).await;
    a.wait("Alice does not notice", |frame| {
        matches!(frame, ServerFrame::Pong).then_some(())
    })
    .await;

    let mut again = bob.connect().await;
    again.subscribe(TOPIC, commit).await;
    let all = again.envelopes(TOPIC, count).await;
    assert_eq!(
        all.iter().map(|envelope| envelope.seq.0).collect::<Vec<_>>(),
        (2..2 + count as u64).collect::<Vec<_>>()
    );
    drop(b);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_goes_away_and_comes_back_loses_nothing() {
    let server = TestServer::start().await;
    let (alice, bob) = (Installation::alice(&server).await, Installation::bob(&server).await);
    let (mut a, mut b) = (alice.connect().await, bob.connect().await);
    let commit = a.make_conversation(TOPIC, &[&bob]).await;
    b.subscribe(TOPIC, commit).await;
    b.caught_up(TOPIC).await;

    server.wire.cut();
    let lost = message(commit, "said into the void");
    a.send(&ClientFrame::Publish(lost.clone())).await;
    assert_eq!(
        a.end().await,
        (Some(ErrorCode::Unavailable), Some(1013)),
        "not refused: nobody knows whether it stands"
    );
    // Who comes meanwhile is sent away, and told that it is not their session's fault.
    let mut meanwhile = Socket::open(&alice.browser).await;
    assert_eq!(meanwhile.end().await, (Some(ErrorCode::Unavailable), Some(1013)));
    server.wire.mend();

    let mut a = alice.connect().await;
    assert_eq!(a.publish(lost.clone()).await, Ok(Seq(2)));
    assert_eq!(
        texts(&b.envelopes(TOPIC, 1).await),
        [(2, "said into the void".to_owned())],
        "Bob's socket lived on"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_says_so_answers_what_was_asked_and_everybody_resumes() {
    let mut server = TestServer::start().await;
    let (alice, bob) = (Installation::alice(&server).await, Installation::bob(&server).await);
    let (mut a, mut b) = (alice.connect().await, bob.connect().await);
    let commit = a.make_conversation(TOPIC, &[&bob]).await;
    let last = message(commit, "the last before the restart");
    a.send(&ClientFrame::Publish(last.clone())).await;
    a.send(&ClientFrame::Ping).await;
    a.wait("the publish has been read", |frame| {
        matches!(frame, ServerFrame::Pong).then_some(())
    })
    .await;

    server.begin_to_end();
    assert_eq!(a.stored(last.id).await, Ok(Seq(2)), "what was handed in is answered");
    assert_eq!(a.end().await, (Some(ErrorCode::Restarting), Some(1012)));
    assert_eq!(b.end().await, (Some(ErrorCode::Restarting), Some(1012)));
    let before = Instant::now();
    server.pause().await;
    assert!(before.elapsed() < Duration::from_secs(10), "nothing holds it up");

    server.resume().await;
    let mut b = bob.connect().await;
    b.subscribe(TOPIC, commit).await;
    assert_eq!(
        texts(&b.caught_up(TOPIC).await),
        [(2, "the last before the restart".to_owned())]
    );
    let mut a = alice.connect().await;
    assert_eq!(a.publish(message(commit, "and on")).await, Ok(Seq(3)));
    assert_eq!(texts(&b.envelopes(TOPIC, 1).await), [(3, "and on".to_owned())]);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_browser_of_somebody_who_was_asked_about_is_told_of() {
    let server = TestServer::start().await;
    let mut alice = Installation::alice(&server).await;
    let mut socket = alice.connect().await;
    let mut phone = Installation::new(&server, 0xb0, 0xb1);
    let account = phone.account();
    let nobody = socket.ask(Ask::Installations { account }).await.unwrap();
    assert_eq!(nobody, Answer::Installations(vec![]));
    let told = |frame: &ServerFrame| (*frame == ServerFrame::Installations { account }).then_some(());
    phone.sign_in().await.unwrap();
    socket.wait("the hint that it is new", told).await;
    let mut own = phone.connect().await;
    let packages = Ask::PublishKeyPackages {
        key_packages: vec![serde_bytes::ByteBuf::from(*b"one")],
        last_resort: None,
    };
    own.ask(packages).await.unwrap();
    socket.wait("the hint that it can be written to", told).await;
    alice.sign_out().await.unwrap();
    server.stop().await;
}
