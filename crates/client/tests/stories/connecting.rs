//! The socket breaks, and comes back.

use bridge::{Command, Connection, Event};
use client::Effect;
use protocol::{ErrorCode, ServerFrame};

use crate::support::World;

fn waits(world: &World, who: &str) -> Vec<u32> {
    let events = world.people[who].events.iter();
    events
        .filter_map(|event| match event {
            Event::Connection(Connection::Waiting { seconds }) => Some(*seconds),
            _ => None,
        })
        .collect()
}

#[test]
fn a_restart_of_the_server_is_lived_through() {
    let mut world = World::with(50, &["alice", "bob"]);
    world.send("alice", "bob", "before");
    world.accept("bob", "alice");
    world.server.borrow_mut().restart();
    world.run();
    assert!(matches!(world.connection("alice"), Some(Connection::Waiting { .. })));
    let id = world.send("alice", "bob", "in between");
    assert_eq!(world.state("alice", "bob", id), Some(bridge::MessageState::Sending));
    world.pass(1_000);
    assert_eq!(world.connection("alice"), Some(Connection::Live));
    assert_eq!(world.texts("bob", "alice"), ["before", "in between"]);
}

#[test]
fn pauses_grow_to_half_a_minute_and_are_not_the_same_for_everybody() {
    let mut world = World::with(51, &["alice", "bob"]);
    world.server.borrow_mut().closing = Some(1012);
    world.server.borrow_mut().restart();
    world.pass(300_000);
    for who in ["alice", "bob"] {
        let waits = waits(&world, who);
        assert_eq!(waits[0], 1, "half a second or a little more");
        assert!(waits.iter().all(|seconds| *seconds <= 30), "{waits:?}");
        assert!(waits.len() > 8 && waits.len() < 40, "{waits:?}");
        assert!(waits.iter().rev().take(3).all(|seconds| *seconds >= 15), "{waits:?}");
    }
    assert_ne!(waits(&world, "alice"), waits(&world, "bob"));
    world.server.borrow_mut().closing = None;
    world.command("alice", Command::Online(true));
    assert_eq!(
        world.connection("alice"),
        Some(Connection::Live),
        "a network that comes back is used at once"
    );
}

#[test]
fn a_session_that_ended_is_not_knocked_at() {
    let mut world = World::with(52, &["alice"]);
    world.server.borrow_mut().closing = Some(4401);
    world.server.borrow_mut().restart();
    world.pass(1_000);
    assert_eq!(world.connection("alice"), Some(Connection::SignedOut));
    let sockets = world.server.borrow().next_socket;
    world.pass(120_000);
    world.command("alice", Command::Online(true));
    assert_eq!(world.server.borrow().next_socket, sockets);
    world.server.borrow_mut().closing = None;
    world.sign_in("alice");
    assert_eq!(world.connection("alice"), Some(Connection::Live));
}

#[test]
fn the_reason_before_the_close_counts_too() {
    let mut world = World::with(53, &["alice"]);
    let alice = world.installation("alice");
    world.server.borrow_mut().say_to(
        alice,
        &ServerFrame::Bye {
            code: ErrorCode::SessionEnded,
        },
    );
    for socket in world.server.borrow_mut().sockets.values_mut() {
        socket.closed = Some(1000);
    }
    world.run();
    assert_eq!(world.connection("alice"), Some(Connection::SignedOut));
}

#[test]
fn an_idle_connection_is_kept_up_and_a_silent_one_given_up() {
    let mut world = World::with(54, &["alice"]);
    let sockets = world.server.borrow().next_socket;
    world.pass(600_000);
    assert_eq!(world.connection("alice"), Some(Connection::Live));
    assert_eq!(
        world.server.borrow().next_socket,
        sockets,
        "the same socket after ten minutes"
    );
    world.server.borrow_mut().lie = Some(Box::new(|_| Vec::new()));
    world.pass(60_000);
    world.server.borrow_mut().lie = None;
    assert_ne!(world.connection("alice"), Some(Connection::Live));
    world.pass(40_000);
    assert_eq!(world.connection("alice"), Some(Connection::Live));
}

#[test]
fn a_browser_that_says_offline_is_checked_not_believed() {
    let mut world = World::with(55, &["alice"]);
    world.command("alice", Command::Online(false));
    world.pass(6_000);
    assert_eq!(world.connection("alice"), Some(Connection::Live), "the server answered");
    world.server.borrow_mut().lie = Some(Box::new(|_| Vec::new()));
    world.command("alice", Command::Online(false));
    world.pass(6_000);
    assert_ne!(world.connection("alice"), Some(Connection::Live));
}

#[test]
fn signing_out_closes_and_stays_away() {
    let mut world = World::with(56, &["alice"]);
    world.go_offline("alice");
    assert_eq!(world.connection("alice"), Some(Connection::Off));
    assert!(world.server.borrow().sockets.is_empty());
    let sockets = world.server.borrow().next_socket;
    world.pass(100_000);
    assert_eq!(world.server.borrow().next_socket, sockets);
}

#[test]
fn key_packages_are_given_once_and_again_when_few_are_left() {
    let mut world = World::with(57, &["alice"]);
    let alice = world.installation("alice");
    let has = |world: &World| {
        let server = world.server.borrow();
        let installed = &server.installed[&alice];
        (installed.key_packages.len(), installed.last_resort.is_some())
    };
    assert_eq!(has(&world), (20, true));
    world
        .server
        .borrow_mut()
        .installed
        .get_mut(&alice)
        .unwrap()
        .key_packages
        .truncate(12);
    world.go_offline("alice");
    world.go_online("alice");
    assert_eq!(has(&world), (12, true), "enough");
    world
        .server
        .borrow_mut()
        .installed
        .get_mut(&alice)
        .unwrap()
        .key_packages
        .truncate(3);
    world.go_offline("alice");
    world.go_online("alice");
    assert_eq!(has(&world), (20, true));
}

#[test]
fn many_conversations_are_subscribed_in_pages() {
    let mut world = World::with(58, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    // A vault with many logs: written as the client writes them.
    let vault = world.people["alice"].vault.clone();
    let key = &vault.keys(client::Space::Topic)[0];
    let copies = futures::executor::block_on(async {
        use client::Vault;
        let value = vault.get(client::Space::Topic, key).await.unwrap().unwrap();
        let mut batch = client::Batch::default();
        for number in 0u16..1_100 {
            let topic = [&number.to_be_bytes()[..], &[0xee; 30]].concat();
            batch.put(client::Space::Topic, topic, value.clone());
        }
        vault.commit(batch).await
    });
    assert_eq!(copies, Ok(()));
    world.crash("alice");
    world.run();
    assert_eq!(
        world.connection("alice"),
        Some(Connection::Live),
        "frames of at most 500 topics (the server checks)"
    );
}

#[test]
fn another_life_of_the_server_gets_what_it_does_not_have() {
    let mut world = World::with(59, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    world.send("bob", "alice", "two");
    // A backup is restored: the log is shorter than what bob has read, key packages are gone.
    {
        let mut server = world.server.borrow_mut();
        server.incarnation = 2;
        let topic = server.arrived[0].1.topic;
        server.logs.get_mut(&topic).unwrap().envelopes.pop();
        for installed in server.installed.values_mut() {
            installed.key_packages.clear();
            installed.last_resort = None;
        }
        server.restart();
    }
    world.run();
    world.pass(2_000);
    assert_eq!(world.connection("bob"), Some(Connection::Live));
    assert!(
        world
            .troubles("bob")
            .contains(&bridge::Trouble::Refused(ErrorCode::CursorAhead))
    );
    for who in ["alice", "bob"] {
        assert!(
            !world.troubles(who).contains(&bridge::Trouble::Unreadable),
            "what {who} has read before is no alarm"
        );
    }
    assert!(
        world
            .server
            .borrow()
            .installed
            .values()
            .all(|installed| installed.last_resort.is_some())
    );
    world.send("alice", "bob", "three");
    world.send("bob", "alice", "four");
    assert_eq!(
        world.texts("bob", "alice"),
        ["one", "two", "three", "four"],
        "nothing twice, nothing lost"
    );
    assert_eq!(world.texts("alice", "bob"), ["one", "two", "three", "four"]);
}

#[test]
fn effects_name_no_secret() {
    let mut world = World::with(60, &["alice", "bob"]);
    world.send("alice", "bob", "canary in the coal mine");
    let id = world.fresh_id();
    let peer = world.address("bob");
    let frames = world.effects_of("alice", Command::text(peer, id, "canary in the coal mine"));
    let sent: Vec<_> = frames
        .into_iter()
        .filter(|effect| matches!(effect, Effect::Frame(_)))
        .collect();
    assert_eq!(sent.len(), 1);
    let Effect::Frame(bytes) = &sent[0] else {
        panic!("a frame")
    };
    assert!(!bytes.windows(6).any(|window| window == b"canary"));
}
