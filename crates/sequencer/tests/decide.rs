//! What two publishes may collide on is decided here: nothing that is planned breaks a constraint of storage.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::HashSet;

use protocol::{InstallationId, Kind, MessageId, Publish, Seq, Topic, UnixMillis, Welcome};
use sequencer::{Head, Known, Request, Standing, decide, welcome_id};

const MALLORY: InstallationId = InstallationId([7; 32]);
const BOB: InstallationId = InstallationId([8; 32]);

/// Opens this topic and invites Bob.
fn invites_bob(topic: u8, id: u8) -> Publish {
    let welcome = Welcome {
        installation: BOB,
        message: vec![1],
    };
    Publish {
        topic: Topic([topic; 32]),
        id: MessageId([id; 16]),
        last_commit: Seq(0),
        kind: Kind::Commit {
            welcomes: vec![welcome],
            removed: Vec::new(),
        },
        payload: vec![1],
    }
}

#[test]
fn h3_publishes_of_one_id_in_many_topics_do_not_meet_in_an_inbox() {
    let publishes: Vec<_> = (1..=4)
        .flat_map(|topic| [1, 2].map(|id| invites_bob(topic, id)))
        .collect();
    let mut heads: Vec<_> = (1..=4).map(|topic| Head::empty(Topic([topic; 32]))).collect();
    heads.push(Head {
        is_inbox: true,
        ..Head::empty(BOB.inbox())
    });
    let sender = MALLORY;
    let requests: Vec<_> = publishes.iter().map(|publish| Request { sender, publish }).collect();
    let standing = Standing {
        is_live: true,
        ..Standing::default()
    };
    let known = [Known {
        installation: BOB,
        is_live: true,
    }];
    let plan = decide(&requests, heads, &[standing; 8], &known, UnixMillis(0));
    assert_eq!(plan.answers.iter().filter(|answer| answer.is_ok()).count(), 4);
    // The unique index of the envelopes, and their places.
    let mut once = HashSet::new();
    let mut places = HashSet::new();
    for entry in &plan.entries {
        assert!(once.insert((entry.sender, entry.envelope.id, entry.topic)), "{entry:?}");
        assert!(places.insert((entry.topic, entry.envelope.seq)), "{entry:?}");
    }
    assert_eq!(plan.entries.len(), 8);
}

#[test]
fn a_welcome_has_an_id_of_its_publish_and_topic() {
    let id = |topic: u8, id: u8| welcome_id(Topic([topic; 32]), MessageId([id; 16]));
    assert_eq!(id(1, 1), id(1, 1));
    assert_ne!(id(1, 1), id(2, 1));
    assert_ne!(id(1, 1), id(1, 2));
    assert_ne!(id(1, 1), MessageId([1; 16]));
}
