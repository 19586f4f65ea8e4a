//! Asking a chain over JSON-RPC.

use std::time::Duration;

use alloy_rpc_types_eth::TransactionRequest;
use protocol::{Address, limits};

use super::{CALLER, GAS, input, verdict};
use crate::rpc::{Rpc, RpcError};

/// How long a chain may take for one answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why there is no answer. None of it says anything about the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// Not a URL.
    #[error("not the address of a chain's RPC")]
    BadUrl,
    /// A signature over [`limits::SIGNATURE`].
    #[error("the signature is too long")]
    TooLarge,
    /// It does not answer, or not in time.
    #[error("the chain does not answer")]
    Down,
    /// The call did not come to an end: it used up its gas, or the node refuses such calls.
    #[error("the chain did not finish the call")]
    Failed,
    /// Something that is no answer.
    #[error("the chain answers with something else")]
    Garbage,
}

impl From<RpcError> for AskError {
    fn from(error: RpcError) -> Self {
        match error {
            RpcError::BadUrl => Self::BadUrl,
            RpcError::ChainDown(_) => Self::Down,
            RpcError::Refused { .. } => Self::Failed,
            RpcError::TooMuch | RpcError::Garbage(_) => Self::Garbage,
        }
    }
}

/// Asks one chain. Cheap to clone. Its address may hold a key and is not in any error.
#[derive(Debug, Clone)]
pub struct Asker(Rpc);

impl Asker {
    /// For the chain with this RPC. Does not ask it yet.
    ///
    /// # Errors
    /// `BadUrl`, or `Down` if this machine can speak to nobody.
    pub fn new(rpc_url: &str) -> Result<Self, AskError> {
        Ok(Self(Rpc::new(rpc_url)?.with_patience(PATIENCE)))
    }

    /// As it is, but giving the chain up after this time.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self(self.0.with_patience(patience))
    }

    /// Whether the account signed the digest, as the chain has it now: of an account with a key that key's signature, of one
    /// with code what that code says.
    ///
    /// # Errors
    /// If the chain does not say; that is not a no.
    pub async fn signed(&self, signer: Address, digest: &[u8; 32], signature: &[u8]) -> Result<bool, AskError> {
        if signature.len() > limits::SIGNATURE {
            return Err(AskError::TooLarge);
        }
        let call = TransactionRequest::default().from(CALLER).gas_limit(GAS);
        let returned = self.0.call(call, input(signer, digest, signature)).await?;
        verdict(&returned).ok_or(AskError::Garbage)
    }
}
