//! A revoked installation: its socket ends, it learns why, and everybody else is told.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use protocol::{Answer, Ask, ErrorCode, ServerFrame};
use serde_bytes::ByteBuf;
use testkit::{Installation, Socket, TestServer};

/// Alice at two browsers.
async fn two(server: &TestServer) -> (Installation, Installation) {
    let laptop = Installation::alice(server).await;
    let mut phone = Installation::new(server, 0xa1, 0xa2);
    phone.sign_in().await.unwrap();
    (laptop, phone)
}

fn revoke(revocation: Vec<u8>) -> Ask {
    Ask::Revoke {
        revocation: ByteBuf::from(revocation),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_socket_ends_it_learns_why_and_the_others_are_told() {
    let server = TestServer::start().await;
    let (laptop, mut phone) = two(&server).await;
    let bob = Installation::bob(&server).await;
    let (mut at_laptop, mut at_phone, mut at_bob) =
        (laptop.connect().await, phone.connect().await, bob.connect().await);
    let account = laptop.account();
    at_bob.ask(Ask::Installations { account }).await.unwrap();

    let statement = laptop.revocation_of(phone.id());
    assert_eq!(at_laptop.ask(revoke(statement.clone())).await, Ok(Answer::Revoked));
    assert_eq!(at_phone.end().await, (Some(ErrorCode::Revoked), Some(4401)));
    let told = |frame: &ServerFrame| (*frame == ServerFrame::Installations { account }).then_some(());
    at_bob.wait("the hint", told).await;
    at_laptop.wait("the hint, of one's own account", told).await;
    let asked = Ask::Revocations {
        installations: vec![phone.id(), laptop.id()],
    };
    let proofs = Answer::Revocations(vec![ByteBuf::from(statement)]);
    assert_eq!(at_bob.ask(asked).await, Ok(proofs));

    // The cookie opens nothing more, and the key is never vouched for again.
    let mut again = Socket::open(&phone.browser).await;
    assert_eq!(again.end().await, (Some(ErrorCode::Revoked), Some(4401)));
    assert_eq!(phone.sign_in().await.err(), Some(ErrorCode::Revoked));
    let mut new = Installation::new(&server, 0xa1, 0xa3);
    new.sign_in().await.unwrap();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_revokes_itself_ends_and_a_stranger_revokes_nobody() {
    let server = TestServer::start().await;
    let (laptop, phone) = two(&server).await;
    let bob = Installation::bob(&server).await;
    let (mut at_phone, mut at_bob) = (phone.connect().await, bob.connect().await);
    let of_another = at_bob.ask(revoke(laptop.revocation_of(phone.id()))).await;
    assert_eq!(of_another, Err(ErrorCode::NotYourInstallation));
    let forged = at_bob.ask(revoke(bob.revocation_of(phone.id()))).await;
    assert_eq!(forged, Err(ErrorCode::NotFound));
    let garbage = at_bob.ask(revoke(vec![7; 40])).await;
    assert_eq!(garbage, Err(ErrorCode::Malformed));
    // Nothing of it has touched the phone.
    at_phone.ask(Ask::Revocations { installations: vec![] }).await.unwrap();

    at_phone
        .send(&protocol::ClientFrame::Ask {
            number: 77,
            ask: revoke(phone.revocation_of(phone.id())),
        })
        .await;
    assert_eq!(at_phone.end().await, (Some(ErrorCode::Revoked), Some(4401)));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_socket_at_another_server_of_the_site_ends_too() {
    let here = TestServer::start().await;
    let there = here.beside().await;
    let (laptop, phone) = two(&here).await;
    let mut at_laptop = laptop.connect().await;
    let mut at_phone = phone.connect_at(&there).await;
    let revoked = at_laptop.ask(revoke(laptop.revocation_of(phone.id()))).await;
    assert_eq!(revoked, Ok(Answer::Revoked));
    assert_eq!(at_phone.end().await, (Some(ErrorCode::Revoked), Some(4401)));
    there.stop().await;
    here.stop().await;
}
