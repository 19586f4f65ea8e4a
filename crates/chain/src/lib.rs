//! Words of money: the networks served here. With feature `rpc` also what asks a chain; only the machine does that.

pub mod amount;
#[cfg(feature = "rpc")]
pub mod faucet;
pub mod network;
pub mod tips;
pub mod validator;
