//! A group of three, without a page: the shapes carry it.

use bridge::{BodyView, Consent, ConversationId, Draft, MessageState};
use futures::executor::block_on;
use protocol::{Address, MessageId};
use stage::world::words;

use crate::support::World;

const ALL: [&str; 3] = ["alice", "bob", "carol"];

fn group_of_three(seed: u64) -> (World, ConversationId) {
    let mut world = World::with(seed, &ALL);
    for name in ALL {
        world.people.get_mut(name).unwrap().client.allow_groups();
    }
    let invited = [world.address("bob"), world.address("carol")];
    let made = block_on(world.people.get_mut("alice").unwrap().client.new_group(&invited));
    (world, made.unwrap())
}

fn say(world: &mut World, who: &'static str, group: ConversationId, text: &str) -> MessageId {
    world.say(who, group, None, Draft::Text(text.into()))
}

fn lines(world: &mut World, who: &'static str, group: ConversationId) -> Vec<(Address, String)> {
    let thread = world.thread_of(who, group).into_iter();
    thread.map(|message| (message.author, words(&message.body))).collect()
}

fn accept(world: &mut World, who: &'static str, conversation: ConversationId) {
    let consent = Consent::Accepted;
    world.command(who, bridge::Command::Consent { conversation, consent });
}

#[test]
fn three_join_and_everybody_reads_everybody() {
    let (mut world, group) = group_of_three(501);
    let first = say(&mut world, "alice", group, "hello both");
    for name in ["bob", "carol"] {
        let list = world.list(name);
        assert_eq!((list[0].id, list[0].consent), (group, Consent::Asked), "{name}");
        let mut others: Vec<_> = ALL
            .into_iter()
            .filter(|other| *other != name)
            .map(|other| world.address(other))
            .collect();
        others.sort_unstable();
        assert_eq!(list[0].participants, others, "who is who, before anybody answers");
        accept(&mut world, name, group);
    }
    say(&mut world, "bob", group, "hello from bob");
    let reply = world.say("carol", group, Some(first), Draft::Text("hello from carol".into()));
    let expected: Vec<_> = [
        ("alice", "hello both"),
        ("bob", "hello from bob"),
        ("carol", "hello from carol"),
    ]
    .into_iter()
    .map(|(name, text)| (world.address(name), text.to_owned()))
    .collect();
    for name in ALL {
        assert_eq!(lines(&mut world, name, group), expected, "{name}");
    }
    let thread = world.thread_of("bob", group);
    let quote = thread[2].in_reply_to.clone().unwrap();
    assert_eq!((thread[2].id, quote.id), (reply, first));
    assert_eq!(quote.quoted.unwrap().author, world.address("alice"));
    assert_eq!(world.thread_of("alice", group)[0].state, MessageState::Sent);
    // Two react to the same message.
    for name in ["alice", "carol"] {
        let body = Draft::Reaction {
            emoji: "🎉".into(),
            set: true,
        };
        world.say(name, group, Some(thread[1].id), body);
    }
    let by = vec![world.address("alice"), world.address("carol")];
    for name in ALL {
        let reactions = world.thread_of(name, group)[1].reactions.clone();
        assert_eq!(reactions.len(), 1, "{name}");
        assert_eq!(
            (reactions[0].by.clone(), reactions[0].mine),
            (by.clone(), name != "bob"),
            "{name}"
        );
    }
}

#[test]
fn a_group_lives_through_absence_and_a_reload() {
    let (mut world, group) = group_of_three(502);
    say(&mut world, "alice", group, "one");
    for name in ["bob", "carol"] {
        accept(&mut world, name, group);
    }
    world.go_offline("carol");
    say(&mut world, "bob", group, "two");
    say(&mut world, "carol", group, "three, offline");
    world.go_online("carol");
    for name in ALL {
        world.crash(name);
    }
    world.run();
    for name in ALL {
        let texts: Vec<_> = lines(&mut world, name, group)
            .into_iter()
            .map(|(_, text)| text)
            .collect();
        assert_eq!(texts, ["one", "two", "three, offline"], "{name}");
    }
}

#[test]
fn a_group_and_a_conversation_of_two_of_its_members_are_two_threads() {
    let (mut world, group) = group_of_three(503);
    say(&mut world, "alice", group, "to both");
    world.send("alice", "bob", "to bob");
    for name in ["bob", "carol"] {
        accept(&mut world, name, group);
    }
    world.accept("bob", "alice");
    assert_eq!(world.texts("bob", "alice"), ["to bob"]);
    assert_eq!(lines(&mut world, "bob", group).len(), 1);
    assert_eq!(world.list("bob").len(), 2);
    assert_eq!(world.list("carol").len(), 1);
}

#[test]
fn a_second_browser_of_a_member_joins_with_the_next_message() {
    let (mut world, group) = group_of_three(504);
    say(&mut world, "alice", group, "before");
    for name in ["bob", "carol"] {
        accept(&mut world, name, group);
    }
    world.arrive_again("bob", "bob's phone");
    world.people.get_mut("bob's phone").unwrap().client.allow_groups();
    world.sign_in("bob's phone");
    world.pass(61_000);
    say(&mut world, "carol", group, "after");
    accept(&mut world, "bob's phone", group);
    let texts: Vec<_> = lines(&mut world, "bob's phone", group)
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    assert_eq!(texts, ["after"]);
    say(&mut world, "bob's phone", group, "from the phone");
    let last = |world: &mut World, who| lines(world, who, group).pop().unwrap();
    for name in ALL {
        assert_eq!(
            last(&mut world, name),
            (world.address("bob"), "from the phone".to_owned()),
            "{name}"
        );
    }
}

#[test]
fn whoever_shows_no_groups_is_in_none() {
    let mut world = World::with(505, &ALL);
    let invited = [world.address("bob"), world.address("carol")];
    let made = block_on(world.people.get_mut("alice").unwrap().client.new_group(&invited));
    say(&mut world, "alice", made.unwrap(), "hello both");
    for name in ["bob", "carol"] {
        assert!(world.list(name).is_empty(), "{name}");
    }
    world.send("alice", "bob", "hello bob");
    world.accept("bob", "alice");
    assert_eq!(world.texts("bob", "alice"), ["hello bob"]);
}

#[test]
fn nobody_writes_into_a_group_that_is_not_here() {
    let (mut world, _) = group_of_three(506);
    let group = ConversationId::Group(protocol::Topic([9; 32]));
    let id = say(&mut world, "bob", group, "hello?");
    let events = &world.people["bob"].events;
    assert!(events.contains(&bridge::Event::NotKept { id }));
    assert!(world.people["bob"].vault.keys(client::Space::Outbox).is_empty());
    let unknown = BodyView::Unknown {
        fallback: String::new(),
    };
    assert!(
        world
            .thread_of("bob", group)
            .iter()
            .all(|message| message.body != unknown)
    );
    assert!(world.list("bob").is_empty());
}
