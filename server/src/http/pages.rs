//! Documents. None of these handlers changes anything, none looks at a cookie.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, Uri},
    response::{IntoResponse, Response},
};
use protocol::ErrorCode;

use crate::{error::Refusal, state::Server};

/// `/`
pub async fn landing(State(server): State<Server>, headers: HeaderMap) -> Response {
    server.face().landing(&headers)
}

/// `/app` and everything below.
pub async fn shell(State(server): State<Server>, headers: HeaderMap) -> Response {
    server.face().shell(&headers)
}

/// `/invite/{address}`
pub async fn invite(State(server): State<Server>, Path(address): Path<String>, headers: HeaderMap) -> Response {
    match app::place::parse_address(&address) {
        Ok(address) => server.face().invite(address, &headers),
        Err(_) => server.face().not_found(&headers),
    }
}

/// Any other path.
pub async fn not_found(State(server): State<Server>, uri: Uri, headers: HeaderMap) -> Response {
    if uri.path().starts_with("/api/") || uri.path().starts_with("/pkg/") {
        return Refusal(ErrorCode::NotFound).into_response();
    }
    server.face().not_found(&headers)
}
