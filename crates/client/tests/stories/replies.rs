//! Messages that answer another one.

use bridge::{BodyView, Draft, QuotedView};
use protocol::{MessageId, U256};
use stage::{chain::BLOCKS, tipping::AMOUNT};

use crate::support::World;

fn reply(world: &mut World, from: &'static str, to: &'static str, target: MessageId, text: &str) -> MessageId {
    let peer = world.address(to);
    world.say(from, peer, Some(target), Draft::Text(text.into()))
}

/// What the reader sees quoted above this message.
fn quoted(world: &mut World, who: &'static str, with: &'static str, id: MessageId) -> Option<QuotedView> {
    let message = world.message(who, with, id).unwrap();
    message.in_reply_to.and_then(|quote| quote.quoted)
}

#[test]
fn a_reply_names_and_quotes_what_it_answers() {
    let mut world = World::with(701, &["alice", "bob"]);
    let long = format!("first line\nsecond {}", "word ".repeat(60));
    let first = world.send("alice", "bob", &long);
    world.accept("bob", "alice");
    let second = reply(&mut world, "bob", "alice", first, "an answer");
    for round in ["at once", "after a reload"] {
        for (who, with) in [("alice", "bob"), ("bob", "alice")] {
            let message = world.message(who, with, second).unwrap();
            assert_eq!(message.text(), Some("an answer"), "{who}, {round}");
            assert_eq!(
                message.in_reply_to.as_ref().map(|quote| quote.id),
                Some(first),
                "{who}, {round}"
            );
            let quote = quoted(&mut world, who, with, second).unwrap();
            assert_eq!(quote.author, world.address("alice"), "{who}, {round}");
            let line = quote.body.text().unwrap().to_owned();
            assert!(
                line.starts_with("first line second word") && line.chars().count() == 120,
                "{line}"
            );
        }
        world.crash("alice");
        world.crash("bob");
        world.run();
    }
}

#[test]
fn a_reply_to_what_is_not_here_says_that_there_is_something() {
    let mut world = World::with(702, &["alice", "bob"]);
    let first = world.send("alice", "bob", "before the phone");
    world.accept("bob", "alice");
    world.arrive_again("bob", "bob's phone");
    world.sign_in("bob's phone");
    world.pass(61_000);
    let answer = reply(&mut world, "alice", "bob", first, "as I said");
    world.accept("bob's phone", "alice");
    let message = world.message("bob's phone", "alice", answer).unwrap();
    let quote = message.in_reply_to.unwrap();
    assert_eq!((quote.id, quote.quoted), (first, None));
}

#[test]
fn what_is_quoted_comes_from_this_conversation_only() {
    let mut world = World::with(703, &["alice", "bob", "carol"]);
    let secret = world.send("carol", "alice", "between carol and alice");
    world.accept("alice", "carol");
    world.send("bob", "alice", "hello");
    world.accept("alice", "bob");
    // Bob has learned the id, and makes Alice's page show it: not the text.
    let answer = reply(&mut world, "bob", "alice", secret, "about that");
    assert_eq!(quoted(&mut world, "alice", "bob", answer), None);
}

#[test]
fn a_tip_is_quoted_as_one() {
    let (mut world, _) = World::friends(704, &["alice", "bob"]);
    let tip = world.tip("alice", "bob");
    world.mine(u64::from(BLOCKS));
    let answer = reply(&mut world, "bob", "alice", tip, "thank you");
    for (who, with) in [("alice", "bob"), ("bob", "alice")] {
        match quoted(&mut world, who, with, answer).unwrap().body {
            BodyView::Tip(view) => assert_eq!(view.amount, U256::from(AMOUNT), "{who}"),
            other => panic!("{who}: {other:?}"),
        }
    }
}
