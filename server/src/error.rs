//! The one table from a reason to an HTTP status.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use protocol::ErrorCode;

/// The HTTP status that goes with a reason.
pub const fn status(code: ErrorCode) -> StatusCode {
    use ErrorCode as E;
    match code {
        E::UnknownVersion
        | E::Malformed
        | E::NonceSpent
        | E::Expired
        | E::WrongText
        | E::WrongSignature
        | E::WrongChain
        | E::NoNode
        | E::BadName
        | E::NotOnThisNetwork => StatusCode::BAD_REQUEST,
        E::NotSignedIn | E::SessionEnded | E::Revoked => StatusCode::UNAUTHORIZED,
        E::NotYourInstallation | E::CrossSite | E::NotAMember => StatusCode::FORBIDDEN,
        E::NoSuchTopic | E::NoSuchInstallation | E::NotFound => StatusCode::NOT_FOUND,
        E::StaleEpoch | E::CursorAhead | E::Superseded | E::OtherNetwork | E::KeyAccount | E::EnoughCoins => {
            StatusCode::CONFLICT
        }
        E::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        E::TooMany | E::TooSlow => StatusCode::TOO_MANY_REQUESTS,
        E::CannotVerify | E::ChainDown | E::Restarting | E::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        E::Internal | E::Unknown => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A refusal outside of server functions: status, and the reason's word as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal(pub ErrorCode);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (status(self.0), self.0.word()).into_response();
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if matches!(self.0, ErrorCode::TooMany) {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// Why the server could not start, in words for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The listening address is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which.
        address: std::net::SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file that must be there, or must be writable, is not.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: std::path::PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The built page is missing or of another shape.
    #[error("{path} is not a built site ({reason}); build it with `cargo xtask build`")]
    Site {
        /// The manifest.
        path: std::path::PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The database or something behind it.
    #[error("{0}")]
    Services(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_status_of_refusal() {
        for code in ErrorCode::ALL {
            let status = status(*code);
            assert!(status.is_client_error() || status.is_server_error(), "{code}");
        }
        assert_eq!(status(ErrorCode::CrossSite), StatusCode::FORBIDDEN);
    }
}
