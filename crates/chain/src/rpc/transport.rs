//! The transport: one HTTP request for one question, both bounded.
//!
//! alloy's own HTTP transport reads answers of any length, follows redirects, honours proxy variables and puts the URL into its
//! errors. This one does none of it (ADR 21).

use std::{
    task::{Context, Poll},
    time::Duration,
};

use alloy_json_rpc::{ErrorPayload, RequestPacket, Response, ResponsePacket, ResponsePayload, SerializedRequest};
use alloy_primitives::{Bytes, hex};
use alloy_transport::{TransportError, TransportErrorKind, TransportFut};
use reqwest::{Client, redirect::Policy};
use serde::Deserialize;
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};
use tower::Service;
use url::Url;

use super::RpcError;
use crate::visible;

/// How long a node may take to be reached.
const REACH: Duration = Duration::from_secs(5);
/// The longest answer that is read, in bytes: some ten thousand logs.
const LONGEST: usize = 8 * 1024 * 1024;
/// The length in bytes from which a part of a node's address may be a key; shorter ones are versions and names.
const SECRET: usize = 6;
/// The most characters of a node's own words that are kept.
const WORDS: usize = 200;

/// A node. Cheap to clone.
#[derive(Clone)]
pub(super) struct Node {
    client: Client,
    url: Url,
    patience: Duration,
}

impl Node {
    pub(super) fn new(url: &str, patience: Duration) -> Result<Self, RpcError> {
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
        Ok(Self { client, url, patience })
    }

    pub(super) fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Asks one question. What the node refuses is an answer.
    async fn ask(&self, question: SerializedRequest) -> Result<Response, RpcError> {
        let asking = self.post(question.serialized().get().to_owned());
        let late = || RpcError::ChainDown(format!("not within {:?}", self.patience));
        let (status, body) = tokio::time::timeout(self.patience, asking)
            .await
            .map_err(|_| late())??;
        let answer: Answer = match serde_json::from_slice(&body) {
            Ok(answer) => answer,
            Err(_) if status != 200 => return Err(RpcError::ChainDown(format!("HTTP {status}"))),
            Err(_) => return Err(RpcError::garbage("no JSON-RPC")),
        };
        let payload = match answer.error {
            Some(refusal) => ResponsePayload::Failure(refusal.payload(&self.url)),
            None => ResponsePayload::Success(answer.result.unwrap_or(RawValue::NULL).to_owned()),
        };
        // One connection, one question: the answer belongs to it, under whatever number it comes.
        let id = question.id().clone();
        Ok(Response { id, payload })
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

impl Service<RequestPacket> for Node {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, packet: RequestPacket) -> Self::Future {
        let node = self.clone();
        Box::pin(async move {
            match packet {
                RequestPacket::Single(question) => {
                    let answer = node.ask(question).await.map_err(TransportErrorKind::custom)?;
                    Ok(ResponsePacket::Single(answer))
                }
                // Many nodes refuse batches, and their answers would share one limit.
                RequestPacket::Batch(_) => Err(TransportErrorKind::custom(RpcError::garbage("a batch"))),
            }
        })
    }
}

/// A JSON-RPC answer, as loosely as nodes write it.
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

impl Refusal {
    /// The node's words, cut, visible, and without what they repeat of its address; and the bytes of a revert, nothing else.
    fn payload(self, url: &Url) -> ErrorPayload {
        ErrorPayload {
            code: self.code,
            message: visible(&without_secrets(&self.message, url), WORDS).into(),
            data: revert(&self.data).and_then(|bytes| to_raw_value(&bytes).ok()),
        }
    }
}

/// The bytes of a revert in the `data` of a refusal: a hexadecimal text, or one a level deeper.
fn revert(data: &Value) -> Option<Bytes> {
    let text = match data {
        Value::Object(inner) => inner.get("data").or_else(|| inner.get("result"))?,
        text => text,
    };
    hex::decode(text.as_str()?).ok().map(Bytes::from)
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
        let refused = alloy_json_rpc::RpcError::ErrorResp(refusal.payload(&url));
        let said = RpcError::from(refused).to_string();
        assert!(said.contains("project … (…, …, …) is over its limit of v3"), "{said}");
    }

    #[test]
    fn the_bytes_of_a_revert_are_found() {
        for data in [
            r#""0x0102""#,
            r#"{"data":"0x0102"}"#,
            r#"{"result":"0x0102","message":"m"}"#,
        ] {
            let data: Value = serde_json::from_str(data).unwrap();
            assert_eq!(revert(&data), Some(Bytes::from_static(&[1, 2])), "{data}");
        }
        for data in ["7", "null", r#""reverted""#, "{}", r#"{"data":{"data":"0x01"}}"#] {
            let data: Value = serde_json::from_str(data).unwrap();
            assert_eq!(revert(&data), None, "{data}");
        }
    }
}
