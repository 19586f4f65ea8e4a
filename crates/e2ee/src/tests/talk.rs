//! What works when everybody is honest.

use identity::verify_challenge;
use protocol::{Topic, limits};

use super::people::{DOMAIN, Directory, Person, TOPIC, alice_and_bob, all_talk, dice, three, vouch, write};
use crate::{E2eeError, Installation, Processed};

#[test]
fn two_people_talk_both_ways() {
    let (mut alice, mut bob) = alice_and_bob(false);
    all_talk(&mut [&mut alice, &mut bob]);
    assert_eq!(alice.it.members(TOPIC), bob.it.members(TOPIC));
    assert_eq!(alice.it.epoch(TOPIC), Some(1));
    assert_eq!(alice.it.topics(), [TOPIC]);
}

#[test]
fn the_same_with_a_restart_after_every_step() {
    let (mut alice, mut bob) = alice_and_bob(true);
    all_talk(&mut [&mut alice, &mut bob]);
    let (mut alice, mut bob, mut carol) = three(true);
    all_talk(&mut [&mut alice, &mut bob, &mut carol]);
    let proposed = alice.propose(&mut [], &[&carol]);
    assert!(alice.it.has_pending(TOPIC), "pending survives the restart");
    alice.merge();
    bob.process(&proposed.commit).unwrap();
    carol.process(&proposed.commit).unwrap();
    all_talk(&mut [&mut alice, &mut bob]);
    assert_eq!(carol.it.topics(), []);
}

#[test]
fn notes_to_oneself_need_nobody_else() {
    let known = Directory::default();
    let mut laptop = Person::new("laptop", 1, &known);
    let mut phone = Person::new("phone", 1, &known);
    laptop.step(|it| it.create(TOPIC)).unwrap();
    laptop.say("only for me");
    let proposed = laptop.propose(&mut [&mut phone], &[]);
    laptop.merge();
    let members = phone.join(&proposed).unwrap();
    assert_eq!(members[0].address, members[1].address);
    all_talk(&mut [&mut laptop, &mut phone]);
}

#[test]
fn a_third_joins_and_hears_only_what_comes_after() {
    let (mut alice, mut bob) = alice_and_bob(false);
    let before = alice.say("before");
    assert_eq!(bob.hear(&before).1, "before");
    let mut carol = Person::new("carol", 3, &alice.known.clone());
    let proposed = bob.propose(&mut [&mut carol], &[]);
    alice.process(&proposed.commit).unwrap();
    bob.merge();
    let members = carol.join(&proposed).unwrap();
    assert_eq!(members, [alice.member(), bob.member(), carol.member()]);
    assert!(carol.process(&before).is_err());
    assert!(
        carol.process(&proposed.commit).is_err(),
        "the commit that added her is not for her to apply"
    );
    all_talk(&mut [&mut alice, &mut bob, &mut carol]);
}

#[test]
fn who_is_removed_reads_nothing_more() {
    let (mut alice, mut bob, mut carol) = three(false);
    let disk = carol.disk.clone();
    let proposed = alice.propose(&mut [], &[&carol]);
    alice.merge();
    let gone = Processed::Commit {
        added: vec![],
        removed: vec![carol.member()],
        left: false,
    };
    assert_eq!(bob.process(&proposed.commit), Ok(gone));
    let message = alice.say("without carol");
    assert_eq!(bob.hear(&message).1, "without carol");

    let left = Processed::Commit {
        added: vec![],
        removed: vec![carol.member()],
        left: true,
    };
    assert_eq!(carol.process(&proposed.commit), Ok(left));
    assert!(!carol.it.has(TOPIC));
    assert_eq!(carol.it.members(TOPIC), []);
    assert_eq!(carol.process(&message), Err(E2eeError::UnknownConversation));
    assert_eq!(
        carol.disk.keys().collect::<Vec<_>>(),
        [&[0, 1]],
        "nothing of the group is left on her disk"
    );

    // A Carol who refuses to go still cannot read.
    carol.disk = disk;
    carol.restart();
    assert_eq!(carol.process(&message), Err(E2eeError::WrongEpoch));
    // Nor does she come back by her own word: others ignore what she says in the old epoch.
    let intruding = carol.propose(&mut [], &[&bob]);
    assert_eq!(alice.process(&intruding.commit), Err(E2eeError::WrongEpoch));
}

#[test]
fn renewed_keys_shut_out_who_had_copied_them() {
    let (mut alice, mut bob) = alice_and_bob(false);
    let mut thief = Person::new("thief", 9, &bob.known.clone());
    thief.disk = bob.disk.clone();
    thief.restart();
    let message = alice.say("read by whoever has Bob's keys");
    bob.hear(&message);
    thief.hear(&message);

    let renewed = bob.propose(&mut [], &[]);
    assert_eq!(renewed.welcomes, []);
    let nobody = Processed::Commit {
        added: vec![],
        removed: vec![],
        left: false,
    };
    assert_eq!(alice.process(&renewed.commit), Ok(nobody));
    bob.merge();
    assert!(thief.process(&renewed.commit).is_err());
    let message = alice.say("for Bob alone");
    assert_eq!(bob.hear(&message).1, "for Bob alone");
    assert_eq!(thief.process(&message), Err(E2eeError::WrongEpoch));
    all_talk(&mut [&mut alice, &mut bob]);
}

#[test]
fn who_was_removed_can_be_invited_again() {
    let (mut alice, mut bob, mut carol) = three(false);
    let proposed = alice.propose(&mut [], &[&carol]);
    alice.merge();
    for person in [&mut bob, &mut carol] {
        person.process(&proposed.commit).unwrap();
    }
    let again = bob.propose(&mut [&mut carol], &[]);
    bob.merge();
    alice.process(&again.commit).unwrap();
    carol.join(&again).unwrap();
    all_talk(&mut [&mut alice, &mut bob, &mut carol]);
}

#[test]
fn who_was_away_reads_everything_later() {
    let (mut alice, mut bob, mut carol) = three(false);
    let mut log = Vec::new();
    for round in 0..8 {
        for n in 0..10 {
            log.push(alice.say(&format!("{round}.{n}")));
        }
        let proposed = alice.propose(&mut [], &[]);
        log.push(proposed.commit);
        alice.merge();
    }
    let mut texts = Vec::new();
    for envelope in &log {
        match bob.process(envelope).unwrap() {
            Processed::Message { plaintext, .. } => texts.push(String::from_utf8(plaintext.to_vec()).unwrap()),
            Processed::Commit { added, removed, left } => assert!(added.is_empty() && removed.is_empty() && !left),
        }
        carol.process(envelope).unwrap();
    }
    assert_eq!(texts.len(), 80);
    assert_eq!(texts[79], "7.9");
    all_talk(&mut [&mut alice, &mut bob, &mut carol]);
}

#[test]
fn messages_may_overtake_each_other() {
    let (mut alice, mut bob) = alice_and_bob(true);
    let messages: Vec<_> = (0..40).map(|n| alice.say(&n.to_string())).collect();
    for (n, message) in messages.iter().enumerate().rev() {
        assert_eq!(bob.hear(message).1, n.to_string());
    }
    for message in &messages {
        assert_eq!(bob.process(message), Err(E2eeError::AlreadyUsed));
    }
}

#[test]
fn a_late_message_of_the_last_two_epochs_is_read() {
    let (mut alice, mut bob, mut carol) = three(false);
    let late = carol.say("late");
    let later = carol.say("too late");
    for _ in 0..2 {
        let proposed = alice.propose(&mut [], &[]);
        alice.merge();
        bob.process(&proposed.commit).unwrap();
    }
    assert_eq!(bob.hear(&late), (carol.member(), "late".into()));
    let proposed = alice.propose(&mut [], &[&carol]);
    alice.merge();
    bob.process(&proposed.commit).unwrap();
    assert_eq!(bob.process(&later), Err(E2eeError::WrongEpoch));
}

#[test]
fn a_late_message_of_somebody_who_left_still_names_its_author() {
    let (mut alice, mut bob, mut carol) = three(false);
    let late = carol.say("bye");
    let proposed = alice.propose(&mut [], &[&carol]);
    alice.merge();
    bob.process(&proposed.commit).unwrap();
    let hidden = bob.known.hide(&carol.vouched.hash).unwrap();
    assert_eq!(
        bob.process(&late),
        Err(E2eeError::MissingAssociations(vec![carol.vouched.hash]))
    );
    bob.known.show(carol.vouched.hash, hidden);
    assert_eq!(bob.hear(&late), (carol.member(), "bye".into()));
}

#[test]
fn a_last_resort_key_package_invites_twice() {
    let known = Directory::default();
    let mut bob = Person::new("bob", 2, &known);
    let last_resort = bob.step(Installation::last_resort).unwrap();
    let plain = bob.key_package();
    for (n, key_package, second) in [(1, &last_resort, true), (2, &plain, false)] {
        for round in 0..2u8 {
            let topic = Topic([n * 2 + round; 32]);
            let mut alice = Person::new(&format!("alice {n} {round}"), 1, &known);
            alice.step(|it| it.create(topic)).unwrap();
            let add = [(key_package.clone(), bob.vouched.clone())];
            let proposed = alice.step(|it| it.commit(topic, &add, &[])).unwrap();
            let joined = bob.step(|it| it.join(topic, &proposed.welcomes[0].message, &known));
            if round == 0 || second {
                assert_eq!(joined.unwrap().len(), 2);
            } else {
                assert_eq!(joined, Err(E2eeError::NoKeyPackage));
            }
        }
    }
}

#[test]
fn a_newer_association_reaches_the_others_with_the_next_commit() {
    let (mut alice, mut bob) = alice_and_bob(true);
    let newer = vouch(1, &alice.it.public_key(), "anothernonce12345678");
    assert_ne!(newer.hash, alice.vouched.hash);
    alice.known.show(newer.hash, newer.clone());
    alice.step(|it| it.associate(&newer)).unwrap();
    all_talk(&mut [&mut alice, &mut bob]);
    alice.vouched = newer;
    let proposed = alice.propose(&mut [], &[]);
    alice.merge();
    bob.process(&proposed.commit).unwrap();
    assert_eq!(bob.it.members(TOPIC), [alice.member(), bob.member()]);
    all_talk(&mut [&mut alice, &mut bob]);
}

#[test]
fn an_installation_is_one_key_of_one_account() {
    let mut it = Installation::generate(dice("new")).unwrap();
    assert_eq!(it.association(), None);
    assert_eq!(it.key_packages(1), Err(E2eeError::NotAssociated));
    assert_eq!(it.create(TOPIC), Err(E2eeError::NotAssociated));
    it.roll_back();
    let other = Installation::generate(dice("other")).unwrap();
    assert_eq!(
        it.associate(&vouch(1, &other.public_key(), "0123456789abcdef")),
        Err(E2eeError::NotBelieved)
    );
    let mine = vouch(1, &it.public_key(), "0123456789abcdef");
    it.associate(&mine).unwrap();
    assert_eq!(it.association(), Some(mine.hash));
    assert_eq!(
        it.associate(&vouch(2, &it.public_key(), "0123456789abcdef")),
        Err(E2eeError::NotBelieved)
    );
    assert_eq!(it.id(), mine.installation);

    let nonce = [3; 32];
    let signature = it.sign_challenge(DOMAIN, &nonce);
    assert!(verify_challenge(&it.public_key(), DOMAIN, &nonce, &signature));
    assert!(!verify_challenge(&it.public_key(), DOMAIN, &[4; 32], &signature));
}

#[test]
fn what_is_too_large_is_not_sent() {
    let (mut alice, mut bob) = alice_and_bob(false);
    let longest = "ä".repeat(limits::TEXT / 2);
    let message = alice.say(&longest);
    assert!(message.len() < limits::PAYLOAD);
    assert_eq!(bob.hear(&message).1, longest);
    let (id, plaintext) = alice.content(&"x".repeat(limits::PAYLOAD));
    let sealed = alice.step(|it| it.encrypt(TOPIC, id, plaintext.clone()));
    assert_eq!(sealed, Err(E2eeError::TooLarge));
    all_talk(&mut [&mut alice, &mut bob]);
}

#[test]
fn lengths_say_little_and_state_stays_small() {
    let (mut alice, mut bob) = alice_and_bob(false);
    let size = |person: &Person| {
        person
            .disk
            .iter()
            .map(|(key, value)| key.len() + value.len())
            .sum::<usize>()
    };
    println!("key package {} B", alice.key_package().len());
    println!("state of two after joining {} B", size(&bob));
    let lengths: Vec<_> = [1, 50, 100, 300, 1000].map(|n| alice.say(&"x".repeat(n)).len()).into();
    println!("messages of 1, 50, 100, 300, 1000 B: {lengths:?} B");
    assert!(lengths[0] == lengths[1] && lengths[1] == lengths[2] && lengths[2] < lengths[3]);
    assert!(lengths[0] < 450 && lengths[4] < 1600);
    for _ in 0..5 {
        let proposed = alice.propose(&mut [], &[]);
        alice.merge();
        bob.process(&proposed.commit).unwrap();
        println!(
            "self-update {} B, state of two then {} B",
            proposed.commit.len(),
            size(&bob)
        );
    }
    assert!(size(&bob) < 20_000);
    let message = alice.say("x");
    bob.it.process(TOPIC, &message, &bob.known.clone()).unwrap();
    let changes = bob.it.take_changes();
    println!(
        "one message writes {} records, {} B",
        changes.puts.len(),
        changes.puts.iter().map(|put| put.1.len()).sum::<usize>()
    );
    write(&mut bob.disk, changes);
}
