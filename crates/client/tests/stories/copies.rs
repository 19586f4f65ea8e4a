//! An old vault is put back; one installation runs twice; ids and places that cannot be.

use bridge::{MessageState, Trouble};
use protocol::{Body, ErrorCode, MessageId, Seq, ServerFrame, codec};

use crate::support::World;

/// How often somebody was told that its keys are used elsewhere.
fn copied(world: &World, who: &'static str) -> usize {
    let troubles = world.troubles(who);
    troubles.iter().filter(|trouble| **trouble == Trouble::Copied).count()
}

#[test]
fn an_old_vault_that_is_put_back_seals_nothing_before_its_keys_are_renewed() {
    let mut world = World::with(900, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    let old = world.people["alice"].vault.snapshot();
    world.send("alice", "bob", "two");
    world.send("alice", "bob", "three");
    let before = world.server.borrow().arrived.len();
    world.reopen("alice", old);
    world.run();
    assert_eq!(copied(&world, "alice"), 1, "she is told, once");
    let four = world.send("alice", "bob", "four");
    assert_eq!(world.state("alice", "bob", four), Some(MessageState::Sent));
    {
        let server = world.server.borrow();
        let sent: Vec<_> = server.arrived[before..]
            .iter()
            .map(|(_, publish)| &publish.kind)
            .collect();
        assert!(
            matches!(sent[..], [protocol::Kind::Commit { .. }, protocol::Kind::Application]),
            "new keys first: {sent:?}"
        );
    }
    assert_eq!(world.texts("bob", "alice"), ["one", "two", "three", "four"]);
    world.send("bob", "alice", "five");
    assert_eq!(
        world.texts("alice", "bob"),
        ["one", "four", "five"],
        "what the copy does not know stays away"
    );
}

#[test]
fn an_old_vault_does_not_send_a_second_time_what_it_still_has_to_send() {
    let mut world = World::with(901, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    world.go_offline("alice");
    let two = world.send("alice", "bob", "two");
    let old = world.people["alice"].vault.snapshot();
    world.go_online("alice");
    world.reopen("alice", old);
    world.run();
    assert_eq!(copied(&world, "alice"), 1);
    assert_eq!(
        world.state("alice", "bob", two),
        Some(MessageState::Sent),
        "the log has it"
    );
    world.send("alice", "bob", "three");
    assert_eq!(world.texts("bob", "alice"), ["one", "two", "three"]);
    assert_eq!(world.texts("alice", "bob"), ["one", "two", "three"]);
}

#[test]
fn an_old_vault_whose_group_went_on_by_a_commit_of_its_own_says_so_and_stays_out_of_it() {
    let mut world = World::with(902, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    let old = world.people["alice"].vault.snapshot();
    world.arrive_again("bob", "bob's phone");
    world.sign_in("bob's phone");
    world.send("alice", "bob", "two");
    let topic = world.server.borrow().arrived[0].1.topic;
    world.pass(5_000);
    world.reopen("alice", old);
    world.run();
    assert!(copied(&world, "alice") > 0);
    let before = world.server.borrow().arrived.len();
    world.send("alice", "bob", "three");
    world.pass(20_000);
    let server = world.server.borrow();
    assert!(server.arrived.len() > before, "in another group");
    assert!(
        server.arrived[before..]
            .iter()
            .all(|(_, publish)| publish.topic != topic)
    );
    drop(server);
    assert_eq!(world.texts("bob", "alice"), ["one", "two", "three"]);
}

#[test]
fn of_two_copies_of_one_installation_neither_seals_what_the_other_has_sealed() {
    let mut world = World::with(903, &["alice", "bob"]);
    world.send("alice", "bob", "0");
    world.accept("bob", "alice");
    let wallet = world.people["alice"].wallet.clone();
    let copy = world.people["alice"].vault.snapshot();
    world.enter("copy", wallet, copy);
    let mut expected = vec!["0".to_owned()];
    for round in 1..8u8 {
        let (awake, asleep) = if round % 2 == 0 {
            ("alice", "copy")
        } else {
            ("copy", "alice")
        };
        world.go_offline(asleep);
        world.go_online(awake);
        world.send(awake, "bob", &round.to_string());
        world.pass(5_000);
        expected.push(round.to_string());
        if copied(&world, "alice") + copied(&world, "copy") > 2 {
            break;
        }
    }
    let read = world.texts("bob", "alice");
    assert_eq!(
        read,
        expected[..read.len()],
        "in order, and nothing is lost that bob could read"
    );
    assert!(
        copied(&world, "alice") > 0 && copied(&world, "copy") > 0,
        "both are told"
    );
}

#[test]
fn a_members_word_that_it_was_us_costs_new_keys_and_nothing_else() {
    let mut world = World::with(904, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    let topic = world.server.borrow().arrived[0].1.topic;
    let mut forged = world.server.borrow().arrived.last().unwrap().1.payload.clone();
    *forged.last_mut().unwrap() ^= 1;
    let body = Body::Application(forged);
    world.server.borrow_mut().append(topic, MessageId([0xee; 16]), body);
    world.run();
    assert_eq!(copied(&world, "alice"), 1);
    assert_eq!(
        world.troubles("bob"),
        [Trouble::Unreadable],
        "bob can tell that it is nobody's"
    );
    world.send("alice", "bob", "two");
    world.send("bob", "alice", "three");
    assert_eq!(world.texts("alice", "bob"), ["one", "two", "three"]);
    assert_eq!(world.texts("bob", "alice"), ["one", "two", "three"]);
}

#[test]
fn what_is_changed_or_shown_twice_on_its_way_is_noticed() {
    let mut world = World::with(905, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    let topic = world.server.borrow().arrived[0].1.topic;
    let last = world.server.borrow().logs[&topic].envelopes.last().unwrap().clone();
    // The same bytes at another place and under another id.
    world.server.borrow_mut().append(topic, MessageId([7; 16]), last.body);
    world.run();
    assert_eq!(world.texts("bob", "alice"), ["one"]);
    assert_eq!(world.troubles("bob"), [Trouble::Unreadable]);
}

#[test]
fn a_word_of_ours_in_the_place_of_anothers_is_noticed() {
    for reconnected in [false, true] {
        let mut world = World::with(908, &["alice", "bob"]);
        world.send("alice", "bob", "one");
        world.accept("bob", "alice");
        if reconnected {
            world.server.borrow_mut().restart();
            world.run();
            world.pass(5_000);
        }
        let topic = world.server.borrow().arrived[0].1.topic;
        let ours = world.server.borrow().logs[&topic].envelopes[1].clone();
        world.server.borrow_mut().lie = Some(Box::new(move |mut frame| {
            if let ServerFrame::Envelopes { topic: of, envelopes } = &mut frame
                && *of == topic
            {
                for envelope in envelopes {
                    envelope.id = ours.id;
                    envelope.body = ours.body.clone();
                }
            }
            vec![frame]
        }));
        world.send("bob", "alice", "two");
        world.server.borrow_mut().lie = None;
        world.pass(5_000);
        assert_eq!(world.texts("alice", "bob"), ["one"], "what stood there is gone");
        assert_eq!(world.troubles("alice"), [Trouble::Unreadable]);
    }
}

/// The worker takes the next frame and dies with what it had to say.
fn dies_and_hears_of_it_later(world: &mut World, who: &'static str) {
    assert!(world.deliver(who));
    world.crash(who);
    assert_eq!(world.troubles(who), [], "the page was gone before");
    world.run();
    assert_eq!(world.troubles(who), [Trouble::Unreadable]);
    world.crash(who);
    world.run();
    assert_eq!(world.troubles(who), [Trouble::Unreadable], "once");
}

#[test]
fn who_dies_before_hearing_of_a_divergence_hears_of_it_later() {
    let mut world = World::with(909, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    let topic = world.server.borrow().arrived[0].1.topic;
    let garbage = Body::Application(vec![9; 99]);
    world.server.borrow_mut().append(topic, MessageId([9; 16]), garbage);
    dies_and_hears_of_it_later(&mut world, "alice");
}

#[test]
fn who_dies_before_hearing_that_a_conversation_was_left_hears_of_it_later() {
    let mut world = World::with(910, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    let topic = world.server.borrow().arrived[0].1.topic;
    let code = ErrorCode::NotAMember;
    let lie = codec::encode(&ServerFrame::NotSubscribed { topic, code }).unwrap();
    let socket = world.people["alice"].socket.unwrap();
    let mut server = world.server.borrow_mut();
    server.sockets.get_mut(&socket).unwrap().out.push_back(lie);
    drop(server);
    dies_and_hears_of_it_later(&mut world, "alice");
}

#[test]
fn who_was_blocked_may_be_read_again_and_own_words_that_come_back_are_known() {
    let mut world = World::with(906, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    // The answer and the echo of this one come only when everything of it is forgotten.
    world.server.borrow_mut().mute = true;
    world.server.borrow_mut().lie = Some(Box::new(|_| vec![]));
    world.send("alice", "bob", "two");
    let (peer, consent) = (world.address("bob"), bridge::Consent::Blocked);
    world.command(
        "alice",
        bridge::Command::Consent {
            conversation: peer.into(),
            consent,
        },
    );
    world.accept("alice", "bob");
    world.server.borrow_mut().mute = false;
    world.server.borrow_mut().lie = None;
    world.server.borrow_mut().restart();
    world.run();
    world.pass(5_000);
    assert!(world.troubles("alice").is_empty(), "{:?}", world.troubles("alice"));
    assert!(world.texts("alice", "bob").is_empty());
}

#[test]
fn an_old_vault_gives_new_key_packages_instead_of_those_it_does_not_have() {
    let mut world = World::with(908, &["alice", "bob", "carol"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    let alice = world.installation("alice");
    let old = world.people["alice"].vault.snapshot();
    // Given out, used up, topped up: what the server has now is not in the old vault.
    world
        .server
        .borrow_mut()
        .installed
        .get_mut(&alice)
        .unwrap()
        .key_packages
        .clear();
    world.go_offline("alice");
    world.go_online("alice");
    world.send("alice", "bob", "two");
    world.reopen("alice", old);
    world.run();
    assert_eq!(copied(&world, "alice"), 1);
    world.send("carol", "alice", "hello");
    world.accept("alice", "carol");
    assert_eq!(world.texts("alice", "carol"), ["hello"]);
}

#[test]
fn a_place_from_the_future_is_read_from_the_start_and_nothing_is_shown_twice() {
    let mut world = World::with(907, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    world.send("bob", "alice", "two");
    world.go_offline("alice");
    world.go_offline("bob");
    let topic = world.server.borrow().arrived[0].1.topic;
    // The server has lost the last one.
    let mut server = world.server.borrow_mut();
    let log = server.logs.get_mut(&topic).unwrap();
    log.envelopes.pop();
    let head = Seq(log.envelopes.len() as u64);
    log.ids.retain(|_, seq| *seq <= head);
    drop(server);
    world.go_online("alice");
    world.go_online("bob");
    world.pass(5_000);
    assert_eq!(world.texts("alice", "bob"), ["one", "two"]);
    assert_eq!(copied(&world, "alice"), 0);
    world.send("alice", "bob", "three");
    assert_eq!(world.texts("alice", "bob"), ["one", "two", "three"]);
}
