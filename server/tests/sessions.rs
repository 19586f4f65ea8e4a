//! Sessions that are ended: their sockets end with them, at whichever server of the site they are.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use protocol::{Answer, Ask, ErrorCode, api};
use testkit::{Installation, Socket, TestServer};

const OVER: (Option<ErrorCode>, Option<u16>) = (Some(ErrorCode::SessionEnded), Some(4401));

/// Alice at two browsers.
async fn two(server: &TestServer) -> (Installation, Installation) {
    let laptop = Installation::alice(server).await;
    let mut phone = Installation::new(server, 0xa1, 0xa2);
    phone.sign_in().await.unwrap();
    (laptop, phone)
}

/// Nothing has ended this one.
async fn goes_on(socket: &mut Socket) {
    let asked = socket.ask(Ask::Revocations { installations: vec![] }).await;
    assert_eq!(asked, Ok(Answer::Revocations(vec![])));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_signed_out_everywhere_else_reads_no_further_at_another_server() {
    let here = TestServer::start().await;
    let there = here.beside().await;
    let (mut laptop, phone) = two(&here).await;
    let bob = Installation::bob(&here).await;
    let mut at_laptop = laptop.connect_at(&there).await;
    let mut at_phone = phone.connect_at(&there).await;
    let mut at_bob = bob.connect_at(&there).await;
    laptop.browser.call::<_, ()>("end_other_sessions", &()).await.unwrap();
    assert_eq!(at_phone.end().await, OVER);
    goes_on(&mut at_laptop).await;
    goes_on(&mut at_bob).await;
    there.stop().await;
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_ended_from_another_browser_ends_at_another_server() {
    let here = TestServer::start().await;
    let there = here.beside().await;
    let (mut laptop, phone) = two(&here).await;
    let (mut at_laptop, mut at_phone) = (laptop.connect_at(&there).await, phone.connect_at(&there).await);
    let listed: Vec<api::Session> = laptop.browser.call("sessions", &()).await.unwrap();
    let other = listed.iter().find(|session| !session.is_current).unwrap();
    laptop
        .browser
        .call::<_, ()>("end_session", &(&other.id,))
        .await
        .unwrap();
    assert_eq!(at_phone.end().await, OVER);
    goes_on(&mut at_laptop).await;
    there.stop().await;
    here.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_a_socket_at_another_server_even_before_it_has_said_whose_it_is() {
    let here = TestServer::start().await;
    let there = here.beside().await;
    let (mut laptop, mut phone) = two(&here).await;
    let mut at_laptop = laptop.connect_at(&there).await;
    let mut silent = phone.open_at(&there).await;
    silent.challenge().await;
    phone.sign_out().await.unwrap();
    assert_eq!(silent.end().await, OVER);
    laptop.sign_out().await.unwrap();
    assert_eq!(at_laptop.end().await, OVER);
    there.stop().await;
    here.stop().await;
}
