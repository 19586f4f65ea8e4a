//! The worker dies between any two steps.

use crate::support::World;

/// Alice writes to Bob for the first time, he answers, she writes again; `who` dies before the n-th effect.
fn story(who: &'static str, step: usize) -> (World, bool) {
    let mut world = World::with(80, &["alice", "bob"]);
    let begun = world.people[who].steps;
    world.crash_at(who, begun + step);
    world.send("alice", "bob", "one");
    world.pass(5_000);
    world.accept("bob", "alice");
    world.pass(5_000);
    world.send("bob", "alice", "two");
    world.send("alice", "bob", "three");
    world.pass(70_000);
    let crashed = world.is_crash_over(who);
    (world, crashed)
}

fn every_step(who: &'static str) {
    let mut step = 0;
    loop {
        let (mut world, crashed) = story(who, step);
        for (reader, peer) in [("alice", "bob"), ("bob", "alice")] {
            let texts = world.texts(reader, peer);
            assert_eq!(
                texts,
                ["one", "two", "three"],
                "{reader} reads, {who} died before effect {step}"
            );
        }
        assert_eq!(world.waiting("alice") + world.waiting("bob"), 0);
        assert!(world.are_keys_used_once(), "{who} died before effect {step}");
        if !crashed {
            assert!(step > 15, "the story has many steps: {step}");
            return;
        }
        step += 1;
    }
}

#[test]
fn of_alice() {
    every_step("alice");
}

#[test]
fn of_bob() {
    every_step("bob");
}

#[test]
fn again_and_again_under_load() {
    for seed in 0..6 {
        let mut world = World::with(90 + seed, &["alice", "bob"]);
        world.send("alice", "bob", "0");
        world.accept("bob", "alice");
        let mut expected = vec!["0".to_owned()];
        for round in 1..25u64 {
            let (from, to) = if (seed + round) % 3 == 0 {
                ("bob", "alice")
            } else {
                ("alice", "bob")
            };
            let dies = if round % 2 == 0 { from } else { to };
            let steps = world.people[dies].steps;
            world.crash_at(dies, steps + usize::try_from((seed * 7 + round * 5) % 11).unwrap());
            world.send(from, to, &round.to_string());
            if round % 4 == 0 {
                world.server.borrow_mut().restart();
                world.run();
            }
            expected.push(round.to_string());
            world.pass(3_000);
        }
        world.pass(60_000);
        assert_eq!(world.texts("alice", "bob"), expected, "seed {seed}");
        assert_eq!(world.texts("bob", "alice"), expected, "seed {seed}");
        assert!(world.are_keys_used_once());
    }
}
