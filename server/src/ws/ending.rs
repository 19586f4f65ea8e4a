//! Why a socket ends, and how its client is told.

use protocol::ErrorCode;

/// Why a socket ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The other side closed it, or the network did.
    Gone,
    /// There is no session, or not any more.
    Session(ErrorCode),
    /// It did not prove to be its installation, or not in time.
    NotBelieved,
    /// What it sent is no frame, or not one for this moment.
    BadFrame(ErrorCode),
    /// No frame came for too long.
    Silence,
    /// It reads more slowly than others write. The log has what it misses.
    TooSlow,
    /// A newer socket of the same installation took over.
    Superseded,
    /// The server ends.
    Restarting,
    /// The database is away; the installation tries again later.
    Unavailable,
}

impl Ending {
    /// The close code (RFC 6455, section 7.4; 4000 and above are ours).
    pub const fn close_code(self) -> u16 {
        match self {
            Self::Gone => 1000,
            Self::Session(_) | Self::NotBelieved => 4401,
            Self::BadFrame(_) => 4400,
            Self::Silence => 4408,
            Self::TooSlow => 4429,
            Self::Superseded => 4409,
            Self::Restarting => 1012,
            Self::Unavailable => 1013,
        }
    }

    /// What the last frame says, if there is one.
    pub const fn bye(self) -> Option<ErrorCode> {
        match self {
            Self::Gone | Self::Silence => None,
            Self::Session(code) | Self::BadFrame(code) => Some(code),
            Self::NotBelieved => Some(ErrorCode::NotYourInstallation),
            Self::TooSlow => Some(ErrorCode::TooSlow),
            Self::Superseded => Some(ErrorCode::Superseded),
            Self::Restarting => Some(ErrorCode::Restarting),
            Self::Unavailable => Some(ErrorCode::Unavailable),
        }
    }
}
