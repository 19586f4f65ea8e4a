//! What stands in a vault: cut short, mixed up, of another build, or written by an attacker with access to the disk.

use std::cell::RefCell;

use bridge::Command;
use client::{Batch, Client, Effect, SocketEvent, Space, Vault as _, memory::MemoryVault};
use futures::executor::block_on;
use protocol::{Address, Incarnation, MessageId, ServerFrame, UnixMillis, codec};
use stage::{World, wallet::origin};

/// Alice's vault after a talk with Bob, with something in the outbox; and what the server says when she comes back.
struct Scene {
    world: World,
    vault: MemoryVault,
    alice: Address,
    bob: Address,
    frames: Vec<Vec<u8>>,
}

thread_local! {
    static SCENE: RefCell<Scene> = RefCell::new(Scene::new());
}

/// The input is a list of records: a space, the number of a record that stands there (or of none: then a key follows), and a value.
/// With those in the place of what was there a vault opens or does not; nothing panics on the way to the first conversation, and a
/// vault that does not open is left as it is.
pub fn holds(input: &[u8]) {
    SCENE.with_borrow_mut(|scene| scene.try_with(input));
}

/// Every record of the vault as it is.
pub(crate) fn seeds() -> Vec<(String, Vec<u8>)> {
    SCENE.with_borrow(|scene| {
        let mut seeds = Vec::new();
        for (number, space) in (0..).zip(Space::ALL) {
            let records = block_on(scene.vault.all(space)).expect("a vault in memory").rows;
            for (at, (_, value)) in (0..).zip(records) {
                let length = u16::try_from(value.len()).expect("small records").to_le_bytes();
                let input = [&[number, at], length.as_slice(), &value].concat();
                seeds.push((format!("{}-{at}", space.name()), input));
            }
        }
        seeds
    })
}

impl Scene {
    fn new() -> Self {
        let mut world = World::with(1, &["alice", "bob"]);
        world.send("alice", "bob", "Have you seen the crows?");
        world.accept("bob", "alice");
        world.send("bob", "alice", "Jackdaws.");
        world.go_offline("alice");
        world.send("alice", "bob", "Sent when I am back.");
        world.send("bob", "alice", "They came back.");
        let server = world.server.borrow();
        let news = server.logs.iter().filter_map(|(topic, log)| {
            let envelopes = vec![log.envelopes.last()?.clone()];
            Some(ServerFrame::Envelopes {
                topic: *topic,
                envelopes,
            })
        });
        let ready = ServerFrame::Ready {
            incarnation: Incarnation([server.incarnation; 16]),
            // Enough: making more is slow, and reads nothing.
            key_packages: 100,
            now: UnixMillis(world.now.get()),
        };
        let frames = [
            ServerFrame::Challenge {
                nonce: [1; 32],
                support: None,
            },
            ready,
        ]
        .into_iter()
        .chain(news);
        let frames = frames
            .map(|frame| codec::encode(&frame).expect("a frame encodes"))
            .collect();
        drop(server);
        let vault = world.people["alice"].vault.snapshot();
        Self {
            vault,
            alice: world.address("alice"),
            bob: world.address("bob"),
            frames,
            world,
        }
    }

    fn try_with(&mut self, input: &[u8]) {
        let vault = self.vault.snapshot();
        let mut batch = Batch::default();
        let mut rest = input;
        while let Some((space, key, value)) = next(&vault, &mut rest) {
            batch.put(space, key, value);
        }
        block_on(vault.commit(batch)).expect("a vault in memory");
        let before = vault.commits();
        let opened = block_on(Client::open(
            vault.clone(),
            self.world.environment(),
            self.alice,
            origin(),
        ));
        let Ok((client, _)) = opened else {
            assert_eq!(vault.commits(), before, "a vault that does not open was written to");
            return;
        };
        self.world.people.get_mut("alice").expect("she is here").client = client;
        let mut effects = Vec::new();
        for command in [
            Command::Connect,
            Command::Show {
                conversation: Some(self.bob.into()),
            },
            Command::text(self.bob, MessageId([9; 16]), "Here I am."),
        ] {
            effects.extend(self.world.effects_of("alice", command));
        }
        let client = &mut self.world.people.get_mut("alice").expect("she is here").client;
        for frame in &self.frames {
            effects.extend(block_on(client.socket(SocketEvent::Frame(frame.clone()))));
        }
        effects.extend(block_on(client.wake()));
        for effect in effects {
            if let Effect::Frame(bytes) = effect {
                codec::decode::<protocol::ClientFrame>(&bytes).expect("what is sent is a frame");
            }
        }
        // What it wrote on top, it can read.
        let again = block_on(Client::open(vault, self.world.environment(), self.alice, origin()));
        assert!(again.is_ok(), "it opened once");
    }
}

/// The next record of an input.
fn next(vault: &MemoryVault, rest: &mut &[u8]) -> Option<(Space, Vec<u8>, Vec<u8>)> {
    let [space, at] = *take(rest, 2)? else { return None };
    let space = Space::ALL[usize::from(space) % Space::ALL.len()];
    let key = match vault.keys(space).get(usize::from(at)) {
        Some(key) => key.clone(),
        None => take(rest, usize::from(at % 64))?.to_vec(),
    };
    let length = take(rest, 2)?;
    let length = usize::from(u16::from_le_bytes([length[0], length[1]]));
    let value = take(rest, length.min(rest.len()))?;
    Some((space, key, value.to_vec()))
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}
