//! From a class of error codes to an HTTP status, and why a server does not start.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use protocol::{ErrorClass, ErrorCode};

/// The HTTP status of a refusal (RFC 9110, section 15).
pub const fn status(code: ErrorCode) -> StatusCode {
    match code.class() {
        ErrorClass::Malformed => StatusCode::BAD_REQUEST,
        ErrorClass::Unauthorized => StatusCode::UNAUTHORIZED,
        ErrorClass::Forbidden => StatusCode::FORBIDDEN,
        ErrorClass::NotFound => StatusCode::NOT_FOUND,
        ErrorClass::Conflict => StatusCode::CONFLICT,
        ErrorClass::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorClass::TooMany => StatusCode::TOO_MANY_REQUESTS,
        ErrorClass::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorClass::Internal => StatusCode::INTERNAL_SERVER_ERROR,
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
        /// The address or file.
        address: std::net::SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file that must be there, or must be writable, is not.
    #[error("{path}: {source}")]
    File {
        /// The address or file.
        path: std::path::PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The built page is missing or of another shape.
    #[error("{path} is not a built site ({reason}); build it with `cargo xtask build`")]
    Site {
        /// The path of the manifest.
        path: std::path::PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The database or something behind it.
    #[error("{0}")]
    Services(String),
}
