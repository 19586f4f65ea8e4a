//! Several browsers of one person.

use super::support::World;

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
fn a_browser_is_added_once_it_has_key_packages() {
    let mut world = friends(2);
    world.arrive_again("bob", "bob's phone");
    // Signed in, and then the connection breaks before any key package could be given.
    world.server.borrow_mut().closing = Some(1013);
    world.sign_in("bob's phone");
    world.send("alice", "bob", "before");
    world.server.borrow_mut().closing = None;
    world.pass(60_000);
    world.send("alice", "bob", "behind");
    world.accept("bob's phone", "alice");
    assert_eq!(world.texts("bob's phone", "alice"), ["behind"]);
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
