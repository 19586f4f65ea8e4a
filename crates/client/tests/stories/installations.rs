//! Several browsers of one person.

use std::{cell::Cell, rc::Rc};

use bridge::{Command, Connection, Event, MessageState, Unsent};
use client::Effect;
use identity::{Revocation, Revoker};
use protocol::{Ask, Body, ClientFrame, InstallationId, Kind, ServerFrame, UnixMillis, codec};

use super::support::{
    World,
    wallet::{DOMAIN, Wallet},
    world::Name,
};

/// Alice and Bob, who know each other.
fn friends(seed: u64) -> World {
    let mut world = World::with(seed, &["alice", "bob"]);
    world.send("alice", "bob", "hello");
    world.accept("bob", "alice");
    world
}

#[test]
fn a_browser_that_has_just_come_gets_what_is_written_in_the_next_moment() {
    let mut world = friends(1);
    for (of, browser) in [("bob", "bob's phone"), ("alice", "alice's phone")] {
        world.arrive_again(of, browser);
        world.sign_in(browser);
    }
    world.send("alice", "bob", "no time has passed");
    world.accept("bob's phone", "alice");
    assert_eq!(world.texts("bob's phone", "alice"), ["no time has passed"]);
    assert_eq!(world.texts("alice's phone", "bob"), ["no time has passed"]);
}

#[test]
fn who_is_invited_by_somebody_with_many_browsers_asks_for_all_of_them_at_once() {
    let mut world = World::with(18, &["alice", "bob"]);
    for browser in ["alice's phone", "alice's tablet"] {
        world.arrive_again("alice", browser);
        world.sign_in(browser);
    }
    world.pass(10_000);
    // How often the invitation is read.
    let (inbox, read) = (world.installation("bob").inbox(), Rc::new(Cell::new(0)));
    let counted = Rc::clone(&read);
    world.server.borrow_mut().lie = Some(Box::new(move |frame| {
        if matches!(&frame, ServerFrame::Envelopes { topic, .. } if *topic == inbox) {
            counted.set(counted.get() + 1);
        }
        vec![frame]
    }));
    world.send("alice", "bob", "from any of the three");
    world.accept("bob", "alice");
    assert_eq!(world.texts("bob", "alice"), ["from any of the three"]);
    assert_eq!(
        read.get(),
        2,
        "once to see who is there, and once more when all are known"
    );
}

#[test]
fn a_browser_is_added_once_it_has_key_packages() {
    let mut world = friends(2);
    world.arrive_again("bob", "bob's phone");
    // Signed in, and then the connection breaks before any key package could be given.
    world.server.borrow_mut().closing = Some(1013);
    world.sign_in("bob's phone");
    world.send("alice", "bob", "before");
    assert_eq!(world.texts("bob", "alice"), ["hello"], "it may come in a moment");
    world.pass(6_000);
    assert_eq!(
        world.texts("bob", "alice"),
        ["hello", "before"],
        "but is not waited for"
    );
    world.send("alice", "bob", "nor again");
    assert_eq!(world.texts("bob", "alice")[2..], ["nor again"]);
    world.server.borrow_mut().closing = None;
    world.pass(60_000);
    world.send("alice", "bob", "behind");
    world.accept("bob's phone", "alice");
    assert_eq!(world.texts("bob's phone", "alice"), ["behind"]);
}

#[test]
fn what_is_written_while_a_browser_signs_in_waits_a_moment_for_it() {
    let mut world = friends(17);
    world.arrive_again("bob", "bob's phone");
    world.server.borrow_mut().closing = Some(1013);
    world.sign_in("bob's phone");
    world.send("alice", "bob", "to both");
    world.server.borrow_mut().closing = None;
    world.pass(3_000);
    world.accept("bob's phone", "alice");
    assert_eq!(world.texts("bob's phone", "alice"), ["to both"]);
    assert_eq!(world.texts("bob", "alice"), ["hello", "to both"]);
}

#[test]
fn a_hint_that_is_lost_is_made_up_for() {
    let mut world = friends(3);
    world.server.borrow_mut().silent = true;
    world.arrive_again("bob", "bob's phone");
    world.sign_in("bob's phone");
    world.send("alice", "bob", "nobody has said so");
    world.pass(301_000);
    world.send("alice", "bob", "found out");
    world.accept("bob's phone", "alice");
    assert_eq!(world.texts("bob's phone", "alice"), ["found out"]);
}

/// Alice and Bob, each at two browsers, all in one conversation.
fn four(seed: u64) -> World {
    let mut world = friends(seed);
    for (of, browser) in [("bob", "bob's phone"), ("alice", "alice's phone")] {
        world.arrive_again(of, browser);
        world.sign_in(browser);
    }
    world.send("alice", "bob", "to everybody");
    world.accept("bob's phone", "alice");
    world
}

fn revoke(world: &mut World, by: Name, whom: Name) {
    let installation = world.installation(whom);
    world.command(by, Command::Revoke { installation });
    let said = Event::Revoked {
        installation,
        refused: None,
    };
    assert!(world.people[by].events.contains(&said), "{by} is told");
}

/// Who was taken out by the commits that arrived.
fn removed(world: &World) -> Vec<InstallationId> {
    let server = world.server.borrow();
    let commits = server.arrived.iter().filter_map(|(_, publish)| match &publish.kind {
        Kind::Commit { removed, .. } => Some(removed.clone()),
        Kind::Application | Kind::Unknown => None,
    });
    commits.flatten().collect()
}

#[test]
fn all_browsers_of_both_get_everything_whoever_writes() {
    let mut world = four(4);
    for (from, to) in [
        ("alice's phone", "bob"),
        ("bob's phone", "alice"),
        ("bob", "alice"),
        ("alice", "bob"),
    ] {
        world.send(from, to, from);
    }
    let all = ["to everybody", "alice's phone", "bob's phone", "bob", "alice"];
    for (who, with) in [("alice's phone", "bob"), ("bob's phone", "alice")] {
        assert_eq!(world.texts(who, with), all, "{who}");
    }
    for (who, with) in [("alice", "bob"), ("bob", "alice")] {
        assert_eq!(world.texts(who, with)[1..], all, "{who}");
    }
    let mine = |world: &mut World, who| {
        let thread = world.thread(who, "bob");
        thread
            .iter()
            .rev()
            .take(4)
            .map(bridge::MessageView::is_mine)
            .collect::<Vec<_>>()
    };
    for who in ["alice", "alice's phone"] {
        assert_eq!(mine(&mut world, who), [true, false, false, true], "{who}");
    }
}

#[test]
fn a_revoked_browser_learns_why_gets_nothing_more_and_is_taken_out_by_who_writes_next() {
    let mut world = four(5);
    let lost = world.installation("bob's phone");
    revoke(&mut world, "bob", "bob's phone");
    assert_eq!(world.connection("bob's phone"), Some(Connection::Revoked));
    world.send("alice", "bob", "behind its back");
    assert_eq!(removed(&world), [lost]);
    assert_eq!(world.texts("bob's phone", "alice"), ["to everybody"]);
    for (who, with) in [("alice", "bob"), ("alice's phone", "bob"), ("bob", "alice")] {
        assert_eq!(world.texts(who, with).last().unwrap(), "behind its back", "{who}");
    }
    // It does not come back by itself, and says what it still had.
    world.pass(60_000);
    let id = world.fresh_id();
    let peer = world.address("alice");
    let text = String::from("never sent");
    world.command("bob's phone", Command::text(peer, id, text.clone()));
    world.command("bob's phone", Command::LeftOver);
    assert_eq!(world.connection("bob's phone"), Some(Connection::Revoked));
    assert!(
        world.people["bob's phone"]
            .events
            .contains(&Event::LeftOver(vec![(peer.into(), bridge::BodyView::Text(text))]))
    );
    assert_eq!(world.texts("alice", "bob").last().unwrap(), "behind its back");
    // The person signs in there again with a new key.
    world.command("bob's phone", Command::Forget);
    world.arrive_again("bob", "bob's new key");
    world.sign_in("bob's new key");
    world.send("alice", "bob", "welcome back");
    world.accept("bob's new key", "alice");
    assert_eq!(world.texts("bob's new key", "alice"), ["welcome back"]);
}

#[test]
fn ones_own_other_browser_is_taken_out_too() {
    let mut world = four(6);
    let lost = world.installation("alice's phone");
    revoke(&mut world, "alice", "alice's phone");
    world.send("alice", "bob", "without it");
    assert_eq!(removed(&world), [lost]);
    assert_eq!(world.texts("alice's phone", "bob"), ["to everybody"]);
    assert_eq!(world.texts("bob", "alice").last().unwrap(), "without it");
}

#[test]
fn who_signs_out_and_deletes_revokes_itself() {
    let mut world = four(7);
    let gone = world.installation("alice's phone");
    world.command("alice's phone", Command::Forget);
    assert!(world.people["alice's phone"].events.contains(&Event::Forgotten));
    assert!(world.server.borrow().installed[&gone].revoked.is_some());
    world.send("bob", "alice", "to one of you");
    assert_eq!(removed(&world), [gone]);
    // Without a connection only what is here can be deleted.
    world.go_offline("bob's phone");
    world.command("bob's phone", Command::Forget);
    assert!(world.people["bob's phone"].events.contains(&Event::Forgotten));
}

#[test]
fn without_an_answer_the_wish_to_delete_is_carried_out_all_the_same() {
    let mut world = four(8);
    // The socket breaks instead of an answer.
    world.server.borrow_mut().lie = Some(Box::new(|frame| match frame {
        ServerFrame::Answer { .. } | ServerFrame::Bye { .. } => vec![],
        frame => vec![frame],
    }));
    world.command("alice's phone", Command::Forget);
    assert!(world.people["alice's phone"].events.contains(&Event::Forgotten));
}

#[test]
fn the_server_throws_nobody_out() {
    for proof in 0..5u8 {
        let mut world = four(9);
        let (bob, phone) = (world.address("bob"), world.installation("bob's phone"));
        let (laptop, eve) = (world.installation("bob"), Wallet::of("eve"));
        let mut forged = Revocation {
            account: bob,
            installation: phone,
            at: UnixMillis(1),
            revoker: Revoker::Account,
            signature: vec![7; 65],
        };
        match proof {
            // It says nothing, or anything.
            0 => {}
            1 => {}
            // Signed by somebody else: as Bob, or in her own name.
            2 => forged.signature = eve.sign(&forged.text(DOMAIN)).1,
            3 => {
                forged.account = eve.address();
                forged.signature = eve.sign(&forged.text(DOMAIN)).1;
            }
            // Bob's own word, for another site.
            _ => forged.signature = world.people["bob"].wallet.sign(&forged.text("evil.example")).1,
        }
        {
            let mut server = world.server.borrow_mut();
            server.invented = match proof {
                0 => vec![],
                1 => vec![vec![1; 100], vec![]],
                _ => vec![forged.to_bytes()],
            };
            let hash = server.installed[&laptop].association.hash();
            server.listed.insert(bob, vec![(laptop, hash)]);
            server.installations_changed(bob);
        }
        world.run();
        world.send("alice", "bob", "still to both");
        assert_eq!(removed(&world), [], "{proof}");
        assert_eq!(
            world.texts("bob's phone", "alice").last().unwrap(),
            "still to both",
            "{proof}"
        );
    }
}

#[test]
fn a_true_word_for_one_browser_takes_out_no_other() {
    let mut world = four(10);
    let (bob, laptop) = (world.address("bob"), world.installation("bob"));
    revoke(&mut world, "bob", "bob's phone");
    // The server repeats it for the other one, and hides that one too.
    let proof = {
        let mut server = world.server.borrow_mut();
        let phone = server
            .installed
            .values()
            .find_map(|installed| installed.revoked.clone());
        server.listed.insert(bob, vec![]);
        server.invented = phone.clone().into_iter().collect();
        server.installations_changed(bob);
        phone
    };
    assert!(proof.is_some());
    world.run();
    world.send("alice", "bob", "to the one that is left");
    assert!(!removed(&world).contains(&laptop));
    assert_eq!(world.texts("bob", "alice").last().unwrap(), "to the one that is left");
}

#[test]
fn who_was_revoked_is_not_added_again_whatever_the_server_lists() {
    let mut world = four(11);
    let (bob, phone) = (world.address("bob"), world.installation("bob's phone"));
    revoke(&mut world, "bob", "bob's phone");
    world.send("alice", "bob", "out");
    // Forgotten by the server, with key packages and all; and alice's worker is another one.
    {
        let mut server = world.server.borrow_mut();
        let installed = server.installed.get_mut(&phone).unwrap();
        installed.revoked = None;
        installed.last_resort = Some(vec![1, 2, 3]);
        server.installations_changed(bob);
    }
    world.crash("alice");
    world.send("alice", "bob", "still out");
    assert_eq!(removed(&world), [phone]);
    let server = world.server.borrow();
    let added = |kind: &Kind| matches!(kind, Kind::Commit { welcomes, .. } if !welcomes.is_empty());
    let last = server
        .arrived
        .iter()
        .rposition(|(_, publish)| added(&publish.kind))
        .unwrap();
    let out = server
        .arrived
        .iter()
        .position(|(_, publish)| matches!(&publish.kind, Kind::Commit { removed, .. } if removed.contains(&phone)));
    assert!(Some(last) < out, "nobody is added behind");
}

#[test]
fn whose_every_browser_is_revoked_is_not_here() {
    let mut world = four(12);
    for (by, whom) in [("bob", "bob's phone"), ("bob", "bob")] {
        revoke(&mut world, by, whom);
    }
    let id = world.send("alice", "bob", "anybody?");
    assert_eq!(
        world.state("alice", "bob", id),
        Some(MessageState::NotSent(Unsent::NotHere))
    );
}

#[test]
fn what_a_removed_browser_said_is_not_shown_behind_its_removal() {
    let mut world = four(13);
    // Kept back by the server, and put into the log behind the removal.
    world.server.borrow_mut().refuse = Some(Box::new(|publish| {
        (publish.kind == Kind::Application).then_some(protocol::ErrorCode::Unavailable)
    }));
    world.send("bob's phone", "alice", "from the grave");
    let kept = {
        let mut server = world.server.borrow_mut();
        server.refuse = None;
        server.arrived.last().unwrap().1.clone()
    };
    revoke(&mut world, "bob", "bob's phone");
    world.send("alice", "bob", "it is out");
    {
        let mut server = world.server.borrow_mut();
        server.append(kept.topic, kept.id, Body::Application(kept.payload));
    }
    world.run();
    for (who, with) in [("alice", "bob"), ("bob", "alice")] {
        assert_eq!(world.texts(who, with).last().unwrap(), "it is out", "{who}");
    }
}

/// Commits that arrived and neither add nor remove anybody.
fn renewals(world: &World) -> usize {
    let server = world.server.borrow();
    let plain =
        |kind: &Kind| matches!(kind, Kind::Commit { welcomes, removed } if welcomes.is_empty() && removed.is_empty());
    server
        .arrived
        .iter()
        .filter(|(_, publish)| plain(&publish.kind))
        .count()
}

#[test]
fn keys_are_renewed_every_week_also_by_who_only_reads() {
    let mut world = friends(14);
    world.send("alice", "bob", "young");
    world.pass(5 * 24 * 3_600_000);
    assert_eq!(renewals(&world), 0);
    world.pass(2 * 24 * 3_600_000 + 600_000);
    assert_eq!(renewals(&world), 2, "each has renewed its own, and nobody has written");
    world.send("alice", "bob", "a week later");
    world.send("bob", "alice", "so it is");
    assert_eq!(renewals(&world), 2);
    let last = ["a week later", "so it is"];
    assert_eq!(world.texts("alice", "bob")[2..], last);
    assert_eq!(world.texts("bob", "alice")[2..], last);
}

#[test]
fn who_comes_back_after_weeks_renews_its_keys_before_it_writes() {
    let mut world = friends(19);
    world.go_offline("alice");
    world.send("alice", "bob", "written on an island");
    world.pass(15 * 24 * 3_600_000);
    let before = renewals(&world);
    world.go_online("alice");
    assert_eq!(renewals(&world), before + 1);
    assert_eq!(world.texts("bob", "alice").last().unwrap(), "written on an island");
}

#[test]
fn keys_are_renewed_within_a_thousand_messages() {
    let mut world = friends(15);
    for number in 0..1_000u64 {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&(number + 1).to_be_bytes());
        let (peer, id) = (world.address("bob"), protocol::MessageId(id));
        let text = String::from("x");
        world.command("alice", Command::text(peer, id, text));
    }
    assert_eq!(renewals(&world), 2, "by who writes, and by who reads");
}

#[test]
fn a_server_that_takes_no_renewal_keeps_nobody_from_writing() {
    let mut world = friends(16);
    world.pass(8 * 24 * 3_600_000);
    world.server.borrow_mut().refuse = Some(Box::new(|publish| {
        matches!(publish.kind, Kind::Commit { .. }).then_some(protocol::ErrorCode::Internal)
    }));
    world.send("alice", "bob", "all the same");
    assert_eq!(world.texts("bob", "alice").last().unwrap(), "all the same");
}

#[test]
fn the_accounts_own_key_revokes_what_no_other_browser_can() {
    let mut world = four(18);
    let (bob, phone) = (world.address("bob"), world.installation("bob's phone"));
    let mut word = Revocation {
        account: bob,
        installation: phone,
        at: UnixMillis(1),
        revoker: Revoker::Account,
        signature: Vec::new(),
    };
    word.signature = world.people["bob"].wallet.sign(&word.text(DOMAIN)).1;
    {
        let mut server = world.server.borrow_mut();
        server.installed.get_mut(&phone).unwrap().revoked = Some(word.to_bytes());
        server.installations_changed(bob);
    }
    world.run();
    world.send("alice", "bob", "without the phone");
    assert_eq!(removed(&world), [phone]);
}

/// The server has the key of a browser that was revoked, and has it revoke the true one.
#[test]
fn m6_a_revoked_browser_throws_nobody_out() {
    let mut world = four(19);
    let bob = world.address("bob");
    let (laptop, phone) = (world.installation("bob"), world.installation("bob's phone"));
    let asked = world.effects_of("bob's phone", Command::Revoke { installation: laptop });
    let lie = asked.iter().find_map(|effect| match effect {
        Effect::Frame(bytes) => match codec::decode(bytes) {
            Ok(ClientFrame::Ask {
                ask: Ask::Revoke { revocation },
                ..
            }) => Some(revocation.into_vec()),
            _ => None,
        },
        _ => None,
    });
    assert!(lie.is_some(), "the phone could have revoked it before");
    revoke(&mut world, "bob", "bob's phone");
    world.send("alice", "bob", "without the phone");
    assert_eq!(removed(&world), [phone]);
    {
        let mut server = world.server.borrow_mut();
        server.installed.get_mut(&laptop).unwrap().revoked = lie;
        server.installations_changed(bob);
    }
    world.run();
    for text in ["still with you", "and again"] {
        world.send("alice", "bob", text);
        assert_eq!(removed(&world), [phone], "nobody else is taken out");
    }
}
