//! The socket of an installation.

use axum::response::{IntoResponse, Response};
use protocol::ErrorCode;

use crate::error::Refusal;

/// `GET /ws`
pub async fn upgrade() -> Response {
    Refusal(ErrorCode::Unavailable).into_response()
}
