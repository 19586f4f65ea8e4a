//! What the installation needs of the world, as traits: a place to keep things, the time and randomness. The network is
//! no trait: the client answers with [`crate::Effect`]s and is told of [`crate::SocketEvent`]s.

mod environment;
mod vault;

pub use environment::Environment;
pub use vault::{Batch, Change, Record, Records, Space, Vault, VaultError};
