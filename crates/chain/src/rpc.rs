//! JSON-RPC over HTTP: one question, one answer, both bounded.
//!
//! By hand, because what answers is not trusted and its address may be a secret: an answer has an end in bytes and in time,
//! redirects are not followed, and no error repeats the URL.

use std::time::Duration;

use reqwest::{Client, redirect::Policy};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json, value::RawValue};
use url::Url;

use crate::visible;

/// How long a chain may take for one answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it may take to be reached.
const REACH: Duration = Duration::from_secs(5);
/// No longer answer is read, in bytes: some ten thousand logs.
const LONGEST: usize = 8 * 1024 * 1024;
/// What is so long in a chain's address may be a key, in bytes; shorter ones are versions and names.
const SECRET: usize = 6;

/// Why there is no answer. None of it holds the chain's address.
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
        /// JSON-RPC's code.
        code: i64,
        /// What it says, cut and without control characters.
        message: String,
        /// What a reverted call gave back.
        data: Option<Vec<u8>>,
    },
    /// More than is read.
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

    /// Nothing is heard from it, as opposed to something wrong.
    pub fn is_down(&self) -> bool {
        matches!(self, Self::ChainDown(_))
    }
}

/// A chain's RPC. Cheap to clone.
#[derive(Clone)]
pub struct Rpc {
    client: Client,
    url: Url,
    patience: Duration,
}

impl std::fmt::Debug for Rpc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rpc").finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: Value,
}

impl Rpc {
    /// For the chain with this RPC. Does not ask it yet.
    ///
    /// # Errors
    /// `BadUrl`, or `ChainDown` if this machine can speak to nobody.
    pub fn new(url: &str) -> Result<Self, RpcError> {
        let url: Url = url.parse().map_err(|_| RpcError::BadUrl)?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(RpcError::BadUrl);
        }
        let client = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(REACH)
            .no_proxy()
            .build()
            .map_err(|_| RpcError::ChainDown("this machine offers no connections".to_owned()))?;
        Ok(Self {
            client,
            url,
            patience: PATIENCE,
        })
    }

    /// As it is, but giving the chain up after this time.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Asks. A missing or null result is `null` to `T`.
    ///
    /// # Errors
    /// Everything but `BadUrl`.
    pub async fn ask<T: DeserializeOwned>(&self, method: &str, params: Value) -> Result<T, RpcError> {
        let question = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let asking = self.post(question.to_string());
        let late = || RpcError::ChainDown(format!("not within {:?}", self.patience));
        let (status, body) = tokio::time::timeout(self.patience, asking)
            .await
            .map_err(|_| late())??;
        let answer: Answer = match serde_json::from_slice(&body) {
            Ok(answer) => answer,
            Err(_) if status != 200 => return Err(RpcError::ChainDown(format!("HTTP {status}"))),
            Err(_) => return Err(RpcError::garbage(format!("{method}: no JSON-RPC"))),
        };
        if let Some(refusal) = answer.error {
            return Err(refused(&refusal, &self.url));
        }
        let result = answer.result.map_or("null", RawValue::get);
        serde_json::from_str(result).map_err(|_| RpcError::garbage(format!("{method}: another shape")))
    }

    async fn post(&self, question: String) -> Result<(u16, Vec<u8>), RpcError> {
        let response = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .body(question)
            .send();
        let mut response = response.await.map_err(|error| {
            let why = if error.is_connect() {
                "it cannot be reached"
            } else {
                "the connection broke off"
            };
            RpcError::ChainDown(why.to_owned())
        })?;
        let mut body = Vec::new();
        let broken = |_| RpcError::ChainDown("the answer broke off".to_owned());
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > LONGEST {
                return Err(RpcError::TooMuch);
            }
            body.extend_from_slice(&chunk);
        }
        Ok((response.status().as_u16(), body))
    }
}

/// Nodes put the bytes of a revert into `data`, as a text or a level deeper.
fn refused(refusal: &Refusal, url: &Url) -> RpcError {
    let data = match &refusal.data {
        Value::Object(inner) => inner.get("data").or_else(|| inner.get("result")),
        other => Some(other),
    };
    let data = data
        .and_then(Value::as_str)
        .and_then(|hex| alloy_primitives::hex::decode(hex).ok());
    RpcError::Refused {
        code: refusal.code,
        message: visible(&without_secrets(&refusal.message, url), 200),
        data,
    }
}

/// Some nodes repeat the key they were asked with ("project abc… is over its limit"), and what they say is logged.
fn without_secrets(words: &str, url: &Url) -> String {
    let values = url.query_pairs().map(|(_, value)| value.into_owned());
    let path = url.path_segments().into_iter().flatten().map(str::to_owned);
    let user = [url.username(), url.password().unwrap_or_default()].map(str::to_owned);
    let parts = values.chain(path).chain(user).filter(|part| part.len() >= SECRET);
    parts.fold(words.to_owned(), |words, part| words.replace(&part, "…"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_says_of_our_key_is_left_out() {
        let url: Url = "https://me0001:pa55word@node.example/v3/0123456789abcdef?apikey=s3cr3t&v=1"
            .parse()
            .unwrap();
        let refusal = Refusal {
            code: -32005,
            message: "project 0123456789abcdef (me0001, pa55word, s3cr3t) is over its limit of v3".to_owned(),
            data: Value::Null,
        };
        let said = refused(&refusal, &url).to_string();
        assert!(said.contains("project … (…, …, …) is over its limit of v3"), "{said}");
    }
}
