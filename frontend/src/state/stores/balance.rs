//! What the account has on the wallet's network.

use protocol::U256;

use crate::signal::{ReadSignal, RwSignal};

/// The only writer of the balance.
#[derive(Clone, Copy)]
pub struct BalanceWriter {
    wei: RwSignal<Option<U256>>,
    looks: RwSignal<u32>,
}

impl BalanceWriter {
    /// Makes a store whose balance is unknown.
    pub fn new() -> Self {
        Self {
            wei: RwSignal::new(None),
            looks: RwSignal::new(0),
        }
    }

    /// The balance in wei; `None` while unknown.
    pub fn wei(self) -> ReadSignal<Option<U256>> {
        self.wei.into()
    }

    /// Another account or chain: the balance is unknown.
    pub fn clear(self) {
        self.wei.set(None);
    }

    /// The wallet says that it is so much, in wei.
    pub fn set(self, wei: U256) {
        self.wei.set(Some(wei));
    }

    /// The wallet is asked. Returns the number of this question.
    pub fn look(self) -> u32 {
        self.looks
            .change_silently(|looks| {
                *looks += 1;
                *looks
            })
            .unwrap_or_default()
    }

    /// Whether no question came after this one.
    pub fn is_last(self, look: u32) -> bool {
        self.looks.with_untracked(|looks| *looks == look)
    }
}
