//! What cannot be sent stays, with its reason.

use bridge::{Command, Event, MessageState, Trouble, Unsent};
use protocol::{ErrorCode, Kind, limits};
use stage::world::preview;

use crate::support::World;

#[test]
fn somebody_who_was_never_here_is_not_here_and_can_be_tried_again() {
    let mut world = World::with(30, &["alice"]);
    world.arrive("bob");
    let id = world.send("alice", "bob", "are you here?");
    assert_eq!(
        world.state("alice", "bob", id),
        Some(MessageState::NotSent(Unsent::NotHere))
    );
    assert_eq!(world.waiting("alice"), 0);
    world.command("alice", Command::Retry { id });
    assert_eq!(
        world.state("alice", "bob", id),
        Some(MessageState::NotSent(Unsent::NotHere))
    );
    world.sign_in("bob");
    world.command("alice", Command::Retry { id });
    assert_eq!(world.state("alice", "bob", id), Some(MessageState::Sent));
    world.accept("bob", "alice");
    assert_eq!(world.texts("bob", "alice"), ["are you here?"]);
}

#[test]
fn a_message_that_was_not_sent_can_be_taken_back() {
    let mut world = World::with(31, &["alice", "bob"]);
    world.send("alice", "bob", "first");
    world.arrive("carol");
    let id = world.send("alice", "carol", "nobody there");
    assert_eq!(preview(&world.list("alice")[0]), "nobody there");
    world.command("alice", Command::Discard { id });
    assert!(world.texts("alice", "carol").is_empty());
    assert!(world.people["alice"].vault.keys(client::Space::Outbox).is_empty());
    let discarded = |event: &Event| matches!(event, Event::Discarded { id: gone, .. } if *gone == id);
    assert!(world.people["alice"].events.iter().any(discarded));
    world.crash("alice");
    world.run();
    assert!(world.texts("alice", "carol").is_empty());
    assert_eq!(world.texts("alice", "bob"), ["first"]);
}

#[test]
fn a_sent_message_cannot_be_taken_back() {
    let mut world = World::with(32, &["alice", "bob"]);
    let id = world.send("alice", "bob", "said");
    world.command("alice", Command::Discard { id });
    assert_eq!(world.texts("alice", "bob"), ["said"]);
}

#[test]
fn a_refusal_stays_with_the_message_until_it_is_tried_again() {
    let mut world = World::with(33, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    world.server.borrow_mut().refuse = Some(Box::new(|_| Some(ErrorCode::TooLarge)));
    let id = world.send("alice", "bob", "two");
    let refused = MessageState::NotSent(Unsent::Refused(ErrorCode::TooLarge));
    assert_eq!(world.state("alice", "bob", id), Some(refused));
    world.crash("alice");
    world.run();
    assert_eq!(world.state("alice", "bob", id), Some(refused));
    world.server.borrow_mut().refuse = None;
    world.send("alice", "bob", "three");
    world.command("alice", Command::Retry { id });
    assert_eq!(world.texts("bob", "alice"), ["one", "three", "two"]);
}

#[test]
fn a_server_that_is_busy_gets_it_later_without_anybodys_doing() {
    let mut world = World::with(34, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    for code in [ErrorCode::TooMany, ErrorCode::Unavailable] {
        let mut times = 2;
        world.server.borrow_mut().refuse = Some(Box::new(move |_| {
            times -= 1;
            (times >= 0).then_some(code)
        }));
        let id = world.send("alice", "bob", "patience");
        assert_eq!(world.state("alice", "bob", id), Some(MessageState::Sending));
        world.pass(10_000);
        assert_eq!(world.state("alice", "bob", id), Some(MessageState::Sent), "{code}");
    }
    assert_eq!(world.texts("bob", "alice"), ["one", "patience", "patience"]);
}

#[test]
fn a_stale_epoch_is_caught_up_with_and_encrypted_again() {
    let mut world = World::with(35, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    world.send("bob", "alice", "two");
    // Alice has a second browser, and adds it; bob encrypts before he hears of it.
    world.arrive_again("alice", "alice's phone");
    world.sign_in("alice's phone");
    world.pass(61_000);
    world.send("bob", "alice", "lists are read again");
    world.go_offline("bob");
    world.arrive_again("bob", "bob's phone");
    world.sign_in("bob's phone");
    world.pass(61_000);
    world.send("alice", "bob", "with another member");
    // Sealed in the old epoch: bob was live, then lost his socket before the publish went out.
    let id = world.fresh_id();
    let peer = world.address("alice");
    world.tell("bob", Command::text(peer, id, "of the old epoch"));
    world.go_online("bob");
    assert_eq!(world.state("bob", "alice", id), Some(MessageState::Sent));
    assert_eq!(world.texts("alice", "bob").last().unwrap(), "of the old epoch");
}

#[test]
fn a_sealed_message_refused_as_stale_is_sealed_again() {
    let mut world = World::with(36, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    world.send("bob", "alice", "two");
    // The answer to bob's publish is lost with his socket; meanwhile the epoch changes.
    let mut refused = false;
    world.server.borrow_mut().refuse = Some(Box::new(move |publish| {
        let first = matches!(publish.kind, Kind::Application) && !std::mem::replace(&mut refused, true);
        first.then_some(ErrorCode::Unavailable)
    }));
    let id = world.send("bob", "alice", "three");
    assert_eq!(world.state("bob", "alice", id), Some(MessageState::Sending));
    world.server.borrow_mut().refuse = None;
    world.go_offline("bob");
    world.arrive_again("alice", "alice's phone");
    world.sign_in("alice's phone");
    world.pass(61_000);
    world.send("alice", "bob", "a new member comes in");
    world.go_online("bob");
    world.pass(1_000);
    assert_eq!(world.state("bob", "alice", id), Some(MessageState::Sent));
    assert_eq!(world.texts("alice", "bob").last().unwrap(), "three");
    let server = world.server.borrow();
    let tries: Vec<_> = server.arrived.iter().filter(|(_, publish)| publish.id == id).collect();
    assert!(tries.len() >= 3, "once refused as busy, once as stale, once stored");
    assert_ne!(
        tries.first().unwrap().1.payload,
        tries.last().unwrap().1.payload,
        "the id stays, the bytes are new"
    );
}

#[test]
fn what_was_written_later_waits_for_what_must_be_sealed_again() {
    let mut world = World::with(39, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    world.send("bob", "alice", "two");
    // Bob's first word is sealed, and lost with his socket; his second is written offline. Meanwhile the epoch changes.
    let mut lost = false;
    world.server.borrow_mut().refuse = Some(Box::new(move |publish| {
        let first = matches!(publish.kind, Kind::Application) && !std::mem::replace(&mut lost, true);
        first.then_some(ErrorCode::Unavailable)
    }));
    world.send("bob", "alice", "three");
    world.server.borrow_mut().refuse = None;
    world.go_offline("bob");
    world.send("bob", "alice", "four");
    world.arrive_again("alice", "alice's phone");
    world.sign_in("alice's phone");
    world.pass(61_000);
    world.send("alice", "bob", "a new member comes in");
    world.go_online("bob");
    world.pass(1_000);
    let texts = ["one", "two", "a new member comes in", "three", "four"];
    assert_eq!(world.texts("alice", "bob"), texts);
    assert_eq!(world.texts("bob", "alice"), texts);
}

#[test]
fn one_invitation_that_is_refused_leaves_nobody_else_out() {
    let mut world = World::with(40, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    for browser in ["bob's phone", "bob's tablet"] {
        world.arrive_again("bob", browser);
        world.sign_in(browser);
    }
    // The tablet is gone by the time it is invited, and nobody has said so yet.
    let tablet = world.installation("bob's tablet");
    world.server.borrow_mut().refuse = Some(Box::new(move |publish| {
        let Kind::Commit { welcomes, .. } = &publish.kind else {
            return None;
        };
        let invited = welcomes.iter().any(|welcome| welcome.installation == tablet);
        invited.then_some(ErrorCode::NoSuchInstallation)
    }));
    world.pass(10_000);
    world.send("alice", "bob", "two");
    world.pass(10_000);
    world.accept("bob's phone", "alice");
    assert_eq!(world.texts("bob's phone", "alice"), ["two"]);
    assert!(world.texts("bob's tablet", "alice").is_empty());
    assert_eq!(world.texts("bob", "alice"), ["one", "two"]);
}

#[test]
fn a_text_that_is_too_long_or_empty_is_never_kept() {
    let mut world = World::with(37, &["alice", "bob"]);
    world.send("alice", "bob", "");
    let long = "x".repeat(limits::TEXT + 1);
    world.send("alice", "bob", &long);
    assert!(world.texts("alice", "bob").is_empty());
    let troubles = [
        Trouble::Refused(ErrorCode::Malformed),
        Trouble::Refused(ErrorCode::TooLarge),
    ];
    assert_eq!(world.troubles("alice"), troubles);
    let longest = "x".repeat(limits::TEXT);
    let id = world.send("alice", "bob", &longest);
    assert_eq!(world.state("alice", "bob", id), Some(MessageState::Sent));
}

#[test]
fn somebody_without_key_packages_is_waited_for() {
    let mut world = World::with(38, &["alice", "bob"]);
    {
        let bob = world.installation("bob");
        let mut server = world.server.borrow_mut();
        let installed = server.installed.get_mut(&bob).unwrap();
        installed.key_packages.clear();
        installed.last_resort = None;
    }
    let id = world.send("alice", "bob", "soon");
    assert_eq!(world.state("alice", "bob", id), Some(MessageState::Sending));
    world.go_offline("bob");
    world.go_online("bob");
    world.pass(6_000);
    assert_eq!(world.state("alice", "bob", id), Some(MessageState::Sent));
}

#[test]
fn finding_says_who_is_here() {
    let mut world = World::with(39, &["alice", "bob"]);
    world.arrive("carol");
    let found = |world: &mut World, whom| {
        let account = world.address(whom);
        world.command("alice", Command::Find { account });
        match world.people["alice"].events.last().unwrap() {
            Event::Found { account: about, here } if *about == account => *here,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(found(&mut world, "bob"), Some(true));
    assert_eq!(found(&mut world, "carol"), Some(false));
    world.sign_in("carol");
    assert_eq!(found(&mut world, "carol"), Some(true));
    world.go_offline("alice");
    assert_eq!(found(&mut world, "carol"), None, "unknown");
}
