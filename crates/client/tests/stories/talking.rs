//! Two people talk.

use crate::support::World;
use bridge::{Connection, MessageState};

#[test]
fn alice_and_bob_talk_both_ways() {
    let mut world = World::with(1, &["alice", "bob"]);
    assert_eq!(world.connection("alice"), Some(Connection::Live));
    let hello = world.send("alice", "bob", "hello bob");
    assert_eq!(world.state("alice", "bob", hello), Some(MessageState::Sent));
    world.accept("bob", "alice");
    assert_eq!(world.texts("bob", "alice"), ["hello bob"]);
    assert_eq!(world.state("bob", "alice", hello), Some(MessageState::Received));
    world.send("bob", "alice", "hello alice");
    world.send("alice", "bob", "how are you?");
    world.send("bob", "alice", "fine");
    let all = ["hello bob", "hello alice", "how are you?", "fine"];
    assert_eq!(world.texts("alice", "bob"), all);
    assert_eq!(world.texts("bob", "alice"), all);
    assert_eq!(world.waiting("alice"), 0);
    let arrived = format!("{:?}", world.server.borrow().arrived);
    let canary = format!("{:?}", b"how are you?");
    assert!(
        !arrived.contains(canary.trim_matches(['[', ']'])),
        "the server sees ciphertext only"
    );
}
