//! Emojis at messages: counted, taken back, the same everywhere and in whichever order they come.

use bridge::{Command, Draft, Event, MessageState, Trouble};
use client::Space;
use protocol::{ErrorCode, MessageId};

use crate::support::World;

fn friends(seed: u64) -> (World, MessageId) {
    let mut world = World::with(seed, &["alice", "bob"]);
    let id = world.send("alice", "bob", "hello");
    world.accept("bob", "alice");
    (world, id)
}

/// Both see these.
fn both_see(world: &mut World, id: MessageId, expected: &[(&str, &[&'static str])]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(emoji, by)| ((*emoji).to_owned(), by.to_vec()))
        .collect();
    for (who, with) in [("alice", "bob"), ("bob", "alice")] {
        assert_eq!(world.reactions(who, with, id), expected, "{who}");
    }
}

#[test]
fn both_react_and_take_back() {
    let (mut world, id) = friends(601);
    world.react("bob", "alice", id, "👍", true);
    world.react("alice", "bob", id, "👍", true);
    world.react("bob", "alice", id, "❤️", true);
    both_see(&mut world, id, &[("👍", &["bob", "alice"]), ("❤️", &["bob"])]);
    let mine = |world: &mut World, who, with| {
        let message = world.thread(who, with).remove(0);
        message
            .reactions
            .iter()
            .map(|reaction| reaction.mine)
            .collect::<Vec<_>>()
    };
    assert_eq!(mine(&mut world, "alice", "bob"), [true, false]);
    assert_eq!(mine(&mut world, "bob", "alice"), [true, true]);
    world.react("bob", "alice", id, "👍", false);
    both_see(&mut world, id, &[("👍", &["alice"]), ("❤️", &["bob"])]);
    world.react("alice", "bob", id, "👍", false);
    world.react("bob", "alice", id, "❤️", false);
    both_see(&mut world, id, &[]);
    world.react("bob", "alice", id, "👍", true);
    both_see(&mut world, id, &[("👍", &["bob"])]);
    for name in ["alice", "bob"] {
        world.crash(name);
    }
    world.run();
    both_see(&mut world, id, &[("👍", &["bob"])]);
}

#[test]
fn a_reaction_is_no_message() {
    let (mut world, id) = friends(602);
    let before = (
        world.list("alice"),
        world.people["alice"].vault.keys(Space::Message).len(),
    );
    world.react("bob", "alice", id, "👍", true);
    let after = (
        world.list("alice"),
        world.people["alice"].vault.keys(Space::Message).len(),
    );
    assert_eq!(before, after, "neither the newest nor unread");
    assert_eq!(world.texts("alice", "bob"), ["hello"]);
    assert_eq!(world.waiting("bob"), 0);
}

#[test]
fn what_was_set_offline_is_shown_at_once_and_arrives_later() {
    let (mut world, id) = friends(603);
    world.go_offline("bob");
    world.react("bob", "alice", id, "👍", true);
    world.react("bob", "alice", id, "🎉", true);
    world.react("bob", "alice", id, "👍", false);
    let own = [("🎉".to_owned(), vec!["bob"])];
    assert_eq!(world.reactions("bob", "alice", id), own);
    assert!(world.reactions("alice", "bob", id).is_empty());
    world.react("alice", "bob", id, "👍", true);
    assert_eq!(world.reactions("bob", "alice", id), own, "bob is offline");
    // The worker of the next page begins with what the vault has, and connects.
    world.crash("bob");
    both_see(&mut world, id, &[("👍", &["alice"]), ("🎉", &["bob"])]);
}

#[test]
fn two_browsers_of_one_account_are_one_voice_and_the_log_decides() {
    let (mut world, _) = friends(604);
    world.arrive_again("bob", "bob's phone");
    world.sign_in("bob's phone");
    world.pass(61_000);
    let id = world.send("alice", "bob", "to both");
    world.accept("bob's phone", "alice");
    let seen = |world: &mut World, expected: &[(String, Vec<&'static str>)]| {
        for who in ["bob", "bob's phone"] {
            let found = world.reactions(who, "alice", id);
            let found: Vec<_> = found.into_iter().map(|(emoji, by)| (emoji, by.len())).collect();
            let expected: Vec<_> = expected.iter().map(|(emoji, by)| (emoji.clone(), by.len())).collect();
            assert_eq!(found, expected, "{who}");
        }
        assert_eq!(world.reactions("alice", "bob", id).len(), expected.len());
    };
    world.react("bob", "alice", id, "👍", true);
    world.react("bob's phone", "alice", id, "👍", true);
    seen(&mut world, &[("👍".to_owned(), vec!["bob"])]);
    // The phone takes it back; meanwhile the other, offline and earlier by its clock, has set it once more.
    world.go_offline("bob");
    world.react("bob", "alice", id, "👍", true);
    world.pass(5_000);
    world.react("bob's phone", "alice", id, "👍", false);
    assert!(world.reactions("alice", "bob", id).is_empty());
    world.go_online("bob");
    seen(&mut world, &[("👍".to_owned(), vec!["bob"])]);
}

#[test]
fn who_has_no_such_message_keeps_its_reactions_until_it_comes() {
    let (mut world, first) = friends(605);
    // The server holds Alice's next message back from Bob's phone's log by not giving the phone the invitation in time: the phone
    // joins behind it, and never has it.
    let before = world.send("alice", "bob", "before the phone");
    world.arrive_again("bob", "bob's phone");
    world.sign_in("bob's phone");
    world.pass(61_000);
    world.send("alice", "bob", "after");
    world.accept("bob's phone", "alice");
    world.react("alice", "bob", before, "👍", true);
    world.react("alice", "bob", first, "👍", true);
    assert_eq!(world.people["bob's phone"].vault.keys(Space::Early).len(), 2);
    assert_eq!(world.texts("bob's phone", "alice"), ["after"], "nothing is shown of it");
    world.react("alice", "bob", first, "👍", false);
    world.crash("bob's phone");
    world.run();
    assert_eq!(world.people["bob's phone"].vault.keys(Space::Early).len(), 2);
    both_see(&mut world, before, &[("👍", &["alice"])]);
}

#[test]
fn a_reaction_that_overtakes_its_message_waits_for_it() {
    // Two groups of the same two people: what stands in one log is not ordered with what stands in the other.
    let mut world = World::with(606, &["alice", "bob"]);
    let (alice, bob) = (world.address("alice"), world.address("bob"));
    let (one, two) = (world.fresh_id(), world.fresh_id());
    world.tell("alice", Command::text(bob, one, "from alice"));
    world.tell("bob", Command::text(alice, two, "from bob"));
    world.run();
    world.react("bob", "alice", one, "👍", true);
    world.react("alice", "bob", two, "🎉", true);
    both_see(&mut world, one, &[("👍", &["bob"])]);
    both_see(&mut world, two, &[("🎉", &["alice"])]);
    assert!(world.people["alice"].vault.keys(Space::Early).is_empty());
}

#[test]
fn what_is_no_emoji_or_has_no_message_is_refused_and_kept_nowhere() {
    let (mut world, id) = friends(607);
    let none = MessageId([0xee; 16]);
    let bob = world.address("bob");
    let long = "👍\u{200d}".repeat(30);
    for (target, emoji) in [
        (Some(id), "no"),
        (Some(id), ""),
        (Some(id), "👍👍"),
        (Some(id), &long),
        (Some(none), "👍"),
        (None, "👍"),
    ] {
        let body = Draft::Reaction {
            emoji: emoji.into(),
            set: true,
        };
        let sent = world.say("alice", bob, target, body);
        let events = &world.people["alice"].events;
        assert!(events.contains(&Event::NotKept { id: sent }), "{emoji}");
        assert!(
            events.contains(&Event::Trouble(Trouble::Refused(ErrorCode::Malformed))),
            "{emoji}"
        );
    }
    both_see(&mut world, id, &[]);
    assert!(world.people["alice"].vault.keys(Space::Outbox).is_empty());
    assert!(world.people["alice"].vault.keys(Space::Early).is_empty());
    let many = (0x1f600..0x1f600 + 20).map(|letter| char::from_u32(letter).unwrap().to_string());
    for emoji in many {
        world.react("alice", "bob", id, &emoji, true);
    }
    assert_eq!(world.reactions("bob", "alice", id).len(), content::Reaction::PER_AUTHOR);
    assert_eq!(world.reactions("alice", "bob", id).len(), content::Reaction::PER_AUTHOR);
}

#[test]
fn a_reaction_the_server_refuses_is_gone_and_said() {
    let (mut world, id) = friends(608);
    world.server.borrow_mut().refuse = Some(Box::new(|_| Some(ErrorCode::TooLarge)));
    let sent = world.react("bob", "alice", id, "👍", true);
    let events = &world.people["bob"].events;
    assert!(events.contains(&Event::NotKept { id: sent }));
    assert!(events.contains(&Event::Trouble(Trouble::Refused(ErrorCode::TooLarge))));
    world.server.borrow_mut().refuse = None;
    both_see(&mut world, id, &[]);
    assert_eq!(world.waiting("bob"), 0);
    world.react("bob", "alice", id, "👍", true);
    both_see(&mut world, id, &[("👍", &["bob"])]);
}

#[test]
fn a_lost_answer_sets_it_once() {
    let (mut world, id) = friends(609);
    world.server.borrow_mut().mute = true;
    world.react("bob", "alice", id, "👍", true);
    world.crash("bob");
    world.server.borrow_mut().mute = false;
    world.server.borrow_mut().restart();
    world.pass(60_000);
    both_see(&mut world, id, &[("👍", &["bob"])]);
    assert_eq!(world.waiting("bob"), 0);
}

#[test]
fn a_message_that_moves_keeps_what_was_set_at_it() {
    let (mut world, _) = friends(610);
    world.go_offline("bob");
    let id = world.send("bob", "alice", "from bob, offline");
    world.react("bob", "alice", id, "👍", true);
    world.pass(60_000);
    world.send("alice", "bob", "meanwhile");
    world.go_online("bob");
    assert_eq!(world.state("bob", "alice", id), Some(MessageState::Sent));
    both_see(&mut world, id, &[("👍", &["bob"])]);
}

#[test]
fn of_somebody_blocked_no_reaction_is_kept() {
    let (mut world, id) = friends(611);
    let (conversation, consent) = (world.address("bob").into(), bridge::Consent::Blocked);
    world.command("alice", Command::Consent { conversation, consent });
    world.react("bob", "alice", id, "👍", true);
    assert!(world.people["alice"].vault.keys(Space::Early).is_empty());
    assert!(world.people["alice"].vault.keys(Space::Message).is_empty());
}

#[test]
fn a_reaction_under_anothers_id_suppresses_no_message() {
    let mut world = World::with(640, &["alice", "bob", "carol"]);
    let hello = world.send("carol", "bob", "hello");
    world.accept("bob", "carol");
    // Carol knows the id of a message that Alice is about to send: that of a tip is public as soon as its transaction is.
    let id = MessageId([0x5a; 16]);
    let peer = world.address("bob");
    let reaction = Draft::Reaction {
        emoji: "👍".to_owned(),
        set: true,
    };
    world.command(
        "carol",
        Command::Send {
            conversation: peer.into(),
            id,
            in_reply_to: Some(hello),
            body: reaction,
        },
    );
    world.command("alice", Command::text(peer, id, "for your help"));
    world.run();
    assert_eq!(
        world.reactions("bob", "carol", hello),
        [("👍".to_owned(), vec!["carol"])]
    );
    world.accept("bob", "alice");
    assert_eq!(world.texts("bob", "alice"), ["for your help"]);
}
