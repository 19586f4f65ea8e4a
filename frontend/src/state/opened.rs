use protocol::{Address, InstallationId};

/// The vault that is open in the worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// The account that the vault belongs to.
    pub account: Address,
    /// The installation in it.
    pub installation: InstallationId,
    /// Its public key, for the sign-in.
    pub public_key: Vec<u8>,
    /// A wallet has vouched for it.
    pub associated: bool,
}
