//! Asking a chain over JSON-RPC.

use std::time::Duration;

use protocol::{Address, limits};
use reqwest::{Client, Url, redirect::Policy};
use serde::Deserialize;
use serde_json::json;

use super::{GAS, input, verdict};

/// How long a chain may take for one answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// No longer answer is read, in bytes: there are two that mean something, and both are short.
const LONGEST: usize = 64 * 1024;
/// In whose name the wallet's code is asked: "Jackdaw Sign-in asks", an address without a key. Nobody trusts it, and it is
/// not zero, which some code takes for a sign that nothing counts.
const CALLER: Address = Address::new(*b"Jackdaw Sign-in asks");

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

/// Asks one chain. Cheap to clone. Its address may hold a key and is not in any error.
#[derive(Clone)]
pub struct Asker {
    client: Client,
    url: Url,
    patience: Duration,
}

impl std::fmt::Debug for Asker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asker").finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Answer {
    result: Option<String>,
    error: Option<serde::de::IgnoredAny>,
}

impl Asker {
    /// For the chain with this RPC. Does not ask it yet.
    ///
    /// # Errors
    /// `BadUrl`, or `Down` if this machine can speak to nobody.
    pub fn new(rpc_url: &str) -> Result<Self, AskError> {
        Ok(Self {
            client: Client::builder()
                .redirect(Policy::none())
                .build()
                .map_err(|_| AskError::Down)?,
            url: rpc_url.parse().map_err(|_| AskError::BadUrl)?,
            patience: PATIENCE,
        })
    }

    /// As it is, but giving the chain up after this time.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
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
        let call = json!({
            "jsonrpc": "2.0",
            "id": 1,
            "method": "eth_call",
            "params": [{
                "from": CALLER,
                "gas": format!("{GAS:#x}"),
                "data": alloy_primitives::hex::encode_prefixed(input(signer, digest, signature)),
            }, "latest"],
        });
        let answer = tokio::time::timeout(self.patience, self.post(call.to_string()))
            .await
            .map_err(|_| AskError::Down)??;
        let answer: Answer = serde_json::from_slice(&answer).map_err(|_| AskError::Garbage)?;
        match answer {
            Answer { error: Some(_), .. } => Err(AskError::Failed),
            Answer { result: Some(hex), .. } => {
                let returned = alloy_primitives::hex::decode(hex).map_err(|_| AskError::Garbage)?;
                verdict(&returned).ok_or(AskError::Garbage)
            }
            Answer { .. } => Err(AskError::Garbage),
        }
    }

    async fn post(&self, question: String) -> Result<Vec<u8>, AskError> {
        let mut response = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .body(question)
            .send()
            .await
            .map_err(|_| AskError::Down)?;
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| AskError::Down)? {
            if answer.len() + chunk.len() > LONGEST {
                return Err(AskError::Garbage);
            }
            answer.extend_from_slice(&chunk);
        }
        Ok(answer)
    }
}
