//! Server functions: the road for pages and accounts.

use app::{
    error::AppError,
    server_fns::{self, CALLS, Caller},
};
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use protocol::{ErrorCode, limits};
use server_fn::error::{FromServerFnError, SERVER_FN_ERROR_HEADER};

use crate::{error, error::Refusal, state::Server};

/// Makes every server function of the list known to `server_fn`, whatever the linker thinks of it.
pub fn register() {
    for call in CALLS {
        (call.register)();
    }
}

/// `POST /api/...`
pub async fn call(State(server): State<Server>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, limits::FRAME).await else {
        return Refusal(ErrorCode::TooLarge).into_response();
    };
    let media_type = parts.headers.get(header::CONTENT_TYPE);
    if !protocol::api::is_spoken(media_type.and_then(|value| value.to_str().ok())) {
        return Refusal(ErrorCode::UnknownVersion).into_response();
    }
    let caller = caller(&parts.headers, server.secure());
    // With these two a server function would answer a form with a redirection to wherever `Referer` says.
    parts.headers.remove(header::ACCEPT);
    parts.headers.remove(header::REFERER);
    let services = server.services().clone();
    let context = move || {
        leptos::prelude::provide_context(services.clone());
        leptos::prelude::provide_context(caller.clone());
    };
    let request = Request::from_parts(parts, Body::from(body));
    let mut response = leptos_axum::handle_server_fns_with_context(context, request)
        .await
        .into_response();
    let media_type = HeaderValue::from_static(protocol::api::MEDIA_TYPE);
    response.headers_mut().insert(header::CONTENT_TYPE, media_type);
    if response.headers().contains_key(SERVER_FN_ERROR_HEADER) {
        with_status(response).await
    } else {
        response
    }
}

/// Gives a refusal its status, whether the function made it or its arguments did not decode.
async fn with_status(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, limits::FRAME).await.unwrap_or_default();
    let AppError(code) = AppError::de(body.clone());
    parts.status = error::status(code);
    Response::from_parts(parts, Body::from(body))
}

/// Who asks, as far as the request says.
pub fn caller(headers: &HeaderMap, secure: bool) -> Caller {
    use server_fns::cookies;
    let browser = cookies::get(headers, cookies::browser_name(secure)).and_then(|value| {
        let mut bytes = [0; 32];
        hex::decode_to_slice(value, &mut bytes).ok().map(|()| bytes)
    });
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    Caller {
        session_token: cookies::get(headers, cookies::session_name(secure)).map(str::to_owned),
        browser,
        agent: agent.chars().take(300).collect(),
        secure,
    }
}
