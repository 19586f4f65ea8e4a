//! Whole people over the real server: the same client that runs in browsers, with everything encrypted.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use testkit::{Person, TestServer};
use tokio::task::LocalSet;

#[tokio::test]
async fn alice_and_bob_talk_and_the_machine_cannot_read_it() {
    LocalSet::new()
        .run_until(async {
            let mut server = TestServer::start().await;
            let (mut alice, mut bob) = (Person::alice(&server).await, Person::bob(&server).await);
            let (a, b) = (alice.account(), bob.account());
            alice.show(b);
            bob.show(a);
            alice.tell(b, "canary: hello bob").await;
            bob.accept(a).await;
            bob.hear("canary: hello bob").await;
            bob.tell(a, "canary: hello alice").await;
            alice.hear("canary: hello alice").await;

            // Bob closes his browser; what is said meanwhile waits.
            let away = bob.leave();
            for text in ["canary: one", "canary: two", "canary: three"] {
                alice.tell(b, text).await;
            }
            // And the server restarts in between; Alice notices nothing but a pause.
            server.pause().await;
            let during = alice.say(b, "canary: while the server is away");
            server.resume().await;
            alice
                .native
                .wait_for_state(during, bridge::MessageState::Sent)
                .await
                .unwrap();

            let mut bob = away.come_back().await;
            bob.show(a);
            bob.hear("canary: while the server is away").await;
            bob.tell(a, "canary: back again").await;
            alice.hear("canary: back again").await;

            let dump = server.database.dump().await;
            assert!(
                dump.contains(&hex::encode(b)),
                "the dump holds what it should: who is here"
            );
            let hex = hex::encode("canary");
            assert!(
                !dump.contains("canary") && !dump.contains(&hex),
                "the database holds ciphertext only"
            );
            drop((alice, bob));
            server.stop().await;
        })
        .await;
}
