//! Installations that are signed in and have given key packages: made once, and the same in every run.

use std::collections::BTreeMap;

use client::memory::MemoryVault;
use protocol::InstallationId;
use stage::{World, server::Installed, wallet::Wallet, world::Name};

/// Accounts, and the installations of each.
pub const NAMES: [[Name; 3]; 5] = [
    ["alice", "alice'", "alice''"],
    ["bob", "bob'", "bob''"],
    ["carol", "carol'", "carol''"],
    ["dave", "dave'", "dave''"],
    ["erin", "erin'", "erin''"],
];

struct Ready {
    id: InstallationId,
    wallet: Wallet,
    vault: MemoryVault,
    installed: Installed,
}

/// Everybody who may appear.
pub struct Cast(BTreeMap<Name, Ready>);

impl Cast {
    /// Signs everybody in.
    pub fn new() -> Self {
        let mut world = World::new(1);
        for [first, rest @ ..] in NAMES {
            world.join(first);
            for name in rest {
                world.arrive_again(first, name);
                world.sign_in(name);
            }
        }
        let mut cast = BTreeMap::new();
        for name in NAMES.as_flattened() {
            let id = world.installation(name);
            let person = &world.people[name];
            let ready = Ready {
                id,
                wallet: person.wallet.clone(),
                vault: person.vault.snapshot(),
                installed: world.server.borrow().installed[&id].clone(),
            };
            cast.insert(*name, ready);
        }
        Self(cast)
    }

    /// Which installation this is.
    pub fn id(&self, name: Name) -> InstallationId {
        self.0[name].id
    }

    /// The server knows it.
    pub fn register(&self, world: &World, name: Name) {
        let ready = &self.0[name];
        let mut server = world.server.borrow_mut();
        server.installed.insert(ready.id, ready.installed.clone());
        server
            .logs
            .entry(ready.id.inbox())
            .or_default()
            .members
            .insert(ready.id);
        server.installations_changed(ready.installed.address);
    }

    /// Its browser opens.
    pub fn enter(&self, world: &mut World, name: Name) {
        let ready = &self.0[name];
        world.enter(name, ready.wallet.clone(), ready.vault.snapshot());
    }
}

impl Default for Cast {
    fn default() -> Self {
        Self::new()
    }
}
