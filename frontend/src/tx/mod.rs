//! The life of a transaction, whatever it is for: its states and their words, what can be done about it, what it would cost.
//!
//! The worker simulates, sends and checks (`client::tx`); this area shows it. An area that pays draws its own card and dialog from
//! these parts; tips do.

mod act;
mod facts;
pub mod quote;
mod slow;
mod state_line;
pub mod words;

use bridge::{TipView, TxState, Witness};

pub use act::{Act, act};
pub use facts::Facts;
pub use slow::Slow;
pub use state_line::StateLine;

/// How far a transaction is, and on whose word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The state of the transaction.
    pub state: TxState,
    /// On whose word.
    pub witness: Witness,
}

impl Progress {
    /// Confirmed, as this device has checked to the end.
    pub fn is_sure(self) -> bool {
        self.state == TxState::Confirmed && self.witness == Witness::Device
    }
}

impl From<&TipView> for Progress {
    fn from(tip: &TipView) -> Self {
        Self {
            state: tip.state,
            witness: tip.witness,
        }
    }
}
