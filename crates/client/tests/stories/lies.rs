//! A server that lies, and members that cheat. They can withhold; they cannot put words into anybody's mouth, and what
//! does not hold never blocks what does.

use bridge::{Command, Connection, MessageState, Trouble, Unsent};
use client::Space;
use identity::Association;
use protocol::{Answer, Body, ErrorCode, MessageId, ServerFrame, Topic};

use crate::support::{World, wallet::Wallet};

fn topic(world: &World) -> Topic {
    world.server.borrow().arrived[0].1.topic
}

/// Mallory's installation, vouched for by Mallory, listed as Bob's.
fn list_as_bobs(world: &World, names: &[&'static str]) {
    let rows = names.iter().map(|name| {
        let id = world.installation(name);
        (id, world.server.borrow().installed[&id].association.hash())
    });
    let rows = rows.collect();
    world.server.borrow_mut().listed.insert(world.address("bob"), rows);
}

#[test]
fn anothers_association_is_not_bobs() {
    let mut world = World::with(100, &["alice", "mallory"]);
    world.arrive("bob");
    list_as_bobs(&world, &["mallory"]);
    let id = world.send("alice", "bob", "for bob only");
    assert_eq!(
        world.state("alice", "bob", id),
        Some(MessageState::NotSent(Unsent::Unverified))
    );
    assert!(world.server.borrow().arrived.is_empty(), "nothing left alice");
}

#[test]
fn a_forged_association_is_nobodys() {
    let (mut world, _) = World::with_chain(101, &["alice"]);
    world.arrive("bob");
    let (bob, id) = (world.address("bob"), world.installation("bob"));
    // Signed by the server's own wallet in bob's name. It could be a smart account's; alice's wallet asks the chain.
    let (text, signature) = Wallet::new(66).vouch_as(bob, id, crate::support::wallet::DOMAIN);
    let forged = Association {
        text,
        signature,
        public_key: world.public_key("bob"),
    };
    world.server.borrow_mut().register(bob, forged);
    let id = world.send("alice", "bob", "for bob only");
    assert_eq!(
        world.state("alice", "bob", id),
        Some(MessageState::NotSent(Unsent::Unverified))
    );
    let account = bob;
    world.command("alice", Command::Find { account });
    let found = world.people["alice"].events.last().unwrap();
    assert_eq!(
        found,
        &bridge::Event::Found {
            account,
            here: Some(false)
        }
    );
}

#[test]
fn other_bytes_under_a_hash_are_as_none() {
    let mut world = World::with(102, &["alice", "bob", "mallory"]);
    let (bob, mallory) = (world.installation("bob"), world.installation("mallory"));
    {
        let mut server = world.server.borrow_mut();
        let hash = server.installed[&bob].association.hash();
        let others = server.installed[&mallory].association.to_bytes();
        server.forged.insert(hash, Some(others));
    }
    let id = world.send("alice", "bob", "for bob only");
    assert_eq!(
        world.state("alice", "bob", id),
        Some(MessageState::NotSent(Unsent::Unverified))
    );
    world.server.borrow_mut().forged.clear();
    world.go_offline("alice");
    world.go_online("alice");
    world.command("alice", Command::Retry { id });
    assert_eq!(
        world.state("alice", "bob", id),
        Some(MessageState::Sent),
        "a new connection asks again"
    );
}

#[test]
fn a_key_package_of_another_key_is_refused() {
    let mut world = World::with(103, &["alice", "bob", "mallory"]);
    let (bob, mallory) = (world.installation("bob"), world.installation("mallory"));
    {
        let mut server = world.server.borrow_mut();
        let stolen = server.installed[&mallory].key_packages.clone();
        let installed = server.installed.get_mut(&bob).unwrap();
        installed.key_packages = stolen;
        installed.last_resort = None;
    }
    let id = world.send("alice", "bob", "for bob only");
    assert_eq!(
        world.state("alice", "bob", id),
        Some(MessageState::NotSent(Unsent::Unverified))
    );
    assert!(world.server.borrow().arrived.is_empty());
}

#[test]
fn one_bad_browser_does_not_keep_the_others_out() {
    let mut world = World::with(104, &["alice", "bob", "mallory"]);
    world.arrive_again("bob", "bob's phone");
    world.sign_in("bob's phone");
    let (phone, mallory) = (world.installation("bob's phone"), world.installation("mallory"));
    {
        let mut server = world.server.borrow_mut();
        let stolen = server.installed[&mallory].key_packages.clone();
        server.installed.get_mut(&phone).unwrap().key_packages = stolen;
    }
    list_as_bobs(&world, &["bob", "bob's phone", "mallory"]);
    let id = world.send("alice", "bob", "for bob only");
    assert_eq!(world.state("alice", "bob", id), Some(MessageState::Sent));
    world.accept("bob", "alice");
    assert_eq!(world.texts("bob", "alice"), ["for bob only"]);
    assert!(world.list("mallory").is_empty());
}

#[test]
fn garbage_in_a_log_is_skipped() {
    let mut world = World::with(105, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    let topic = topic(&world);
    let inbox = world.installation("bob").inbox();
    for (round, length) in [0usize, 1, 7, 300, 9_000].into_iter().enumerate() {
        let id = MessageId([0xf0 + u8::try_from(round).unwrap(); 16]);
        let bytes = vec![0xab; length];
        let mut server = world.server.borrow_mut();
        server.append(topic, id, Body::Application(bytes.clone()));
        server.append(topic, id, Body::Commit(bytes.clone()));
        let welcome = Body::Welcome {
            topic,
            commit: protocol::Seq(1),
            message: bytes.clone(),
        };
        server.append(topic, id, welcome.clone());
        server.append(inbox, id, welcome);
        server.append(inbox, id, Body::Application(bytes));
        let elsewhere = Body::Welcome {
            topic: Topic([9; 32]),
            commit: protocol::Seq(1),
            message: vec![1; length],
        };
        server.append(inbox, id, elsewhere);
    }
    world.run();
    world.send("alice", "bob", "two");
    world.send("bob", "alice", "three");
    for (who, whom) in [("alice", "bob"), ("bob", "alice")] {
        assert_eq!(world.texts(who, whom), ["one", "two", "three"]);
        let connections = world.people[who].events.iter();
        let waits = connections
            .filter(|event| format!("{event:?}").contains("Waiting {"))
            .count();
        assert_eq!(waits, 0, "nobody even lost the connection");
    }
}

#[test]
fn garbage_among_many_costs_only_itself() {
    let mut world = World::with(106, &["alice", "bob"]);
    world.send("alice", "bob", "0");
    world.accept("bob", "alice");
    world.go_offline("bob");
    let topic = topic(&world);
    let mut expected = vec!["0".to_owned()];
    for number in 1..40u8 {
        world.send("alice", "bob", &number.to_string());
        expected.push(number.to_string());
        if number % 7 == 0 {
            world
                .server
                .borrow_mut()
                .append(topic, MessageId([0xee; 16]), Body::Application(vec![number; 99]));
        }
    }
    world.go_online("bob");
    assert_eq!(world.texts("bob", "alice"), expected);
}

#[test]
fn a_replayed_message_is_shown_once() {
    let mut world = World::with(107, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    world.send("alice", "bob", "pay me");
    let topic = topic(&world);
    let replayed = world.server.borrow().logs[&topic].envelopes.clone();
    for envelope in replayed {
        let mut server = world.server.borrow_mut();
        server.append(topic, envelope.id, envelope.body.clone());
        // And under another id.
        server.append(topic, MessageId([0xdd; 16]), envelope.body);
    }
    world.run();
    assert_eq!(world.texts("bob", "alice"), ["one", "pay me"]);
    assert_eq!(world.texts("alice", "bob"), ["one", "pay me"]);
    world.send("bob", "alice", "no");
    assert_eq!(world.texts("alice", "bob"), ["one", "pay me", "no"]);
}

#[test]
fn envelopes_out_of_order_or_with_gaps_are_not_read() {
    for seed in 0..3 {
        let mut world = World::with(108 + seed, &["alice", "bob"]);
        world.send("alice", "bob", "one");
        world.accept("bob", "alice");
        world.go_offline("bob");
        for text in ["two", "three", "four"] {
            world.send("alice", "bob", text);
        }
        let topic = topic(&world);
        world.server.borrow_mut().lie = Some(Box::new(move |mut frame| {
            if let ServerFrame::Envelopes { topic: of, envelopes } = &mut frame
                && *of == topic
            {
                match seed {
                    0 => envelopes.reverse(),
                    1 => drop(envelopes.remove(0)),
                    _ => envelopes.iter_mut().for_each(|envelope| envelope.seq.0 += 1),
                }
            }
            vec![frame]
        }));
        world.go_online("bob");
        world.pass(5_000);
        assert_eq!(world.texts("bob", "alice"), ["one"], "lie {seed}");
        world.server.borrow_mut().lie = None;
        world.pass(60_000);
        assert_eq!(
            world.texts("bob", "alice"),
            ["one", "two", "three", "four"],
            "lie {seed}"
        );
    }
}

#[test]
fn envelopes_nobody_asked_for_are_not_read() {
    let mut world = World::with(112, &["alice", "bob", "carol"]);
    world.send("alice", "bob", "one");
    let topic = topic(&world);
    let envelopes = world.server.borrow().logs[&topic].envelopes.clone();
    let carol = world.installation("carol");
    world
        .server
        .borrow_mut()
        .say_to(carol, &ServerFrame::Envelopes { topic, envelopes });
    world.run();
    assert_eq!(world.people["carol"].vault.keys(Space::Topic).len(), 0);
}

#[test]
fn a_message_acknowledged_before_its_time_changes_nothing_else() {
    let mut world = World::with(113, &["alice", "bob"]);
    let alice = world.installation("alice");
    for byte in 0..3 {
        let id = MessageId([byte; 16]);
        let stored = ServerFrame::Stored {
            id,
            seq: protocol::Seq(7),
            at: protocol::UnixMillis(0),
        };
        world.server.borrow_mut().say_to(alice, &stored);
        world.server.borrow_mut().say_to(
            alice,
            &ServerFrame::Refused {
                id,
                code: ErrorCode::Internal,
            },
        );
    }
    world.run();
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    assert_eq!(world.texts("bob", "alice"), ["one"]);
}

#[test]
fn frames_of_another_version_or_none_are_refused_without_harm() {
    let mut world = World::with(114, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    let whole = protocol::codec::encode(&ServerFrame::Pong).unwrap();
    let newer = [&[2], &whole[1..]].concat();
    let large = vec![1; protocol::limits::FRAME + 1];
    let codes = [ErrorCode::UnknownVersion, ErrorCode::Malformed, ErrorCode::TooLarge];
    for (bytes, code) in [newer, vec![1, 0xff, 0xff], large].into_iter().zip(codes) {
        let alice = world.installation("alice");
        let mut server = world.server.borrow_mut();
        let socket = server
            .sockets
            .values_mut()
            .find(|socket| socket.who == Some(alice))
            .unwrap();
        socket.out.push_back(bytes);
        drop(server);
        world.run();
        assert_eq!(world.troubles("alice").last(), Some(&Trouble::Refused(code)));
        world.pass(31_000);
        world.send("bob", "alice", "still there?");
    }
    assert_eq!(world.texts("alice", "bob").len(), 4);
}

#[test]
fn an_invitation_whose_association_is_withheld_does_not_block_the_inbox() {
    let mut world = World::with(115, &["alice", "bob", "carol"]);
    {
        let id = world.installation("alice");
        let mut server = world.server.borrow_mut();
        let hash = server.installed[&id].association.hash();
        server.forged.insert(hash, None);
    }
    world.send("alice", "bob", "who am I?");
    assert!(world.list("bob").is_empty(), "nobody vouches for her");
    world.send("carol", "bob", "hello");
    let list = world.list("bob");
    assert_eq!(list.len(), 1);
    assert_eq!(list[0].id, world.address("carol"));
}

#[test]
fn whose_association_is_withheld_in_a_conversation_holds_that_one_and_it_is_said() {
    let mut world = World::with(118, &["alice", "bob", "carol"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    world.go_offline("bob");
    world.arrive_again("alice", "alice's phone");
    world.sign_in("alice's phone");
    world.pass(10_000);
    world.send("alice", "bob", "two");
    let phone = world.installation("alice's phone");
    let hash = world.server.borrow().installed[&phone].association.hash();
    world.server.borrow_mut().forged.insert(hash, None);
    world.go_online("bob");
    assert_eq!(world.texts("bob", "alice"), ["one"]);
    assert!(world.troubles("bob").contains(&Trouble::Withheld));
    assert_eq!(world.connection("bob"), Some(Connection::Live), "the rest goes on");
    world.send("carol", "bob", "hello");
    assert_eq!(world.list("bob").len(), 2);
    // The server thinks better of it.
    world.server.borrow_mut().forged.clear();
    world.go_offline("bob");
    world.go_online("bob");
    assert_eq!(world.texts("bob", "alice"), ["one", "two"]);
}

#[test]
fn what_is_withheld_before_a_conversation_needs_it_keeps_nobody_waiting() {
    let mut world = World::with(121, &["alice", "bob", "carol"]);
    for friend in ["alice", "carol"] {
        world.send(friend, "bob", "one");
        world.accept("bob", friend);
    }
    world.go_offline("bob");
    world.arrive_again("bob", "bob's phone");
    world.sign_in("bob's phone");
    world.pass(10_000);
    world.send("alice", "bob", "two");
    let hers = world.server.borrow().arrived.last().unwrap().1.topic;
    world.send("carol", "bob", "two");
    let phone = world.installation("bob's phone");
    let hash = world.server.borrow().installed[&phone].association.hash();
    world.server.borrow_mut().forged.insert(hash, None);
    // What Alice's conversation holds comes behind the answer that nobody vouches for the phone.
    let mut late = Some(Vec::new());
    world.server.borrow_mut().lie = Some(Box::new(move |frame| match (&frame, &mut late) {
        (ServerFrame::Envelopes { topic, .. } | ServerFrame::CaughtUp { topic, .. }, Some(late)) if *topic == hers => {
            late.push(frame);
            vec![]
        }
        (
            ServerFrame::Answer {
                answer: Ok(Answer::Association(None)),
                ..
            },
            Some(_),
        ) => [vec![frame], late.take().unwrap()].concat(),
        _ => vec![frame],
    }));
    world.go_online("bob");
    assert!(world.troubles("bob").contains(&Trouble::Withheld));
    assert_eq!(world.connection("bob"), Some(Connection::Live), "the rest goes on");
    for friend in ["alice", "carol"] {
        assert_eq!(world.texts("bob", friend), ["one"]);
    }
    // The server thinks better of it.
    world.server.borrow_mut().forged.clear();
    world.server.borrow_mut().lie = None;
    world.go_offline("bob");
    world.go_online("bob");
    for friend in ["alice", "carol"] {
        assert_eq!(world.texts("bob", friend), ["one", "two"]);
    }
}

#[test]
fn two_own_words_that_change_places_are_noticed() {
    let mut world = World::with(119, &["alice", "bob"]);
    world.send("alice", "bob", "zero");
    world.accept("bob", "alice");
    // Both are stored, and their echoes are kept back.
    world.server.borrow_mut().lie = Some(Box::new(|frame| match frame {
        ServerFrame::Envelopes { .. } => vec![],
        frame => vec![frame],
    }));
    world.send("alice", "bob", "one");
    world.send("alice", "bob", "two");
    let topic = world.server.borrow().arrived[0].1.topic;
    {
        let mut server = world.server.borrow_mut();
        let envelopes = &mut server.logs.get_mut(&topic).unwrap().envelopes;
        let [.., one, two] = &mut envelopes[..] else {
            panic!("both are there")
        };
        std::mem::swap(&mut one.body, &mut two.body);
        server.lie = None;
        server.restart();
    }
    world.pass(5_000);
    assert!(world.troubles("alice").contains(&Trouble::Unreadable));
}

#[test]
fn a_third_account_in_a_conversation_of_two_ends_it() {
    let mut world = World::with(116, &["alice", "bob", "eve"]);
    world.send("alice", "bob", "between us");
    world.accept("bob", "alice");
    // Bob's list of alice's installations is answered with eve's: he refuses. So eve needs a cheating member; a server that
    // lists eve under alice's account is the nearest thing an honest client can be led to.
    let eve = world.installation("eve");
    let hash = world.server.borrow().installed[&eve].association.hash();
    let alice = world.address("alice");
    world.server.borrow_mut().listed.insert(alice, vec![(eve, hash)]);
    world.pass(61_000);
    world.send("bob", "alice", "still between us");
    assert_eq!(world.texts("alice", "bob"), ["between us", "still between us"]);
    assert!(world.list("eve").is_empty());
}
