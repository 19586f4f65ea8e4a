//! What each side of a socket understands, so that a page and a server of different releases know of each other (ADR 18).

use serde::{Deserialize, Serialize};

use crate::limits;

/// The feature level of this build. It grows by one whenever a side must know beforehand that the other understands something;
/// a frame that may be skipped needs no new level.
///
/// | level | understands |
/// |---|---|
/// | 0 | the first release's frames, exactly: an unknown frame or a byte left over ends the socket |
/// | 1 | skips unknown frames, kinds and fields; greets with [`Support`] |
pub const FEATURES: u32 = 1;

/// The version and the feature level of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Support {
    /// The highest frame version it reads ([`limits::VERSION`]).
    pub version: u8,
    /// Its feature level, see [`FEATURES`].
    pub features: u32,
}

impl Support {
    /// What this build understands.
    pub const OURS: Self = Self {
        version: limits::VERSION,
        features: FEATURES,
    };
}

/// The path and query at which a client opens its socket. The query states that a challenge may hold [`Support`]: a page of level 0
/// has no query and reads none.
pub fn socket_path() -> String {
    format!("/ws?features={FEATURES}")
}

/// The feature level in a query of [`socket_path`], 0 if there is none.
pub fn features_in(query: Option<&str>) -> u32 {
    let mut pairs = query.unwrap_or_default().split('&');
    pairs
        .find_map(|pair| pair.strip_prefix("features="))
        .and_then(|level| level.parse().ok())
        .unwrap_or_default()
}
