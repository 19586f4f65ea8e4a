//! Commits that meet.

use super::people::{Person, TOPIC, alice_and_bob, all_talk, three};
use crate::{E2eeError, Processed};

#[test]
fn the_echo_of_our_own_commit_is_merged_not_read() {
    let (mut alice, mut bob) = alice_and_bob(true);
    let proposed = alice.propose(&mut [], &[]);
    assert_eq!(alice.process(&proposed.commit), Err(E2eeError::OwnCommit));
    assert!(alice.it.has_pending(TOPIC));
    alice.merge();
    assert!(!alice.it.has_pending(TOPIC));
    assert_eq!(alice.step(|it| it.merge_pending(TOPIC)), Err(E2eeError::NothingPending));
    bob.process(&proposed.commit).unwrap();
    assert_eq!(bob.process(&proposed.commit), Err(E2eeError::WrongEpoch));
    all_talk(&mut [&mut alice, &mut bob]);
}

#[test]
fn our_own_message_is_known_as_such() {
    let (mut alice, _) = alice_and_bob(false);
    let message = alice.say("echo");
    assert_eq!(alice.process(&message), Err(E2eeError::OwnMessage));
}

#[test]
fn of_two_commits_the_first_in_the_log_wins() {
    let (mut alice, mut bob, mut carol) = three(true);
    let mut dave = Person::new("dave", 4, &alice.known.clone());
    let (of_alice, of_bob) = (alice.propose(&mut [&mut dave], &[]), bob.propose(&mut [], &[]));
    // Bob's stands first.
    assert!(matches!(alice.process(&of_bob.commit), Ok(Processed::Commit { .. })));
    assert!(!alice.it.has_pending(TOPIC), "ours is gone");
    bob.merge();
    carol.process(&of_bob.commit).unwrap();
    for person in [&mut alice, &mut bob, &mut carol] {
        assert_eq!(person.process(&of_alice.commit), Err(E2eeError::WrongEpoch));
    }
    assert_eq!(alice.step(|it| it.merge_pending(TOPIC)), Err(E2eeError::NothingPending));
    all_talk(&mut [&mut alice, &mut bob, &mut carol]);
    // Dave's welcome leads into an epoch nobody is in.
    let again = alice.propose(&mut [&mut dave], &[]);
    alice.merge();
    bob.process(&again.commit).unwrap();
    carol.process(&again.commit).unwrap();
    dave.join(&again).unwrap();
    all_talk(&mut [&mut alice, &mut bob, &mut carol, &mut dave]);
}

#[test]
fn a_refused_commit_is_cleared() {
    let (mut alice, mut bob) = alice_and_bob(true);
    alice.propose(&mut [], &[]);
    assert_eq!(
        alice.step(|it| it.commit(TOPIC, &[], &[])).unwrap_err(),
        E2eeError::CommitPending
    );
    alice.step(|it| it.clear_pending(TOPIC)).unwrap();
    assert_eq!(alice.step(|it| it.clear_pending(TOPIC)), Err(E2eeError::NothingPending));
    all_talk(&mut [&mut alice, &mut bob]);
    let proposed = alice.propose(&mut [], &[]);
    alice.merge();
    bob.process(&proposed.commit).unwrap();
    all_talk(&mut [&mut alice, &mut bob]);
}

#[test]
fn messages_sent_while_a_commit_is_pending_are_read() {
    let (mut alice, mut bob) = alice_and_bob(false);
    let proposed = alice.propose(&mut [], &[]);
    let message = alice.say("old epoch");
    assert_eq!(bob.hear(&message).1, "old epoch");
    alice.merge();
    bob.process(&proposed.commit).unwrap();
    all_talk(&mut [&mut alice, &mut bob]);
}

#[test]
fn what_comes_before_its_commit_waits() {
    let (mut alice, mut bob) = alice_and_bob(false);
    let proposed = alice.propose(&mut [], &[]);
    alice.merge();
    let early = alice.say("early");
    assert_eq!(bob.process(&early), Err(E2eeError::WrongEpoch));
    bob.process(&proposed.commit).unwrap();
    assert_eq!(bob.hear(&early).1, "early");
}

#[test]
fn only_members_can_be_removed_and_only_once_added() {
    let (mut alice, bob) = alice_and_bob(false);
    let carol = Person::new("carol", 3, &alice.known.clone());
    let nobody = carol.vouched.installation;
    assert_eq!(
        alice.step(|it| it.commit(TOPIC, &[], &[nobody])).unwrap_err(),
        E2eeError::NotAMember(nobody)
    );
    let mut bob = bob;
    let twice = [(bob.key_package(), bob.vouched.clone())];
    assert!(
        alice.step(|it| it.commit(TOPIC, &twice, &[])).is_err(),
        "bob is in it already"
    );
    let own = alice.vouched.installation;
    assert!(
        alice.step(|it| it.commit(TOPIC, &[], &[own])).is_err(),
        "nobody commits their own removal"
    );
    all_talk(&mut [&mut alice, &mut bob]);
}
