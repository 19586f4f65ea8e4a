//! What is known of accounts: the names they gave themselves, and whether they are here.

use std::time::Duration;

use app::server_fns;
use leptos::{prelude::set_timeout, task::spawn_local};
use protocol::Address;
use sorted::{Map, Set};

use crate::signal::{ReadSignal, RwSignal};

/// Names that are asked for within this time are asked for together.
const PAUSE: Duration = Duration::from_millis(30);
/// So many names are asked for at once.
const AT_ONCE: usize = 50;

/// The only writer of what is known of accounts.
#[derive(Clone, Copy)]
pub struct PeopleWriter {
    names: RwSignal<Map<Address, String>>,
    found: RwSignal<Map<Address, Option<bool>>>,
    asking: RwSignal<Asking>,
}

/// The accounts whose names were asked for.
#[derive(Default)]
struct Asking {
    asked: Set<Address>,
    next: Vec<Address>,
}

impl PeopleWriter {
    /// Nothing is known.
    pub fn new() -> Self {
        Self {
            names: RwSignal::new(Map::default()),
            found: RwSignal::new(Map::default()),
            asking: RwSignal::new(Asking::default()),
        }
    }

    /// The names accounts gave themselves.
    pub fn names(self) -> ReadSignal<Map<Address, String>> {
        self.names.into()
    }

    /// Accounts that were looked for: here, not here, or unknown while offline.
    pub fn found(self) -> ReadSignal<Map<Address, Option<bool>>> {
        self.found.into()
    }

    /// The server's answer to a look-up, by way of the worker.
    pub fn found_out(self, account: Address, here: Option<bool>) {
        self.found.update(|found| {
            found.insert(account, here);
        });
    }

    /// An account is looked for once more.
    pub fn look_again(self, account: Address) {
        self.found.update(|found| {
            found.remove(&account);
        });
    }

    /// An account has this name.
    pub fn named(self, account: Address, name: String) {
        self.names.update(|names| {
            names.insert(account, name);
        });
    }

    /// Another account is at the page: names may be asked for again.
    pub fn ask_again(self) {
        self.asking.change_silently(|asking| asking.asked.clear());
    }

    /// Asks the server for the names that are not known yet.
    pub fn want_names(self, accounts: impl IntoIterator<Item = Address>) {
        let first = self.asking.change_silently(|asking| {
            let quiet = asking.next.is_empty();
            asking
                .next
                .extend(accounts.into_iter().filter(|account| asking.asked.insert(*account)));
            quiet && !asking.next.is_empty()
        });
        if first == Some(true) {
            set_timeout(move || self.ask(), PAUSE);
        }
    }

    fn ask(self) {
        let all = self
            .asking
            .change_silently(|asking| std::mem::take(&mut asking.next))
            .unwrap_or_default();
        for some in all.chunks(AT_ONCE).map(<[Address]>::to_vec) {
            spawn_local(async move {
                match server_fns::people(some.clone()).await {
                    Ok(people) => self.names.update(|names| {
                        for person in people {
                            names.insert(person.address, person.name);
                        }
                    }),
                    // Shown by address meanwhile, asked for again with the next occasion.
                    Err(_) => {
                        self.asking.change_silently(|asking| {
                            for account in &some {
                                asking.asked.remove(account);
                            }
                        });
                    }
                }
            });
        }
    }
}
