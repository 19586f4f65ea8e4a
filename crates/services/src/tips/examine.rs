use std::time::Duration;

use chain::{reader::Reader, rpc::RpcError, tips::CONTRACT};

use crate::tx::RpcEndpoint;

/// How long the node has to answer: an operator waits for the result.
const PATIENCE: Duration = Duration::from_secs(4);

/// What a node says when it is asked what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Examined {
    /// The chain it serves.
    pub chain_id: u64,
    /// Its newest block.
    pub head: u64,
    /// The contract for tips stands there.
    pub tips: bool,
}

/// Asks a node what it is.
///
/// # Errors
/// If it does not say; without its address.
pub async fn examine(endpoint: &RpcEndpoint) -> Result<Examined, RpcError> {
    let reader = Reader::new(&endpoint.url)?.with_patience(PATIENCE);
    Ok(Examined {
        chain_id: reader.chain_id().await?,
        head: reader.head().await?.number,
        tips: reader.has_code(CONTRACT).await?,
    })
}
