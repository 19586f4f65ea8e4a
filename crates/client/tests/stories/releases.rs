//! Installations and servers of two releases (ADR 18).

use client::{Batch, Space, Vault as _};
use futures::executor::block_on;
use protocol::{Body, Envelope, MessageId, Seq, ServerFrame, Support, UnixMillis, limits};

use crate::{previous, support::World};

#[test]
fn the_previous_releases_server_reads_every_frame_of_today() {
    let mut world = World::new(700);
    let seen = std::rc::Rc::new(std::cell::Cell::new(0_usize));
    {
        let seen = seen.clone();
        let mut server = world.server.borrow_mut();
        server.previous = true;
        server.peek = Some(Box::new(move |bytes| {
            previous::decode::<previous::ClientFrame>(bytes).unwrap();
            seen.set(seen.get() + 1);
        }));
    }
    for name in ["alice", "bob"] {
        world.join(name);
    }
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    world.send("bob", "alice", "two");
    world.server.borrow_mut().restart();
    world.pass(1_000);
    world.send("alice", "bob", "three");
    assert_eq!(world.texts("bob", "alice"), ["one", "two", "three"]);
    assert_eq!(world.texts("alice", "bob"), ["one", "two", "three"]);
    assert!(seen.get() > 20, "{} frames", seen.get());
}

#[test]
fn todays_server_hears_what_a_page_understands() {
    let mut world = World::new(701);
    let support = std::rc::Rc::new(std::cell::Cell::new(None));
    let heard = support.clone();
    world.server.borrow_mut().peek = Some(Box::new(move |bytes| {
        if let Ok(protocol::ClientFrame::Hello { support, .. }) = protocol::codec::decode(bytes) {
            heard.set(support);
        }
    }));
    world.join("alice");
    assert_eq!(support.get(), Some(Support::OURS));
}

#[test]
fn a_newer_servers_frames_fields_and_kinds_cost_nothing() {
    let mut world = World::with(702, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    let alice = world.installation("alice");
    let bytes = {
        let version = protocol::limits::VERSION;
        let mut with_more = protocol::codec::encode(&ServerFrame::Pong).unwrap();
        with_more.extend([1, 2, 3]);
        [
            vec![version, 99, 1, 2, 3],
            with_more,
            vec![version, 7, 200, 1, 0, 99, 1, 2],
        ]
    };
    for bytes in bytes {
        let mut server = world.server.borrow_mut();
        let mut sockets = server.sockets.values_mut();
        let socket = sockets.find(|socket| socket.who == Some(alice)).unwrap();
        socket.out.push_back(bytes);
        drop(server);
        world.run();
        assert_eq!(world.connection("alice"), Some(bridge::Connection::Live));
    }
    assert!(world.troubles("alice").is_empty());
    world.send("bob", "alice", "two");
    assert_eq!(world.texts("alice", "bob"), ["one", "two"]);
}

#[test]
fn an_envelope_of_an_unknown_kind_is_read_past() {
    let mut world = World::with(703, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    let alice = world.installation("alice");
    let id = MessageId([0xee; 16]);
    {
        let mut server = world.server.borrow_mut();
        let (topic, log) = server.logs.iter_mut().find(|(_, log)| log.members.len() == 2).unwrap();
        let (topic, seq) = (*topic, Seq(log.envelopes.len() as u64 + 1));
        let envelope = Envelope {
            seq,
            id,
            at: UnixMillis(0),
            body: Body::Application(Vec::new()),
        };
        log.envelopes.push(envelope.clone());
        // As a newer server writes it: kind 9, two bytes.
        let whole = ServerFrame::Envelopes {
            topic,
            envelopes: vec![envelope],
        };
        let mut bytes = protocol::codec::encode(&whole).unwrap();
        bytes.truncate(bytes.len() - 2);
        bytes.extend([9, 2, 1, 1]);
        let mut sockets = server.sockets.values_mut();
        let socket = sockets.find(|socket| socket.who == Some(alice)).unwrap();
        socket.out.push_back(bytes);
    }
    world.run();
    world.send("bob", "alice", "two");
    assert_eq!(world.connection("alice"), Some(bridge::Connection::Live));
    assert!(world.troubles("alice").is_empty(), "{:?}", world.troubles("alice"));
    assert_eq!(world.texts("alice", "bob"), ["one", "two"]);
}

#[test]
fn key_packages_of_the_previous_release_are_replaced() {
    let mut world = World::with(704, &["alice", "bob"]);
    let alice = world.installation("alice");
    let published = |world: &World| {
        let server = world.server.borrow();
        let installed = &server.installed[&alice];
        (installed.key_packages.clone(), installed.last_resort.clone())
    };
    let current = published(&world);
    world.crash("alice");
    world.run();
    assert_eq!(published(&world), current, "there is nothing to replace");
    // The previous release kept no record of what its key packages advertise.
    let vault = world.people["alice"].vault.clone();
    let mut batch = Batch::default();
    batch.delete(Space::Mls, [0, 3]);
    block_on(async { vault.commit(batch).await }).unwrap();
    world.crash("alice");
    world.run();
    let (packages, last_resort) = published(&world);
    assert_eq!(packages.len(), limits::KEY_PACKAGES);
    assert!(packages.iter().all(|package| !current.0.contains(package)));
    assert_ne!(last_resort, current.1);
    world.send("bob", "alice", "still here?");
    world.accept("alice", "bob");
    assert_eq!(world.texts("alice", "bob"), ["still here?"]);
}

/// Does something as a build of the first release, whose groups have the first form.
fn before<T>(act: impl FnOnce() -> T) -> T {
    e2ee::of_the_first_release(true);
    let done = act();
    e2ee::of_the_first_release(false);
    done
}

/// Everybody is away for so long that all keys are renewed.
fn months_later(world: &mut World) {
    for who in ["alice", "bob"] {
        world.go_offline(who);
    }
    world.now.set(world.now.get() + 90 * 86_400_000);
    for who in ["alice", "bob"] {
        world.go_online(who);
    }
    world.run();
}

#[test]
fn builds_of_two_releases_talk_before_and_after_the_older_is_updated() {
    let mut world = before(|| World::with(705, &["bob"]));
    world.join("alice");
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    world.send("bob", "alice", "two");
    // Months of renewed keys: every commit of one is merged by the other.
    for _ in 0..3 {
        months_later(&mut world);
        world.send("alice", "bob", "renewed");
        world.send("bob", "alice", "renewed too");
    }
    let said = world.texts("alice", "bob");
    assert_eq!(said.len(), 8);
    assert_eq!(world.texts("bob", "alice"), said);
    // Bob reloads his page.
    world.crash("bob");
    world.run();
    for _ in 0..3 {
        months_later(&mut world);
        world.send("alice", "bob", "moved");
        world.send("bob", "alice", "moved too");
    }
    let said = world.texts("alice", "bob");
    assert_eq!(said.len(), 14);
    assert_eq!(world.texts("bob", "alice"), said);
    assert!(world.troubles("alice").is_empty() && world.troubles("bob").is_empty());
}

#[test]
fn an_older_installation_is_added_once_it_is_updated() {
    let mut world = World::with(706, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    before(|| {
        world.arrive_again("bob", "bob's phone");
        world.sign_in("bob's phone");
    });
    world.send("alice", "bob", "two");
    assert_eq!(world.texts("bob", "alice"), ["one", "two"]);
    assert!(
        world.texts("bob's phone", "alice").is_empty(),
        "its build does not know such groups"
    );
    world.crash("bob's phone");
    world.run();
    world.send("alice", "bob", "three");
    assert_eq!(world.texts("bob", "alice"), ["one", "two", "three"]);
    world.accept("bob's phone", "alice");
    assert_eq!(world.texts("bob's phone", "alice"), ["three"]);
    assert!(world.troubles("alice").is_empty());
}
