//! JSON-RPC to a node: alloy's provider over a bounded transport of our own ([`transport`](mod@transport)).
//!
//! A node is not trusted, and its address may hold a key: an answer is bounded in bytes and in time, redirects are not followed,
//! and no error repeats the address.

mod transport;

use std::time::Duration;

use alloy_json_rpc::RpcError as ProviderError;
use alloy_primitives::Bytes;
use alloy_provider::{Provider, RootProvider};
use alloy_rpc_client::RpcClient;
use alloy_rpc_types_eth::{TransactionInput, TransactionRequest};
use alloy_transport::{TransportError, TransportErrorKind};
use serde::de::DeserializeOwned;
use serde_json::Value;

use transport::Node;

/// How long a node may take for one answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why there is no answer. None of it holds the node's address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RpcError {
    /// Not an http URL.
    #[error("not the address of a chain's RPC")]
    BadUrl,
    /// It cannot be reached, does not answer in time, or says that it is busy.
    #[error("the chain does not answer: {0}")]
    ChainDown(String),
    /// It understood and refused, in its words.
    #[error("the chain refuses: {message} ({code})")]
    Refused {
        /// JSON-RPC's error code.
        code: i64,
        /// What it says, cut and without control characters.
        message: String,
        /// What a reverted call returned.
        data: Option<Vec<u8>>,
    },
    /// More bytes than are read.
    #[error("the chain answers with too much")]
    TooMuch,
    /// Something that is no answer.
    #[error("the chain answers with something else: {0}")]
    Garbage(String),
}

impl RpcError {
    /// For an answer that contradicts the question.
    pub(crate) fn garbage(what: impl Into<String>) -> Self {
        Self::Garbage(what.into())
    }
}

impl From<TransportError> for RpcError {
    fn from(error: TransportError) -> Self {
        match error {
            ProviderError::ErrorResp(refusal) => Self::Refused {
                code: refusal.code,
                data: refusal
                    .try_data_as::<Bytes>()
                    .and_then(Result::ok)
                    .map(|bytes| bytes.to_vec()),
                message: refusal.message.into_owned(),
            },
            // What `Node` could not do, as it said it.
            ProviderError::Transport(TransportErrorKind::Custom(error)) => match error.downcast::<Self>() {
                Ok(error) => *error,
                Err(_) => Self::garbage("an error of the transport"),
            },
            ProviderError::Transport(_) => Self::garbage("an error of the transport"),
            // Neither repeats the answer, which may be long and is the node's.
            ProviderError::DeserError { .. } => Self::garbage("another shape"),
            ProviderError::NullResp => Self::garbage("nothing"),
            ProviderError::SerError(_) | ProviderError::LocalUsageError(_) | ProviderError::UnsupportedFeature(_) => {
                Self::garbage("a question that cannot be asked")
            }
        }
    }
}

/// A chain's RPC. Cheap to clone.
#[derive(Clone)]
pub struct Rpc {
    node: Node,
    provider: RootProvider,
}

impl std::fmt::Debug for Rpc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rpc").finish_non_exhaustive()
    }
}

impl Rpc {
    /// For the chain with this RPC. Does not ask it yet.
    ///
    /// # Errors
    /// `BadUrl`, or `ChainDown` if this machine can speak to nobody.
    pub fn new(url: &str) -> Result<Self, RpcError> {
        Ok(Self::over(Node::new(url, PATIENCE)?))
    }

    fn over(node: Node) -> Self {
        // Whether a node is local decides how often alloy polls it; nothing here lets it poll.
        let client = RpcClient::new(node.clone(), false);
        Self {
            node,
            provider: RootProvider::new(client),
        }
    }

    /// The same, with another limit to the time of one answer.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self::over(self.node.with_patience(patience))
    }

    /// alloy's provider. Its errors become [`RpcError`]s by `?`.
    pub fn provider(&self) -> &RootProvider {
        &self.provider
    }

    /// What a call returns that changes nothing, at the newest block. The input goes as `data`, which old nodes know too.
    ///
    /// # Errors
    /// `Refused` with the bytes it reverted with, or if the chain does not say.
    pub async fn call(&self, call: TransactionRequest, data: Vec<u8>) -> Result<Vec<u8>, RpcError> {
        let input = TransactionInput {
            data: Some(data.into()),
            ..TransactionInput::default()
        };
        let call = call.input(input);
        Ok(self.provider.call(call).latest().await?.to_vec())
    }

    /// Asks in the words of JSON-RPC, for answers of which alloy's types demand more than every chain gives. A missing or null
    /// result is `null` to `T`.
    ///
    /// # Errors
    /// Everything but `BadUrl`.
    pub async fn ask<T>(&self, method: &'static str, params: Value) -> Result<T, RpcError>
    where
        T: DeserializeOwned + std::fmt::Debug + Send + Sync + Unpin + 'static,
    {
        let answer = self.provider.raw_request(method.into(), params).await;
        answer.map_err(|error| match RpcError::from(error) {
            RpcError::Garbage(what) => RpcError::Garbage(format!("{method}: {what}")),
            error => error,
        })
    }
}
