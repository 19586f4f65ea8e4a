//! HTML documents. These handlers change nothing and read no cookie.

use axum::{
    extract::{Path, Request, State},
    http::{HeaderMap, Uri, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use protocol::ErrorCode;

use crate::{error::Refusal, state::Server};

/// A request under another name of this machine (127.0.0.1 for localhost) is redirected to the public one: another
/// name is another origin, from which nothing could be changed.
pub async fn by_its_name(State(server): State<Server>, request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    if host != server.domain() && is_this_machine(host) && is_this_machine(server.domain()) {
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        return Redirect::temporary(&format!("{}{path}", server.origin())).into_response();
    }
    next.run(request).await
}

/// The host, with or without a port, always means the machine that asks.
fn is_this_machine(host: &str) -> bool {
    let name = host
        .rsplit_once(':')
        .map_or(host, |(name, port)| if port.contains(']') { host } else { name });
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

/// `/`
pub async fn landing(State(server): State<Server>, headers: HeaderMap) -> Response {
    server.documents().landing(&headers)
}

/// `/app` and everything below.
pub async fn shell(State(server): State<Server>, headers: HeaderMap) -> Response {
    server.documents().shell(&headers)
}

/// `/invite/{address}`
pub async fn invite(State(server): State<Server>, Path(address): Path<String>, headers: HeaderMap) -> Response {
    match app::place::parse_address(&address) {
        Ok(address) => server.documents().invite(address, &headers),
        Err(_) => server.documents().not_found(&headers),
    }
}

/// Any other path.
pub async fn not_found(State(server): State<Server>, uri: Uri, headers: HeaderMap) -> Response {
    if uri.path().starts_with("/api/") || uri.path().starts_with("/pkg/") {
        return Refusal(ErrorCode::NotFound).into_response();
    }
    server.documents().not_found(&headers)
}
