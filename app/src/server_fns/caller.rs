use axum::http::StatusCode;
use leptos::prelude::use_context;
use protocol::ErrorCode;

use crate::error::AppError;

/// Who asks, as far as the request says. The server reads it from the request and provides it by context.
#[derive(Debug, Clone, Default)]
pub struct Caller {
    /// The session's cookie.
    pub session_token: Option<String>,
    /// The browser's cookie: binds a sign-in's nonce to the browser that asked for it.
    pub browser: Option<[u8; 32]>,
    /// The `User-Agent`, as sent.
    pub agent: String,
    /// The site is served over https: cookies are `__Host-` and `Secure`.
    pub secure: bool,
}

/// The server's one table from code to HTTP status, provided by context.
#[derive(Clone, Copy)]
pub struct StatusOf(pub fn(ErrorCode) -> StatusCode);

/// Gives a refusal its HTTP status.
pub(crate) fn refuse(code: ErrorCode) -> AppError {
    if let (Some(StatusOf(table)), Some(response)) = (use_context(), use_context::<leptos_axum::ResponseOptions>()) {
        response.set_status(table(code));
    }
    AppError(code)
}
