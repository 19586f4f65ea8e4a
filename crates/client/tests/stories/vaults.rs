//! A vault that is full, fails, or is damaged.

use bridge::{Event, MessageState, Trouble};
use client::{Client, Space, memory::MemoryVault};
use futures::executor::block_on;

use crate::support::{World, wallet::origin};

#[test]
fn what_cannot_be_kept_is_not_sent_and_said() {
    let mut world = World::with(70, &["alice", "bob"]);
    world.send("alice", "bob", "kept");
    world.accept("bob", "alice");
    let arrived = world.server.borrow().arrived.len();
    world.people["alice"].vault.set_full(true);
    for _ in 0..2 {
        let told = world.people["alice"].events.len();
        let id = world.send("alice", "bob", "no room");
        assert_eq!(
            world.people["alice"].events[told..],
            [Event::Trouble(Trouble::VaultFull), Event::NotKept { id }],
            "every time, and of which"
        );
    }
    assert_eq!(world.server.borrow().arrived.len(), arrived);
    assert_eq!(world.texts("alice", "bob"), ["kept"]);
    world.people["alice"].vault.set_full(false);
    world.send("alice", "bob", "room again");
    assert_eq!(
        world.texts("bob", "alice"),
        ["kept", "room again"],
        "the ratchet is where it was"
    );
    world.send("bob", "alice", "good");
    assert_eq!(world.texts("alice", "bob"), ["kept", "room again", "good"]);
}

#[test]
fn what_comes_in_while_the_vault_is_full_is_read_later() {
    let mut world = World::with(71, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    world.people["bob"].vault.set_full(true);
    world.send("alice", "bob", "two");
    world.send("alice", "bob", "three");
    world.pass(20_000);
    assert_eq!(world.texts("bob", "alice"), ["one"]);
    let full = world
        .troubles("bob")
        .iter()
        .filter(|trouble| **trouble == Trouble::VaultFull)
        .count();
    assert_eq!(full, 1, "said once");
    world.people["bob"].vault.set_full(false);
    world.pass(40_000);
    assert_eq!(world.texts("bob", "alice"), ["one", "two", "three"]);
}

#[test]
fn a_commit_that_fails_anywhere_loses_and_doubles_nothing() {
    for failing in 0..8 {
        let mut world = World::with(72, &["alice", "bob"]);
        for who in ["alice", "bob"] {
            world.people[who].vault.fail_commits(failing);
        }
        let mut id = world.send("alice", "bob", "one");
        world.pass(120_000);
        while world.state("alice", "bob", id).is_none() {
            // It was not kept, and the person was told.
            assert!(world.troubles("alice").contains(&Trouble::NoVault));
            id = world.send("alice", "bob", "one");
            world.pass(120_000);
        }
        world.accept("bob", "alice");
        world.pass(1_000);
        world.send("alice", "bob", "two");
        world.send("bob", "alice", "three");
        world.pass(120_000);
        for (who, whom) in [("alice", "bob"), ("bob", "alice")] {
            assert_eq!(world.texts(who, whom), ["one", "two", "three"], "{who}, {failing}");
        }
    }
}

#[test]
fn of_a_damaged_vault_what_can_be_read_is_shown() {
    let mut world = World::with(73, &["alice", "bob"]);
    world.send("alice", "bob", "one");
    world.accept("bob", "alice");
    world.send("alice", "bob", "two");
    world.send("alice", "bob", "three");
    let vault = world.people["bob"].vault.clone();
    vault.damage(Space::Message, &vault.keys(Space::Message)[1]);
    world.crash("bob");
    world.run();
    assert_eq!(world.texts("bob", "alice"), ["one", "three"]);
    assert!(world.troubles("bob").contains(&Trouble::VaultDamaged));
    world.send("bob", "alice", "four");
    assert_eq!(
        world.texts("alice", "bob"),
        ["one", "two", "three", "four"],
        "and the rest works"
    );
}

#[test]
fn a_damaged_conversation_or_setting_does_not_keep_the_vault_shut() {
    let mut world = World::with(74, &["alice", "bob", "carol"]);
    world.send("alice", "bob", "one");
    world.send("alice", "carol", "two");
    let vault = world.people["alice"].vault.clone();
    let bob = world.address("bob");
    vault.damage(Space::Conversation, &bridge::ConversationId::Direct(bob).key());
    vault.damage(Space::Meta, &vault.keys(Space::Meta)[0]);
    world.crash("alice");
    world.run();
    assert!(world.troubles("alice").contains(&Trouble::VaultDamaged));
    let peers: Vec<_> = world.list("alice").into_iter().map(|view| view.id).collect();
    assert_eq!(peers, [world.address("carol")]);
    world.send("alice", "bob", "again");
    assert_eq!(world.texts("alice", "bob"), ["one", "again"]);
}

#[test]
fn without_its_key_a_vault_does_not_open_and_says_why() {
    let mut world = World::with(75, &["alice"]);
    let vault = world.people["alice"].vault.clone();
    let address = world.address("alice");
    for key in vault.keys(Space::Mls) {
        vault.damage(Space::Mls, &key);
    }
    let opened = block_on(Client::open(vault, world.environment(), address, origin()));
    assert_eq!(opened.err(), Some(Trouble::VaultDamaged));
    world.run();
}

#[test]
fn a_vault_that_is_full_from_the_start_does_not_open() {
    let world = World::new(76);
    let vault = MemoryVault::new();
    vault.set_full(true);
    let opened = block_on(Client::open(
        vault,
        world.environment(),
        protocol::Address::ZERO,
        origin(),
    ));
    assert_eq!(opened.err(), Some(Trouble::VaultFull));
}

#[test]
fn a_vault_of_a_newer_jackdaw_says_so() {
    let mut world = World::with(77, &["alice", "bob"]);
    let id = world.send("alice", "bob", "one");
    assert_eq!(world.state("alice", "bob", id), Some(MessageState::Sent));
    let vault = world.people["alice"].vault.clone();
    block_on(async {
        use client::Vault;
        let key = vault.keys(Space::Conversation)[0].clone();
        let mut batch = client::Batch::default();
        batch.put(Space::Conversation, key, vec![3, 1, 2, 3]);
        vault.commit(batch).await.unwrap();
    });
    let address = world.address("alice");
    let opened = block_on(Client::open(vault, world.environment(), address, origin()));
    assert_eq!(opened.err(), Some(Trouble::VaultNewer));
}
