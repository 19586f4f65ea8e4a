//! Signing in and out over real HTTP: what a browser gets, and what nobody gets.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::os::unix::fs::PermissionsExt;

use protocol::{Address, ErrorCode, api};
use testkit::{Installation, Socket, TestServer, request};

async fn challenge(person: &mut Installation, chain: u64) -> Result<api::Challenge, ErrorCode> {
    let arguments = (person.account(), chain, person.public_key());
    person.browser.call("challenge", &arguments).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_signature_signs_in_and_signing_out_ends_it() {
    let server = TestServer::start().await;
    let mut alice = Installation::new(&server, 0xa1, 0xa1);
    let site: api::Site = alice.browser.call("site", &()).await.unwrap();
    assert_eq!((site.domain.as_str(), site.me), (server.domain().as_str(), None));
    let me = alice.sign_in().await.unwrap();
    assert_eq!((me.address, me.installation), (alice.account(), alice.id()));
    let site: api::Site = alice.browser.call("site", &()).await.unwrap();
    assert_eq!(site.me, Some(me));
    alice.browser.call::<_, ()>("set_name", &("Alice",)).await.unwrap();
    let people: Vec<api::Person> = alice.browser.call("people", &(vec![alice.account()],)).await.unwrap();
    assert_eq!(
        people,
        [api::Person {
            address: alice.account(),
            name: "Alice".into(),
            is_registered: true
        }]
    );

    alice.sign_out().await.unwrap();
    assert!(!alice.browser.cookie().contains("jackdaw="), "the cookie is gone");
    let sessions: Result<Vec<api::Session>, _> = alice.browser.call("sessions", &()).await;
    assert_eq!(sessions, Err(ErrorCode::NotSignedIn));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_out_of_reach_of_scripts_and_other_sites() {
    for (url, names) in [
        ("", ["jackdaw", "jackdaw-browser"]),
        ("https://chat.example", ["__Host-jackdaw", "__Host-jackdaw-browser"]),
    ] {
        let server = TestServer::start_with(|config, _| {
            if !url.is_empty() {
                config.url = url.parse().unwrap();
            }
        })
        .await;
        let mut alice = Installation::new(&server, 0xa1, 0xa1);
        alice.sign_in().await.unwrap();
        for name in names {
            let line = alice
                .browser
                .set_cookies
                .iter()
                .find(|line| line.starts_with(&format!("{name}=")))
                .expect(name);
            for part in ["Path=/", "HttpOnly", "SameSite=Strict"] {
                assert!(line.contains(part), "{part} in {name}");
            }
            assert!(!line.contains("Domain"), "{name}");
            assert_eq!(line.contains("Secure"), !url.is_empty(), "{name}");
        }
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_is_known_before_it_asks_for_a_text_and_stays_the_same() {
    let server = TestServer::start().await;
    let mut alice = Installation::new(&server, 0xa1, 0xa1);
    let _: api::Site = alice.browser.call("site", &()).await.unwrap();
    let known = alice.browser.cookie();
    assert!(known.contains("jackdaw-browser="), "{known}");
    let given = alice.browser.set_cookies.len();
    challenge(&mut alice, 1).await.unwrap();
    assert_eq!(alice.browser.cookie(), known);
    assert_eq!(
        alice.browser.set_cookies.len(),
        given + 1,
        "it is kept for as long once more"
    );
    server.stop().await;
}

/// Pages of the release before ADR 22 knew no other field, and sign the text as it comes.
#[derive(serde::Deserialize)]
struct OldChallenge {
    text: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_the_release_before_still_signs_in() {
    let server = TestServer::start().await;
    let mut alice = Installation::new(&server, 0xa1, 0xa1);
    let arguments = (alice.account(), 1u64, alice.public_key());
    let old: OldChallenge = alice.browser.call("challenge", &arguments).await.unwrap();
    let signature = alice.sign_text(&old.text);
    let signed_in: api::SignedIn = alice.browser.call("sign_in", &(&old.text, signature)).await.unwrap();
    assert_eq!(signed_in.me.address, alice.account());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_the_server_accepts_its_own_text_to_the_byte_and_no_other() {
    let server = TestServer::start().await;
    let mut alice = Installation::new(&server, 0xa1, 0xa1);
    let given = challenge(&mut alice, 1).await.unwrap();
    let origin = identity::Origin::parse(&server.origin()).unwrap();
    let rendered = |nonce: &str, later: i64| {
        let mut given = given.clone();
        given.nonce = nonce.to_owned();
        given.issued_at.0 += later;
        let statement = identity::Statement::sign_in(&origin, alice.account(), alice.id(), 1, &given);
        statement.unwrap().text()
    };
    assert_eq!(rendered(&given.nonce, 0), given.text);
    let signed = |text: &str| alice.sign_text(text);
    let (later, other) = (rendered(&given.nonce, 1000), rendered(&"0".repeat(40), 0));
    let (signed_later, signed_other) = (signed(&later), signed(&other));
    let refused: Result<api::SignedIn, _> = alice.browser.call("sign_in", &(&later, signed_later)).await;
    assert_eq!(refused.err(), Some(ErrorCode::WrongText));
    let refused: Result<api::SignedIn, _> = alice.browser.call("sign_in", &(&other, signed_other)).await;
    assert_eq!(refused.err(), Some(ErrorCode::NonceSpent));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_for_one_browser_and_one_use() {
    let server = TestServer::start().await;
    let mut alice = Installation::new(&server, 0xa1, 0xa1);
    let text = challenge(&mut alice, 1).await.unwrap().text;
    let signature = alice.sign_text(&text);

    let mut elsewhere = server.visitor();
    let stolen: Result<api::Me, _> = elsewhere.call("sign_in", &(&text, &signature)).await;
    assert_eq!(stolen, Err(ErrorCode::NonceSpent), "another browser");
    let eve = Installation::new(&server, 0xee, 0xee);
    let forged: Result<api::Me, _> = alice.browser.call("sign_in", &(&text, eve.sign_text(&text))).await;
    // Without a node to ask nobody can say that it is not a smart account's, and waiting does not help.
    assert_eq!(forged, Err(ErrorCode::NoNode));
    let other = text.replace("Sign in to Jackdaw", "Sign in to jackdaw");
    let changed: Result<api::Me, _> = alice.browser.call("sign_in", &(&other, alice.sign_text(&other))).await;
    assert_eq!(changed, Err(ErrorCode::WrongText));

    let me: api::Me = alice.browser.call("sign_in", &(&text, &signature)).await.unwrap();
    assert_eq!(me.address, alice.account());
    let again: Result<api::Me, _> = alice.browser.call("sign_in", &(&text, &signature)).await;
    assert_eq!(again, Err(ErrorCode::NonceSpent), "used up");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_signed_in_with_is_refused_by_name() {
    let server = TestServer::start().await;
    let mut alice = Installation::new(&server, 0xa1, 0xa1);
    assert_eq!(challenge(&mut alice, 5).await.err(), Some(ErrorCode::WrongChain));
    let no_key = (alice.account(), 1u64, vec![0u8; 12]);
    let refused: Result<api::Challenge, _> = alice.browser.call("challenge", &no_key).await;
    assert_eq!(refused.err(), Some(ErrorCode::Malformed));
    let large: Result<api::Me, _> = alice.browser.call("sign_in", &("x".repeat(5_000), vec![0u8; 65])).await;
    assert_eq!(large, Err(ErrorCode::TooLarge));
    for (name, status) in [
        ("sessions", 401),
        ("installations", 401),
        ("end_other_sessions", 401),
        ("test_coins", 401),
    ] {
        let origin = server.origin();
        let headers = [("origin", origin.as_str()), ("content-type", "application/x-postcard")];
        let answer = request(server.address(), "POST", &format!("/api/{name}"), &headers, &[]).await;
        assert_eq!(answer.status, status, "{name}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_the_other_sessions_closes_their_sockets() {
    let server = TestServer::start().await;
    let here = Installation::alice(&server).await;
    let mut there = Installation::new(&server, 0xa1, 0xa2);
    there.sign_in().await.unwrap();
    let mut socket_here = here.connect().await;
    let mut there_socket = there.connect().await;
    let mut browser = here.browser.clone();
    let sessions: Vec<api::Session> = browser.call("sessions", &()).await.unwrap();
    assert_eq!(
        (
            sessions.len(),
            sessions.iter().filter(|session| session.is_current).count()
        ),
        (2, 1)
    );
    browser.call::<_, ()>("end_other_sessions", &()).await.unwrap();
    assert_eq!(there_socket.end().await, (Some(ErrorCode::SessionEnded), Some(4401)));
    socket_here.send(&protocol::ClientFrame::Ping).await;
    socket_here
        .wait("a pong", |frame| {
            matches!(frame, protocol::ServerFrame::Pong).then_some(())
        })
        .await;
    let gone: Result<Vec<api::Session>, _> = there.browser.call("sessions", &()).await;
    assert_eq!(gone, Err(ErrorCode::SessionEnded));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_survive_a_restart_and_die_with_the_key() {
    let mut server = TestServer::start().await;
    let mut alice = Installation::alice(&server).await;
    server.pause().await;
    let key = server.config.data.join("session.key");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    server.resume().await;
    assert!(
        alice
            .browser
            .call::<_, Vec<api::Session>>("sessions", &())
            .await
            .is_ok()
    );
    server.pause().await;
    std::fs::remove_file(&key).unwrap();
    server.resume().await;
    let sessions: Result<Vec<api::Session>, _> = alice.browser.call("sessions", &()).await;
    assert_eq!(sessions.err(), Some(ErrorCode::NotSignedIn));
    let mut socket = Socket::open(&alice.browser).await;
    assert_eq!(socket.end().await, (Some(ErrorCode::NotSignedIn), Some(4401)));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_somebody_is_here_is_not_told_to_strangers() {
    let server = TestServer::start().await;
    let alice = Installation::alice(&server).await;
    let mut stranger = server.visitor();
    let people: Result<Vec<api::Person>, _> = stranger.call("people", &(vec![alice.account(), Address::ZERO],)).await;
    assert_eq!(people.err(), Some(ErrorCode::NotSignedIn));
    server.stop().await;
}
