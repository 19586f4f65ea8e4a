//! Steps that fail half-way: the disk says no, the machine stops.

use super::people::{Directory, Person, TOPIC, alice_and_bob, all_talk, dice, write};
use crate::{E2eeError, Installation, Processed};

#[test]
fn a_message_whose_step_failed_is_read_again() {
    let (mut alice, mut bob) = alice_and_bob(false);
    let message = alice.say("once more");
    let known = bob.known.clone();
    let first = bob.it.process(TOPIC, &message, &known).unwrap();
    assert!(!bob.it.take_changes().is_empty());
    assert_eq!(
        bob.it.process(TOPIC, &message, &known),
        Err(E2eeError::AlreadyUsed),
        "without discard it is gone"
    );
    bob.it.roll_back();
    assert!(bob.it.take_changes().is_empty());
    assert_eq!(bob.it.process(TOPIC, &message, &known).unwrap(), first);
    bob.save();
    assert_eq!(bob.process(&message), Err(E2eeError::AlreadyUsed));
    all_talk(&mut [&mut alice, &mut bob]);
}

#[test]
fn a_key_is_used_again_only_after_a_discard() {
    let (mut alice, mut bob) = alice_and_bob(false);
    let (id, plaintext) = alice.content("never left");
    let lost = alice.it.encrypt(TOPIC, id, plaintext).unwrap();
    alice.it.roll_back();
    let (id, plaintext) = alice.content("left");
    let sent = alice.it.encrypt(TOPIC, id, plaintext).unwrap();
    alice.save();
    let next = alice.say("next");
    assert_eq!(bob.hear(&sent).1, "left");
    assert_eq!(bob.process(&lost), Err(E2eeError::AlreadyUsed), "the same generation");
    assert_eq!(bob.hear(&next).1, "next");
}

#[test]
fn a_commit_whose_step_failed_never_was() {
    let (mut alice, mut bob) = alice_and_bob(false);
    let mut carol = Person::new("carol", 3, &alice.known.clone());
    let add = [(carol.key_package(), carol.vouched.clone())];
    alice.it.commit(TOPIC, &add, &[]).unwrap();
    assert!(alice.it.has_pending(TOPIC));
    alice.it.roll_back();
    assert!(!alice.it.has_pending(TOPIC));
    assert_eq!(alice.step(|it| it.merge_pending(TOPIC)), Err(E2eeError::NothingPending));
    all_talk(&mut [&mut alice, &mut bob]);

    // Another's commit that could not be written is applied again.
    let proposed = alice.step(|it| it.commit(TOPIC, &add, &[])).unwrap();
    alice.merge();
    let known = bob.known.clone();
    bob.it.process(TOPIC, &proposed.commit, &known).unwrap();
    assert_eq!(bob.it.epoch(TOPIC), Some(2));
    bob.it.roll_back();
    assert_eq!(bob.it.epoch(TOPIC), Some(1));
    bob.process(&proposed.commit).unwrap();
    // And so with our own.
    carol.join(&proposed).unwrap();
    let proposed = bob.propose(&mut [], &[]);
    bob.it.merge_pending(TOPIC).unwrap();
    bob.it.roll_back();
    assert_eq!(bob.it.epoch(TOPIC), Some(2));
    assert!(bob.it.has_pending(TOPIC));
    bob.merge();
    alice.process(&proposed.commit).unwrap();
    carol.process(&proposed.commit).unwrap();
    all_talk(&mut [&mut alice, &mut bob, &mut carol]);
}

#[test]
fn a_join_whose_step_failed_can_be_tried_again() {
    let known = Directory::default();
    let (mut alice, mut bob) = (Person::new("alice", 1, &known), Person::new("bob", 2, &known));
    alice.step(|it| it.create(TOPIC)).unwrap();
    let proposed = alice.propose(&mut [&mut bob], &[]);
    alice.merge();
    bob.it.join(TOPIC, &proposed.welcomes[0].message, &known).unwrap();
    bob.it.roll_back();
    assert!(!bob.it.has(TOPIC));
    // A member nobody can tell anything about: asked for, and tried again.
    let hidden = known.hide(&alice.vouched.hash).unwrap();
    assert_eq!(
        bob.join(&proposed),
        Err(E2eeError::MissingAssociations(vec![alice.vouched.hash]))
    );
    known.show(hidden.hash, hidden);
    bob.join(&proposed).unwrap();
    assert_eq!(bob.join(&proposed), Err(E2eeError::AlreadyUsed));
    all_talk(&mut [&mut alice, &mut bob]);
}

#[test]
fn all_that_is_missing_is_said_at_once() {
    let (mut alice, mut bob) = alice_and_bob(false);
    let known = alice.known.clone();
    let (mut carol, mut dora) = (Person::new("carol", 3, &known), Person::new("dora", 4, &known));
    let proposed = alice.propose(&mut [&mut carol, &mut dora], &[]);
    alice.merge();
    let new: Vec<_> = [&carol, &dora].map(|person| person.vouched.hash).into();
    let hidden: Vec<_> = new.iter().map(|hash| known.hide(hash).unwrap()).collect();
    assert_eq!(
        bob.process(&proposed.commit),
        Err(E2eeError::MissingAssociations(new.clone()))
    );
    assert_eq!(
        carol.join(&proposed),
        Err(E2eeError::MissingAssociations(new)),
        "the others are known to her"
    );
    for hidden in hidden {
        known.show(hidden.hash, hidden);
    }
    bob.process(&proposed.commit).unwrap();
    carol.join(&proposed).unwrap();
    all_talk(&mut [&mut alice, &mut bob, &mut carol]);
}

#[test]
fn a_missing_association_holds_a_commit_and_costs_nothing() {
    let (mut alice, mut bob) = alice_and_bob(false);
    let mut carol = Person::new("carol", 3, &alice.known.clone());
    let proposed = alice.propose(&mut [&mut carol], &[]);
    alice.merge();
    let hidden = bob.known.hide(&carol.vouched.hash).unwrap();
    for _ in 0..3 {
        assert_eq!(
            bob.process(&proposed.commit),
            Err(E2eeError::MissingAssociations(vec![carol.vouched.hash]))
        );
    }
    bob.known.show(hidden.hash, hidden);
    let came = Processed::Commit {
        added: vec![carol.member()],
        removed: vec![],
        left: false,
    };
    assert_eq!(bob.process(&proposed.commit), Ok(came));
    carol.join(&proposed).unwrap();
    all_talk(&mut [&mut alice, &mut bob, &mut carol]);
}

#[test]
fn a_new_key_survives_a_failed_first_step() {
    let mut it = Installation::generate(dice("first")).unwrap();
    let key = it.public_key();
    it.roll_back();
    let mut disk = std::collections::BTreeMap::new();
    write(&mut disk, it.take_changes());
    it.changes_persisted();
    assert_eq!(Installation::load(disk, dice("second")).unwrap().public_key(), key);
}

#[test]
fn a_discarded_create_or_association_never_was() {
    let known = Directory::default();
    let mut alice = Person::new("alice", 1, &known);
    alice.it.create(TOPIC).unwrap();
    alice.it.roll_back();
    assert!(!alice.it.has(TOPIC));
    alice.step(|it| it.create(TOPIC)).unwrap();
    assert_eq!(alice.step(|it| it.create(TOPIC)), Err(E2eeError::AlreadyUsed));
    let before = alice.it.association();
    let newer = super::people::vouch(1, &alice.it.public_key(), "anothernonce12345678");
    alice.it.associate(&newer).unwrap();
    alice.it.roll_back();
    assert_eq!(alice.it.association(), before);
}

#[test]
fn damaged_records_are_named_and_harm_nothing_else() {
    let (alice, mut bob) = alice_and_bob(false);
    let other = protocol::Topic([9; 32]);
    bob.step(|it| it.create(other)).unwrap();
    let good = bob.disk.clone();
    assert!(matches!(Installation::load([], dice("x")), Err(E2eeError::Damaged(_))));
    for (key, value) in &good {
        let mut disk = good.clone();
        disk.insert(key.clone(), value[..value.len() / 2].to_vec());
        let Ok(mut it) = Installation::load(disk, dice("x")) else {
            assert_eq!(key, &[0, 1], "only the key itself keeps everything closed");
            continue;
        };
        // whatever is damaged: no panic, and the other conversation works unless it is its own
        let id = protocol::MessageId([1; 16]);
        let results = [TOPIC, other].map(|topic| it.encrypt(topic, id, b"x".to_vec()).is_ok());
        assert!(results.contains(&true), "{key:?}");
    }
    drop(alice);
}
