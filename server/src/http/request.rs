//! What happens to every request, whatever its route: an id, limits, the origin rule, the headers, and a net for panics.

use std::{
    net::{IpAddr, Ipv4Addr},
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use app::{
    error::AppError,
    server_fns::{CALLS, Limit},
};
use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use protocol::ErrorCode;
use server_fn::error::{FromServerFnError, SERVER_FN_ERROR_HEADER};
use tracing::Instrument;

use super::{
    limits::{client_address, network},
    listen::Peer,
    origin,
    security::Policy,
};
use crate::{
    error::Refusal,
    state::{Server, new_id},
};

/// How long a handler may take, reading the body included.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The header that names a request in the log.
const ID: &str = "x-request-id";

/// The outermost layer: an id and a span, the security headers, and an answer even if a handler panics.
pub async fn outside(State(server): State<Server>, request: Request, next: Next) -> Response {
    let id = new_id();
    let method = request.method().clone();
    // The pattern, not the path: paths name people.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", |path| path.as_str())
        .to_owned();
    let path = request.uri().path();
    let for_function = path.starts_with("/api/").then(|| path.to_owned());
    let wants_html = for_function.is_none() && accepts_html(request.headers());
    let span = tracing::info_span!("request", id, %method, route);
    let started = Instant::now();

    let handled = AssertUnwindSafe(next.run(request)).catch_unwind();
    let mut response = match tokio::time::timeout(TIMEOUT, handled).instrument(span.clone()).await {
        Ok(Ok(response)) => response,
        // The panic itself is in the log already (see `telemetry`), under this request's id.
        Ok(Err(_)) => Refusal(ErrorCode::Internal).into_response(),
        Err(_) => span.in_scope(|| {
            tracing::warn!("gave up on a request after {} s", TIMEOUT.as_secs());
            Refusal(ErrorCode::Unavailable).into_response()
        }),
    };
    if wants_html && !is_html(&response) && response.status().as_u16() >= 400 {
        response = page_for(&server, &response, &id);
    }
    if let (Some(path), Some(Refusal(code))) = (for_function, response.extensions().get::<Refusal>().copied()) {
        response = for_server_function(response, &path, code);
    }
    let _in_span = span.enter();
    let (status, milliseconds) = (response.status().as_u16(), started.elapsed().as_millis());
    if response.status().is_server_error() {
        tracing::warn!(status, milliseconds, "answered {status}");
    } else {
        tracing::debug!(status, milliseconds, "answered {status}");
    }
    let policy = response.extensions().get().copied().unwrap_or(Policy::Data);
    server.policies().apply(policy, response.headers_mut());
    if let Ok(id) = HeaderValue::try_from(id) {
        response.headers_mut().insert(ID, id);
    }
    response
}

/// The inner layer: where requests are refused before any handler sees them.
pub async fn gate(State(server): State<Server>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !origin::allowed(request.method(), headers, server.origin()) {
        return Refusal(ErrorCode::CrossSite).into_response();
    }
    if content_length(headers).is_some_and(|length| length > protocol::limits::FRAME as u64) {
        return Refusal(ErrorCode::TooLarge).into_response();
    }
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(MatchedPath::as_str)
        .unwrap_or_default();
    let now = Instant::now();
    let limits = server.limits();
    let who = network(address(&request, server.proxies()));
    let probe = matches!(route, "/livez" | "/readyz");
    let call = CALLS.iter().find(|call| call.path == route);
    let allowed = probe
        || (limits.anything.take(who, now)
            && (call.is_none_or(|call| call.limit != Limit::SignIn) || limits.sign_in.take(who, now))
            && (call.is_none() || limits.api.take(session_or(headers, who), now))
            && (route != "/ws" || limits.sockets.take(session_or(headers, who), now)));
    if !allowed {
        return Refusal(ErrorCode::TooMany).into_response();
    }
    next.run(request).await
}

/// The address a request comes from, as far as it can be believed.
fn address(request: &Request, proxies: &[IpAddr]) -> IpAddr {
    let peer = request
        .extensions()
        .get::<Peer>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
    // A line that is not text is not read, and hides the ones before it.
    let lines = request.headers().get_all("x-forwarded-for").iter();
    client_address(peer, lines.map(|line| line.to_str().unwrap_or_default()), proxies)
}

/// What a per-session limit counts by: the cookies as they are. Made-up ones gain nothing, the network's limit stays.
fn session_or(headers: &HeaderMap, who: [u8; 6]) -> (Option<&[u8]>, [u8; 6]) {
    (headers.get(header::COOKIE).map(HeaderValue::as_bytes), who)
}

/// What a person reads in place of an answer for programs. The number is for failures only: nothing else is in the log under it.
fn page_for(server: &Server, response: &Response, id: &str) -> Response {
    let documents = server.documents();
    if response.status().is_server_error() {
        return documents.error_page(response.status(), id);
    }
    let refusal = response.extensions().get::<Refusal>();
    let mut page = match refusal {
        Some(Refusal(code)) if *code != ErrorCode::NotFound => documents.refusal_page(*code),
        _ => documents.nothing_here(response.status(), &HeaderMap::new()),
    };
    if let Some(later) = response.headers().get(header::RETRY_AFTER) {
        page.headers_mut().insert(header::RETRY_AFTER, later.clone());
    }
    page
}

/// A refusal in the form in which the page's half of a server function reads it.
fn for_server_function(mut response: Response, path: &str, code: ErrorCode) -> Response {
    *response.body_mut() = Body::from(AppError(code).ser());
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(protocol::api::MEDIA_TYPE),
    );
    response.headers_mut().remove(header::CONTENT_LENGTH);
    if let Ok(path) = HeaderValue::try_from(path) {
        response.headers_mut().insert(SERVER_FN_ERROR_HEADER, path);
    }
    response
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn accepts_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

fn is_html(response: &Response<Body>) -> bool {
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}
