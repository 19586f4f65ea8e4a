//! Ids of messages that are used again, with other words or other bytes.

use bridge::{Command, MessageState, Trouble};
use stage::World;

#[test]
fn an_id_that_is_used_again_for_other_words_keeps_the_first() {
    let mut world = World::with(1001, &["alice", "bob"]);
    let id = world.send("alice", "bob", "first");
    let peer = world.address("bob");
    let again = |text: &str| Command::text(peer, id, text);
    world.command("alice", again("second"));
    // Also when the first one still waits.
    world.go_offline("alice");
    let waiting = world.send("alice", "bob", "waits");
    world.command("alice", Command::text(peer, waiting, "waits no more"));
    world.go_online("alice");
    world.accept("bob", "alice");
    for (who, with) in [("alice", "bob"), ("bob", "alice")] {
        assert_eq!(world.texts(who, with), ["first", "waits"], "{who}");
    }
    assert_eq!(world.state("alice", "bob", id), Some(MessageState::Sent));
}

#[test]
fn a_server_that_gives_one_id_to_two_messages_is_noticed() {
    let mut world = World::with(1002, &["alice", "bob"]);
    world.send("alice", "bob", "hello");
    world.accept("bob", "alice");
    world.go_offline("alice");
    world.send("bob", "alice", "one");
    world.send("bob", "alice", "two");
    let topic = world.server.borrow().arrived[0].1.topic;
    {
        let mut server = world.server.borrow_mut();
        let envelopes = &mut server.logs.get_mut(&topic).unwrap().envelopes;
        let last = envelopes.len() - 1;
        envelopes[last].id = envelopes[last - 1].id;
    }
    world.go_online("alice");
    world.pass(5_000);
    // The words are bound to their id: under another one they are nobody's.
    assert_eq!(world.texts("alice", "bob"), ["hello", "one"]);
    assert_eq!(world.troubles("alice"), [Trouble::Unreadable]);
    world.send("bob", "alice", "three");
    assert_eq!(world.texts("alice", "bob"), ["hello", "one", "three"]);
}
