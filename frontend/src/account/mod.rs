//! The account at the foot of the rail: who is signed in, the network, the balance, and what one can do about them.

mod button;
mod menu;
mod opened;
mod purse;

pub use button::AccountMenu;
pub use purse::{ChangeNetwork, Purse, TestCoins, watch as watch_purse};
