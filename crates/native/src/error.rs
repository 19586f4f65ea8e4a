//! The one error of this room.

use bridge::Trouble;
use protocol::ErrorCode;

/// Why an installation outside the browser cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum NativeError {
    /// The site's address is not `http://host[:port]`.
    #[error("{0} is no address of a site on plain http")]
    BadSite(String),
    /// The network, or the server, does not answer.
    #[error("the site does not answer: {0}")]
    Io(#[from] std::io::Error),
    /// The answer is not what a site of ours says.
    #[error("the site answers strangely: {0}")]
    Strange(&'static str),
    /// The server refused.
    #[error("the site refuses: {0}")]
    Refused(ErrorCode),
    /// The vault does not open.
    #[error("the vault does not open: {0:?}")]
    Vault(Trouble),
    /// What was waited for did not happen.
    #[error("nothing of the kind within {0} seconds")]
    TooLate(u64),
    /// The installation's task has ended.
    #[error("the installation has ended")]
    Ended,
}
