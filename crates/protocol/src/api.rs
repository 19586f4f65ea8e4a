//! Arguments and answers of server functions, in postcard, one HTTP request each.
//!
//! The media type of request and answer states [`VERSION`]; none states version 1. An answer grows at its end: an older page ignores bytes
//! left over, a newer one reads a missing field as its default ([`late`](crate::late), [`Late`](crate::Late)). A row of a list cannot grow,
//! because the next row follows it: what is new about rows is a list of its own at the end, with [`rows`] that can. A refusal is an
//! [`ApiError`] in every version.

use serde::{Deserialize, Serialize};

use crate::{Address, ErrorCode, InstallationId, UnixMillis};

/// The version of arguments and answers. It changes only when they change in a way that their end does not allow.
pub const VERSION: u8 = 1;
/// The media type of arguments and answers, with [`VERSION`].
pub const MEDIA_TYPE: &str = "application/x-postcard; version=1";

/// Whether a body with this `Content-Type` is of [`VERSION`].
pub fn is_spoken(content_type: Option<&str>) -> bool {
    let mut parameters = content_type.unwrap_or_default().split(';').skip(1).map(str::trim);
    let version = parameters.find_map(|parameter| parameter.strip_prefix("version="));
    version.is_none_or(|version| version.parse() == Ok(VERSION))
}

/// Serde's `with` for a list whose rows may grow at their end: each row is a byte string of its own.
pub mod rows {
    use serde::{
        Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, de::Error as _, ser::Error as _,
    };
    use serde_bytes::ByteBuf;

    /// Each row behind its length.
    ///
    /// # Errors
    /// Those of the rows.
    pub fn serialize<S: Serializer, T: Serialize>(rows: &[T], serializer: S) -> Result<S::Ok, S::Error> {
        let rows = rows.iter().map(|row| postcard::to_stdvec(row).map(ByteBuf::from));
        let rows = rows.collect::<Result<Vec<_>, _>>().map_err(S::Error::custom)?;
        rows.serialize(serializer)
    }

    /// Reads each row by itself and ignores what a newer peer has put behind it.
    ///
    /// # Errors
    /// If a row is not one.
    pub fn deserialize<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
        let rows = Vec::<ByteBuf>::deserialize(deserializer)?;
        let rows = rows.iter().map(|row| postcard::from_bytes(row));
        rows.collect::<Result<_, _>>().map_err(D::Error::custom)
    }
}

/// What the server adds to a sign-in text (EIP-4361). The browser renders the whole text itself (ADR 22).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// The whole text, as the browser is going to render it. Only pages of the release before read it; goes with the next one.
    pub text: String,
    /// Drawn for this sign-in: 16 to 128 of `A-Z a-z 0-9`.
    #[serde(deserialize_with = "crate::late")]
    pub nonce: String,
    /// When it was drawn, a whole second.
    #[serde(deserialize_with = "crate::late")]
    pub issued_at: UnixMillis,
    /// Until when the signed text is accepted, a whole second.
    #[serde(deserialize_with = "crate::late")]
    pub expires_at: UnixMillis,
}

/// The signed-in account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    /// The account's address.
    pub address: Address,
    /// The name it chose, empty for none.
    pub name: String,
    /// The installation this session was opened with.
    pub installation: InstallationId,
}

/// The answer to a sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// The account that is signed in now.
    pub me: Me,
    /// The signed text of the installation's association: the one of its first sign-in. It differs from the text just signed if the answer
    /// to an earlier sign-in was lost.
    pub text: String,
    /// The wallet's signature over it. The browser verifies both.
    #[serde(with = "serde_bytes")]
    pub signature: Vec<u8>,
}

/// The site, as a page must know it before anybody signs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// What the site calls itself: host, and port if it is not the scheme's own. A page at another address refuses to sign in; nothing
    /// else in the browser uses it.
    pub domain: String,
    /// The networks of the site; the first is the default of new accounts.
    pub networks: Vec<Network>,
    /// The signed-in account, if there is one.
    pub me: Option<Me>,
}

/// A network of the site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Its name for people.
    pub name: String,
    /// The name of the native coin.
    pub coin: String,
    /// The native coin's symbol.
    pub symbol: String,
    /// The JSON-RPC URL for wallets that do not know the network; empty if every wallet does.
    pub rpc_url: String,
    /// The URL of its explorer, empty for none: `{explorer}/tx/{hash}` and `{explorer}/address/{address}`.
    pub explorer: String,
    /// A transaction is confirmed in this many blocks, its own included. At least 1.
    pub confirmations: u32,
    /// The contract for tips, if it is deployed. Clients accept only the address that follows from its code.
    pub tips: Option<Address>,
    /// The site gives out test coins on this network.
    pub development: bool,
}

/// A session of this account that has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Identifies it when it is to be ended.
    pub id: String,
    /// The browser and system, in words ("Chromium on Linux").
    pub agent: String,
    /// When it began.
    pub since: UnixMillis,
    /// When it was last used.
    pub seen: UnixMillis,
    /// It is the session of the request.
    pub is_current: bool,
}

/// An installation of this account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstallationRow {
    /// The installation's id.
    pub id: InstallationId,
    /// The name its account gave it, empty for none.
    pub name: String,
    /// The browser and system of its first sign-in, in words.
    pub agent: String,
    /// When it was associated.
    pub since: UnixMillis,
    /// When it last connected.
    pub seen: UnixMillis,
    /// It is the installation of the request's session.
    pub is_current: bool,
}

/// An account as other members see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The account's address.
    pub address: Address,
    /// The name it chose, empty for none. A claim of the account, not a proof.
    pub name: String,
    /// It has signed in here at least once.
    pub is_registered: bool,
}

/// The refusal of a server function, the same in every version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{0}")]
pub struct ApiError(pub ErrorCode);
