//! By which node a chain is read, and how often.

use std::time::Duration;

use crate::jobs::Backoff;

/// The node by which this server reads a chain.
#[derive(Clone)]
pub struct RpcEndpoint {
    /// The URL of its JSON-RPC. May hold a key: never logged, never served.
    pub url: String,
    /// The first block that is read; `None`: the newest when the chain is first met.
    pub since: Option<u64>,
}

impl std::fmt::Debug for RpcEndpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RpcEndpoint")
            .field("since", &self.since)
            .finish_non_exhaustive()
    }
}

/// How often a chain is polled, and how much is believed of one answer.
#[derive(Debug, Clone, Copy)]
pub struct PollPolicy {
    /// Between two polls; `None`: the chain's block time.
    pub every: Option<Duration>,
    /// After a failure.
    pub backoff: Backoff,
    /// A head that is lower than before is believed after this many polls in a row.
    pub shorter: u32,
    /// A transaction is called dropped after the node did not know it in this many polls, for at least this long.
    pub forgotten: (u32, Duration),
}

impl Default for PollPolicy {
    fn default() -> Self {
        Self {
            every: None,
            backoff: Backoff {
                first: Duration::from_secs(1),
                last: Duration::from_mins(1),
            },
            shorter: 10,
            forgotten: (5, Duration::from_mins(3)),
        }
    }
}

impl PollPolicy {
    /// For a development chain on the same machine.
    pub fn development() -> Self {
        Self {
            every: Some(Duration::from_secs(1)),
            backoff: Backoff {
                first: Duration::from_secs(1),
                last: Duration::from_secs(5),
            },
            shorter: 3,
            forgotten: (5, Duration::from_secs(20)),
        }
    }
}
