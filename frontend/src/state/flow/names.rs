//! The names that accounts gave themselves.

use std::time::Duration;

use app::server_fns;
use leptos::{prelude::set_timeout, task::spawn_local};
use protocol::Address;

use crate::state::State;

/// Asks for the names of accounts that are not known yet; those that come together are asked for together.
pub fn want_names(state: State, accounts: impl IntoIterator<Item = Address>) {
    let first = state.memory.change_silently(|memory| {
        let quiet = memory.to_ask.is_empty();
        memory
            .to_ask
            .extend(accounts.into_iter().filter(|account| memory.asked.insert(*account)));
        quiet && !memory.to_ask.is_empty()
    });
    if first == Some(true) {
        set_timeout(move || ask_names(state), Duration::from_millis(30));
    }
}

fn ask_names(state: State) {
    let all = state
        .memory
        .change_silently(|memory| std::mem::take(&mut memory.to_ask))
        .unwrap_or_default();
    for some in all.chunks(50).map(<[Address]>::to_vec) {
        spawn_local(async move {
            match server_fns::people(some.clone()).await {
                Ok(people) => state.names.update(|names| {
                    for person in people {
                        names.insert(person.address, person.name);
                    }
                }),
                // Shown by address meanwhile, asked for again with the next occasion.
                Err(_) => {
                    state.memory.change_silently(|memory| {
                        for account in &some {
                            memory.asked.remove(account);
                        }
                    });
                }
            }
        });
    }
}
