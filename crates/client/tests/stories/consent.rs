//! Strangers wait; declining tells them nothing.

use bridge::{Command, Consent, Event};
use stage::world::preview;

use crate::support::World;

fn answer(world: &mut World, who: &'static str, whom: &'static str, consent: Consent) {
    let peer = world.address(whom);
    world.command(
        who,
        Command::Consent {
            conversation: peer.into(),
            consent,
        },
    );
}

#[test]
fn a_strangers_text_stays_hidden_until_accepted() {
    let mut world = World::with(20, &["alice", "bob"]);
    let peer = world.address("alice");
    world.command(
        "bob",
        Command::Show {
            conversation: Some(peer.into()),
        },
    );
    world.send("alice", "bob", "let me in");
    world.send("alice", "bob", "please");
    let list = world.list("bob");
    assert_eq!(list.len(), 1);
    assert_eq!(
        (list[0].consent, preview(&list[0]).as_str(), list[0].unread),
        (Consent::Asked, "", 1)
    );
    assert!(world.texts("bob", "alice").is_empty());
    let told = format!("{:?}", world.people["bob"].events);
    assert!(!told.contains("let me in"), "not even to the page");
    world.accept("bob", "alice");
    assert_eq!(world.texts("bob", "alice"), ["let me in", "please"]);
    let list = world.list("bob");
    assert_eq!(
        (list[0].consent, preview(&list[0]).as_str(), list[0].unread),
        (Consent::Accepted, "please", 2)
    );
}

#[test]
fn declining_is_silent_and_keeps_what_comes_unseen() {
    let mut world = World::with(21, &["alice", "bob"]);
    world.send("alice", "bob", "let me in");
    let arrived = world.server.borrow().arrived.len();
    answer(&mut world, "bob", "alice", Consent::Declined);
    assert_eq!(world.server.borrow().arrived.len(), arrived, "nothing is sent");
    assert!(world.list("bob").is_empty());
    let told = world.people["bob"].events.len();
    let id = world.send("alice", "bob", "hello?");
    assert_eq!(
        world.state("alice", "bob", id),
        Some(bridge::MessageState::Sent),
        "as if nothing were"
    );
    let news: Vec<_> = world.people["bob"].events[told..]
        .iter()
        .filter(|event| !matches!(event, Event::Connection(_)))
        .collect();
    assert!(news.is_empty(), "{news:?}");
    assert!(world.list("bob").is_empty());
    answer(&mut world, "bob", "alice", Consent::Accepted);
    assert_eq!(world.texts("bob", "alice"), ["let me in", "hello?"]);
}

#[test]
fn whoever_opens_the_thread_of_somebody_turned_away_sees_what_was_answered() {
    for consent in [Consent::Declined, Consent::Blocked] {
        let mut world = World::with(24, &["alice", "bob"]);
        let peer = world.address("alice");
        world.send("alice", "bob", "let me in");
        answer(&mut world, "bob", "alice", consent);
        world.crash("bob");
        world.people.get_mut("bob").unwrap().events.clear();
        world.command(
            "bob",
            Command::Show {
                conversation: Some(peer.into()),
            },
        );
        let told = world.people["bob"].events.iter().find_map(|event| match event {
            Event::Conversation(view) => Some((view.id, view.consent, view.preview.clone())),
            _ => None,
        });
        assert_eq!(told, Some((peer.into(), consent, None)));
        assert!(world.texts("bob", "alice").is_empty());
    }
}

#[test]
fn of_somebody_blocked_nothing_is_kept() {
    let mut world = World::with(22, &["alice", "bob"]);
    world.send("alice", "bob", "spam one");
    answer(&mut world, "bob", "alice", Consent::Blocked);
    world.send("alice", "bob", "spam two");
    assert!(world.list("bob").is_empty());
    assert!(world.people["bob"].vault.keys(client::Space::Message).is_empty());
    assert!(world.people["bob"].vault.keys(client::Space::Index).is_empty());
    answer(&mut world, "bob", "alice", Consent::Accepted);
    world.send("alice", "bob", "sorry");
    assert_eq!(world.texts("bob", "alice"), ["sorry"], "the group went on underneath");
}

#[test]
fn of_somebody_blocked_an_invitation_shows_nothing_and_after_the_block_nothing_is_lost() {
    let mut world = World::with(23, &["alice", "bob"]);
    answer(&mut world, "bob", "alice", Consent::Blocked);
    world.send("alice", "bob", "spam");
    assert!(world.list("bob").is_empty());
    assert!(world.people["bob"].vault.keys(client::Space::Message).is_empty());
    answer(&mut world, "bob", "alice", Consent::Accepted);
    world.send("alice", "bob", "sorry");
    assert_eq!(world.texts("bob", "alice"), ["sorry"]);
    world.send("bob", "alice", "well");
    assert_eq!(world.texts("alice", "bob"), ["spam", "sorry", "well"]);
}

#[test]
fn writing_to_somebody_accepts_them() {
    let mut world = World::with(24, &["alice", "bob"]);
    world.send("alice", "bob", "hello");
    world.send("bob", "alice", "hello yourself");
    assert_eq!(world.list("bob")[0].consent, Consent::Accepted);
    assert_eq!(world.texts("bob", "alice"), ["hello", "hello yourself"]);
}
