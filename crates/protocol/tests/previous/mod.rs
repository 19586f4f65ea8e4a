//! The frames of the previous release and how it reads them, word for word: a kind it does not know, or a byte left over, is no frame.
//!
//! Replaced at each release by what was released. Ids, codes and reports of tips have not changed since.
#![allow(
    dead_code,
    missing_docs,
    missing_debug_implementations,
    reason = "a copy; each test uses a part of it"
)]

use protocol::{
    Address, AssociationHash, ErrorCode, Incarnation, InstallationId, MessageId, Seq, TipId, Topic, TxHash, TxReport,
    UnixMillis, limits,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publish {
    pub topic: Topic,
    pub id: MessageId,
    pub last_commit: Seq,
    pub kind: Kind,
    #[serde(with = "serde_bytes")]
    pub payload: Vec<u8>,
}
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    Application,
    Commit {
        welcomes: Vec<Welcome>,
        removed: Vec<InstallationId>,
    },
}
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    pub installation: InstallationId,
    #[serde(with = "serde_bytes")]
    pub message: Vec<u8>,
}
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    pub seq: Seq,
    pub id: MessageId,
    pub at: UnixMillis,
    pub body: Body,
}
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Body {
    Application(#[serde(with = "serde_bytes")] Vec<u8>),
    Commit(#[serde(with = "serde_bytes")] Vec<u8>),
    Welcome {
        topic: Topic,
        commit: Seq,
        #[serde(with = "serde_bytes")]
        message: Vec<u8>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClientFrame {
    Hello {
        installation: InstallationId,
        #[serde(with = "serde_bytes")]
        signature: Vec<u8>,
    },
    Subscribe {
        topics: Vec<(Topic, Seq)>,
    },
    Publish(Publish),
    Ask {
        number: u32,
        ask: Ask,
    },
    Ping,
}
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServerFrame {
    Challenge {
        nonce: [u8; 32],
    },
    Ready {
        incarnation: Incarnation,
        key_packages: u32,
        now: UnixMillis,
    },
    Stored {
        id: MessageId,
        seq: Seq,
        at: UnixMillis,
    },
    Refused {
        id: MessageId,
        code: ErrorCode,
    },
    Envelopes {
        topic: Topic,
        envelopes: Vec<Envelope>,
    },
    CaughtUp {
        topic: Topic,
        head: Seq,
    },
    NotSubscribed {
        topic: Topic,
        code: ErrorCode,
    },
    Answer {
        number: u32,
        answer: Result<Answer, ErrorCode>,
    },
    Pong,
    Bye {
        code: ErrorCode,
    },
    Tip {
        chain_id: u64,
        sender: Address,
        id: TipId,
        report: TxReport,
    },
    Installations {
        account: Address,
    },
}
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    Installations {
        account: Address,
    },
    Association {
        hash: AssociationHash,
    },
    ClaimKeyPackage {
        installation: InstallationId,
    },
    PublishKeyPackages {
        key_packages: Vec<serde_bytes::ByteBuf>,
        last_resort: Option<serde_bytes::ByteBuf>,
    },
    Tip {
        chain_id: u64,
        sender: Address,
        id: TipId,
        hash: Option<TxHash>,
    },
    Revoke {
        revocation: serde_bytes::ByteBuf,
    },
    Revocations {
        installations: Vec<InstallationId>,
    },
}
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    Installations(Vec<(InstallationId, AssociationHash)>),
    Association(Option<serde_bytes::ByteBuf>),
    KeyPackage(Option<serde_bytes::ByteBuf>),
    KeyPackagesKept(u32),
    Tip(TxReport),
    Revoked,
    Revocations(Vec<serde_bytes::ByteBuf>),
}

/// The bytes of a frame.
pub fn encode<F: Serialize>(frame: &F) -> Vec<u8> {
    postcard::to_extend(frame, vec![1]).unwrap()
}

/// The frame in `bytes`, all of them.
pub fn decode<F: DeserializeOwned>(bytes: &[u8]) -> Result<F, String> {
    if bytes.len() > limits::FRAME {
        return Err("too large".into());
    }
    match bytes.split_first() {
        Some((1, rest)) => match postcard::take_from_bytes(rest) {
            Ok((frame, [])) => Ok(frame),
            Ok(_) => Err("bytes left over".into()),
            Err(error) => Err(error.to_string()),
        },
        _ => Err("another version".into()),
    }
}
