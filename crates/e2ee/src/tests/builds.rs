//! Builds of two releases in one conversation: they agree on every commit, and the group moves to the second form when all of its members
//! know it.

use openmls::prelude::{Extension, Extensions, GroupContext, LeafNodeParameters, UnknownExtension};

use super::{
    attacks::{credential, goes_on, raw_commit, stranger_may_propose, trap},
    people::{Directory, Person, TOPIC, alice_and_bob, all_talk, three},
};
use crate::{
    E2eeError,
    rules::{Form, Rules, all_advertise, second},
    settings,
};

fn form(person: &Person) -> Option<Form> {
    Form::of(person.it.group(TOPIC).unwrap().extensions())
}

/// Commits and has the others merge it: all are in the same epoch afterwards, and hear each other.
fn commit(committer: &mut Person, others: &mut [&mut Person]) {
    let proposed = committer.propose(&mut [], &[]);
    committer.merge();
    for other in others.iter_mut() {
        other.process(&proposed.commit).unwrap();
        assert_eq!(other.it.epoch(TOPIC), committer.it.epoch(TOPIC), "{}", other.name);
        assert_eq!(form(other), form(committer), "{}", other.name);
    }
    let mut all = vec![committer];
    all.extend(others.iter_mut().map(|other| &mut **other));
    all_talk(&mut all);
}

/// Alice makes a group with Bob in it.
fn meet(alice: &mut Person, bob: &mut Person) {
    alice.step(|it| it.create(TOPIC)).unwrap();
    let proposed = alice.propose(&mut [&mut *bob], &[]);
    alice.merge();
    bob.join(&proposed).unwrap();
    assert_eq!(form(alice), form(bob));
    all_talk(&mut [alice, bob]);
}

#[test]
fn a_new_group_requires_the_capability_and_carries_the_extension() {
    let (alice, bob) = alice_and_bob(false);
    for person in [&alice, &bob] {
        let group = person.it.group(TOPIC).unwrap();
        let required = group.extensions().required_capabilities().unwrap();
        assert_eq!(required.extension_types(), [crate::rules::GROUP]);
        assert_eq!(group.extensions().unknown(0xf4a1).unwrap().0, Vec::<u8>::new());
        assert_eq!(group.extensions().iter().count(), 2);
    }
}

#[test]
fn an_older_build_may_begin_and_may_be_invited() {
    for (first, second) in [(Rules::First, Rules::Current), (Rules::Current, Rules::First)] {
        let known = Directory::default();
        let (mut alice, mut bob) = (Person::new("alice", 1, &known), Person::new("bob", 2, &known));
        (alice.it.rules, bob.it.rules) = (first, second);
        meet(&mut alice, &mut bob);
        assert_eq!(form(&alice), Some(Form::First));
        commit(&mut bob, &mut [&mut alice]);
        commit(&mut alice, &mut [&mut bob]);
        commit(&mut bob, &mut [&mut alice]);
        assert_eq!(form(&alice), Some(Form::First), "as long as one of them knows no other");
    }
}

#[test]
fn a_group_moves_when_the_last_member_is_of_the_newer_build() {
    for forgetful in [false, true] {
        let known = Directory::default();
        let mut alice = Person::of_the_first_release("alice", 1, &known);
        let mut bob = Person::of_the_first_release("bob", 2, &known);
        let mut carol = Person::new("carol", 3, &known);
        meet(&mut alice, &mut bob);
        for person in [&mut alice, &mut bob, &mut carol] {
            person.forgetful = forgetful;
        }
        let proposed = alice.propose(&mut [&mut carol], &[]);
        alice.merge();
        bob.process(&proposed.commit).unwrap();
        carol.join(&proposed).unwrap();
        alice.it.rules = Rules::Current;
        commit(&mut alice, &mut [&mut bob, &mut carol]);
        commit(&mut carol, &mut [&mut alice, &mut bob]);
        assert_eq!(form(&bob), Some(Form::First), "Bob's leaf does not advertise");
        bob.it.rules = Rules::Current;
        commit(&mut bob, &mut [&mut alice, &mut carol]);
        assert_eq!(form(&bob), Some(Form::First), "it did not before this commit");
        commit(&mut carol, &mut [&mut alice, &mut bob]);
        assert_eq!(form(&bob), Some(Form::Second));
        commit(&mut alice, &mut [&mut bob, &mut carol]);
        assert_eq!(form(&alice), Some(Form::Second), "once");
    }
}

#[test]
fn a_group_moves_when_the_last_member_of_an_older_build_has_left() {
    let known = Directory::default();
    let (mut alice, mut carol) = (Person::new("alice", 1, &known), Person::new("carol", 3, &known));
    let mut bob = Person::of_the_first_release("bob", 2, &known);
    meet(&mut alice, &mut bob);
    let proposed = alice.propose(&mut [&mut carol], &[&bob]);
    alice.merge();
    carol.join(&proposed).unwrap();
    assert_eq!(form(&alice), Some(Form::First), "he was there before this commit");
    commit(&mut carol, &mut [&mut alice]);
    assert_eq!(form(&alice), Some(Form::Second));
}

#[test]
fn two_moves_at_once_are_one() {
    let known = Directory::default();
    let mut alice = Person::of_the_first_release("alice", 1, &known);
    let mut bob = Person::of_the_first_release("bob", 2, &known);
    meet(&mut alice, &mut bob);
    (alice.it.rules, bob.it.rules) = (Rules::Current, Rules::Current);
    commit(&mut alice, &mut [&mut bob]);
    commit(&mut bob, &mut [&mut alice]);
    let (of_alice, of_bob) = (alice.propose(&mut [], &[]), bob.propose(&mut [], &[]));
    alice.merge();
    bob.process(&of_alice.commit).unwrap();
    assert_eq!(alice.process(&of_bob.commit), Err(E2eeError::WrongEpoch));
    assert_eq!((form(&alice), form(&bob)), (Some(Form::Second), Some(Form::Second)));
    all_talk(&mut [&mut alice, &mut bob]);
}

#[test]
fn no_group_is_moved_over_the_head_of_a_member() {
    let known = Directory::default();
    let mut alice = Person::new("alice", 1, &known);
    let mut bob = Person::of_the_first_release("bob", 2, &known);
    meet(&mut alice, &mut bob);
    let it = &alice.it;
    let mut group = it.group_to_change(TOPIC).unwrap();
    assert!(!all_advertise(&group));
    let builder = group
        .commit_builder()
        .propose_group_context_extensions(second())
        .unwrap();
    let builder = builder.load_psks(&it.provider.store).unwrap();
    let made = builder.build(&it.provider.crypto, &it.provider.crypto, &it.signer, |_| true);
    assert!(
        made.is_err(),
        "the library refuses to make it, and to read it (RFC 9420, 12.1.7)"
    );
    drop(made);
    drop(group);
    alice.it.roll_back();
    goes_on(&mut alice, &mut bob);
}

#[test]
fn a_key_package_of_an_older_build_waits_for_a_newer_one() {
    let (mut alice, mut bob) = alice_and_bob(false);
    let mut carol = Person::of_the_first_release("carol", 3, &alice.known.clone());
    let old = carol.step(|it| it.last_resort()).unwrap();
    assert!(carol.it.has_current_key_packages());
    let add = [(old, carol.vouched.clone())];
    assert_eq!(
        alice.step(|it| it.commit(TOPIC, &add, &[])).unwrap_err(),
        E2eeError::LacksCapability(carol.vouched.installation)
    );
    all_talk(&mut [&mut alice, &mut bob]);
    // She comes back with a newer build, which sees that what it has published is not enough.
    carol.it.rules = Rules::Current;
    assert!(!carol.it.has_current_key_packages());
    let fresh = carol.step(|it| it.last_resort()).unwrap();
    assert!(carol.it.has_current_key_packages());
    carol.restart();
    assert!(carol.it.has_current_key_packages());
    let add = [(fresh, carol.vouched.clone())];
    let proposed = alice.step(|it| it.commit(TOPIC, &add, &[])).unwrap();
    alice.merge();
    bob.process(&proposed.commit).unwrap();
    carol.join(&proposed).unwrap();
    all_talk(&mut [&mut alice, &mut bob, &mut carol]);
}

/// The extensions of the second form with this content in ours, and with whatever else.
fn changed(content: &[u8], more: Option<Extensions<GroupContext>>) -> Extensions<GroupContext> {
    let mut all: Vec<_> = second().iter().take(1).cloned().collect();
    all.push(Extension::Unknown(0xf4a1, UnknownExtension(content.to_vec())));
    all.extend(
        more.into_iter()
            .flat_map(|more| more.iter().cloned().collect::<Vec<_>>()),
    );
    Extensions::from_vec(all).unwrap()
}

#[test]
fn a_group_that_requires_what_is_not_known_here_is_not_joined() {
    let known = Directory::default();
    let stranger = Person::new("stranger", 9, &known);
    let unknown = [
        changed(&[1], None),
        changed(&[], Some(stranger_may_propose(&stranger))),
        stranger_may_propose(&stranger),
    ];
    for extensions in unknown {
        let (mut bob, mut mallory) = (Person::new("bob", 2, &known), Person::new("mallory", 66, &known));
        let own = credential(&mallory);
        let welcome = trap(&mut mallory, &mut bob, own, settings::lifetime(), extensions);
        assert_eq!(
            bob.step(|it| it.join(TOPIC, &welcome, &known)),
            Err(E2eeError::UnsupportedGroup)
        );
        assert!(!bob.it.has(TOPIC));
    }
    // As an older build judges the second form, also if its leaf claimed more than it knows.
    let mut bob = Person::of_the_first_release("bob", 2, &known);
    let mut mallory = Person::new("mallory", 66, &known);
    let own = credential(&mallory);
    let welcome = trap(&mut mallory, &mut bob, own, settings::lifetime(), second());
    assert_eq!(
        bob.step(|it| it.join(TOPIC, &welcome, &known)),
        Err(E2eeError::UnsupportedGroup)
    );
}

#[test]
fn the_context_of_a_moved_group_is_changed_by_nobody() {
    let (mut alice, mut bob, mut mallory) = three(false);
    let changes = [
        Extensions::default(),
        second(),
        changed(&[1], None),
        changed(&[], Some(stranger_may_propose(&mallory))),
        Extensions::from_vec(second().iter().take(1).cloned().collect()).unwrap(),
    ];
    for extensions in changes {
        let leaf = LeafNodeParameters::default();
        let bad = raw_commit(&mut mallory, TOPIC, vec![], leaf, Some(extensions));
        mallory.it.roll_back();
        for person in [&mut alice, &mut bob] {
            assert_eq!(person.process(&bad.commit), Err(E2eeError::Garbage));
            assert_eq!(form(person), Some(Form::Second));
        }
    }
    all_talk(&mut [&mut alice, &mut bob, &mut mallory]);
    goes_on(&mut alice, &mut bob);
}
