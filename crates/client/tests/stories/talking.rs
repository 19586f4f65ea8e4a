//! Two people talk.

use bridge::{Command, Connection, Event, MessageState};
use protocol::Kind;
use stage::world::{preview, words};

use crate::support::World;

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
    for (_, publish) in &world.server.borrow().arrived {
        let payload = String::from_utf8_lossy(&publish.payload);
        assert!(!payload.contains("how are you?"), "the server sees ciphertext only");
    }
}

#[test]
fn what_was_written_offline_stands_where_the_log_has_it_for_both() {
    let mut world = World::with(12, &["alice", "bob"]);
    world.send("alice", "bob", "hello");
    world.accept("bob", "alice");
    world.go_offline("bob");
    world.send("bob", "alice", "from bob, offline");
    world.pass(60_000);
    world.send("alice", "bob", "from alice, meanwhile");
    world.go_online("bob");
    let log = ["hello", "from alice, meanwhile", "from bob, offline"];
    assert_eq!(world.texts("alice", "bob"), log);
    assert_eq!(world.texts("bob", "alice"), log);
    world.crash("bob");
    assert_eq!(world.texts("bob", "alice"), log, "also after a reload");
}

#[test]
fn an_offline_bob_gets_everything_later_in_order() {
    let mut world = World::with(2, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    world.go_offline("bob");
    for text in ["two", "three", "four"] {
        world.send("alice", "bob", text);
    }
    assert_eq!(world.texts("bob", "alice"), ["one"]);
    world.go_online("bob");
    assert_eq!(world.texts("bob", "alice"), ["one", "two", "three", "four"]);
    assert_eq!(world.connection("bob"), Some(Connection::Live));
}

#[test]
fn somebody_who_was_never_online_since_signing_in_gets_it_all_with_the_invitation() {
    let mut world = World::with(3, &["alice", "bob"]);
    world.go_offline("bob");
    let all: Vec<String> = (0..120).map(|number| format!("message {number}")).collect();
    for text in &all {
        let (id, peer) = (protocol::MessageId(rand_id(text)), world.address("bob"));
        world.tell("alice", Command::text(peer, id, text.clone()));
    }
    world.run();
    assert_eq!(world.waiting("alice"), 0, "a window of publishes moves on");
    world.go_online("bob");
    world.accept("bob", "alice");
    // The newest page, and the two before it.
    let mut read = world.texts("bob", "alice");
    assert_eq!(read.len(), 50);
    let peer = world.address("alice");
    while read.len() < 120 {
        let thread = oldest(&world, &read);
        world.command(
            "bob",
            Command::Older {
                conversation: peer.into(),
                before: thread,
            },
        );
        let Some(Event::Older { messages, .. }) = world.people["bob"].events.last().cloned() else {
            panic!("an answer to Older")
        };
        assert!(!messages.is_empty());
        read.splice(0..0, messages.iter().map(|message| words(&message.body)));
    }
    assert_eq!(read, all);
}

fn rand_id(text: &str) -> [u8; 16] {
    let mut id = [b'.'; 16];
    id[..text.len().min(16)].copy_from_slice(&text.as_bytes()[..text.len().min(16)]);
    id
}

fn oldest(_: &World, read: &[String]) -> protocol::MessageId {
    protocol::MessageId(rand_id(&read[0]))
}

#[test]
fn what_is_written_offline_is_sent_on_return_in_order() {
    let mut world = World::with(4, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    world.go_offline("alice");
    let two = world.send("alice", "bob", "two");
    world.send("alice", "bob", "three");
    assert_eq!(world.state("alice", "bob", two), Some(MessageState::Sending));
    assert_eq!(world.waiting("alice"), 2);
    world.go_online("alice");
    assert_eq!(world.texts("bob", "alice"), ["one", "two", "three"]);
    assert_eq!(world.state("alice", "bob", two), Some(MessageState::Sent));
    assert_eq!(world.waiting("alice"), 0);
}

#[test]
fn a_lost_answer_is_asked_for_with_the_same_bytes_and_shown_once() {
    let mut world = World::with(5, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    world.server.borrow_mut().mute = true;
    // Neither answer nor echo reach alice.
    world.server.borrow_mut().lie = Some(Box::new(|frame| {
        if matches!(frame, protocol::ServerFrame::Envelopes { .. }) {
            vec![]
        } else {
            vec![frame]
        }
    }));
    let two = world.send("alice", "bob", "two");
    assert_eq!(world.state("alice", "bob", two), Some(MessageState::Sending));
    world.server.borrow_mut().restart();
    world.server.borrow_mut().mute = false;
    world.server.borrow_mut().lie = None;
    world.run();
    world.pass(2_000);
    assert_eq!(world.state("alice", "bob", two), Some(MessageState::Sent));
    assert_eq!(world.texts("alice", "bob"), ["one", "two"]);
    assert_eq!(world.texts("bob", "alice"), ["one", "two"]);
    let server = world.server.borrow();
    let tries: Vec<_> = server.arrived.iter().filter(|(_, publish)| publish.id == two).collect();
    assert!(
        tries.len() <= 2 && tries.windows(2).all(|pair| pair[0] == pair[1]),
        "the same bytes"
    );
}

#[test]
fn a_repeated_command_is_harmless() {
    let mut world = World::with(6, &["alice", "bob"]);
    let id = world.fresh_id();
    let peer = world.address("bob");
    for _ in 0..3 {
        world.command("alice", Command::text(peer, id, "once"));
    }
    world.accept("bob", "alice");
    assert_eq!(world.texts("bob", "alice"), ["once"]);
    assert_eq!(world.texts("alice", "bob"), ["once"]);
}

#[test]
fn both_start_at_once_and_agree_on_one_group() {
    let mut world = World::with(7, &["alice", "bob"]);
    let (alice, bob) = (world.address("alice"), world.address("bob"));
    let (one, two) = (world.fresh_id(), world.fresh_id());
    world.tell("alice", Command::text(bob, one, "from alice"));
    world.tell("bob", Command::text(alice, two, "from bob"));
    world.run();
    let read = |mut texts: Vec<String>| {
        texts.sort();
        texts
    };
    assert_eq!(read(world.texts("alice", "bob")), ["from alice", "from bob"]);
    assert_eq!(read(world.texts("bob", "alice")), ["from alice", "from bob"]);
    world.send("alice", "bob", "next");
    world.send("bob", "alice", "and next");
    assert_eq!(world.texts("alice", "bob")[2..], ["next", "and next"]);
    assert_eq!(world.texts("bob", "alice")[2..], ["next", "and next"]);
    let server = world.server.borrow();
    let last: Vec<_> = server
        .arrived
        .iter()
        .rev()
        .take(2)
        .map(|(_, publish)| publish.topic)
        .collect();
    assert_eq!(last[0], last[1], "the smallest topic of both");
    assert!(
        server
            .arrived
            .iter()
            .all(|(_, publish)| publish.topic >= last[0] || publish.topic != last[0])
    );
}

#[test]
fn a_new_browser_of_bob_is_added_before_the_next_message() {
    let mut world = World::with(8, &["alice", "bob"]);
    world.send("alice", "bob", "to the first browser");
    world.accept("bob", "alice");
    world.arrive_again("bob", "bob's phone");
    world.sign_in("bob's phone");
    world.pass(61_000);
    world.send("alice", "bob", "to both");
    assert_eq!(world.texts("bob", "alice"), ["to the first browser", "to both"]);
    world.accept("bob's phone", "alice");
    assert_eq!(world.texts("bob's phone", "alice"), ["to both"]);
    world.send("bob's phone", "alice", "from the phone");
    assert_eq!(world.texts("alice", "bob").last().unwrap(), "from the phone");
    let mine = world.thread("bob", "alice").pop().unwrap();
    assert_eq!(
        (mine.text(), mine.is_mine(), mine.state),
        (Some("from the phone"), true, MessageState::Sent)
    );
}

#[test]
fn many_browsers_of_one_person_all_get_it() {
    let mut world = World::with(9, &["alice", "bob"]);
    let more = ["bob 2", "bob 3", "bob 4", "bob 5", "bob 6"];
    for name in more {
        world.arrive_again("bob", name);
        world.sign_in(name);
    }
    world.send("alice", "bob", "to all six");
    for name in ["bob"].into_iter().chain(more) {
        world.accept(name, "alice");
        assert_eq!(world.texts(name, "alice"), ["to all six"], "{name}");
    }
    let server = world.server.borrow();
    let commits = server
        .arrived
        .iter()
        .filter(|(_, publish)| matches!(publish.kind, Kind::Commit { .. }));
    assert_eq!(commits.count(), 2, "four in the first commit, two in the second");
}

#[test]
fn notes_to_oneself() {
    let mut world = World::with(10, &["alice"]);
    let id = world.send("alice", "alice", "remember");
    assert_eq!(world.state("alice", "alice", id), Some(MessageState::Sent));
    assert_eq!(world.texts("alice", "alice"), ["remember"]);
    assert_eq!(world.list("alice")[0].unread, 0);
}

#[test]
fn unread_counts_grow_and_are_seen() {
    let mut world = World::with(11, &["alice", "bob"]);
    world.send("bob", "alice", "hi");
    world.accept("alice", "bob");
    world.send("bob", "alice", "are\n you   there?");
    let list = world.list("alice");
    assert_eq!(
        (list[0].unread, preview(&list[0]).as_str(), list[0].mine),
        (2, "are you there?", false)
    );
    let peer = world.address("bob");
    world.command(
        "alice",
        Command::Seen {
            conversation: peer.into(),
        },
    );
    assert_eq!(world.list("alice")[0].unread, 0);
    world.send("alice", "bob", "yes");
    let list = world.list("alice");
    assert_eq!(
        (list[0].unread, preview(&list[0]).as_str(), list[0].mine),
        (0, "yes", true)
    );
}

#[test]
fn a_clock_that_is_wrong_does_not_turn_the_order_round() {
    let mut world = World::with(12, &["alice", "bob"]);
    world.send("alice", "bob", "question");
    world.accept("bob", "alice");
    world.go_offline("alice");
    let now = world.now.get();
    world.now.set(now + 3_600_000);
    world.send("alice", "bob", "written an hour ahead");
    world.now.set(now);
    world.go_online("alice");
    world.send("bob", "alice", "answer");
    world.send("bob", "alice", "and another");
    let texts = ["question", "written an hour ahead", "answer", "and another"];
    assert_eq!(world.texts("alice", "bob"), texts);
    assert_eq!(world.texts("bob", "alice"), texts);
}
