use std::fmt::Display;

use leptos::prelude::use_context;
use protocol::ErrorCode;
use services::{
    Services,
    accounts::{AccountError, BrowserId, Session},
    time::SystemRandomness,
};

use super::cookies;
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

impl Caller {
    /// The browser that asks. It gets its cookie with the answer, one that has it already for as long once more: it must not
    /// run out between a text and its signature.
    pub(crate) fn browser(&self) -> BrowserId {
        let browser = self
            .browser
            .map_or_else(|| BrowserId::draw(&SystemRandomness), BrowserId::from);
        let name = cookies::browser_name(self.secure);
        cookies::answer(name, &browser.to_cookie(), cookies::BROWSER_SECONDS, self.secure);
        browser
    }

    /// Gives the browser the session's cookie.
    pub(crate) fn keep_session(&self, token: &str) {
        cookies::answer(
            cookies::session_name(self.secure),
            token,
            cookies::SESSION_SECONDS,
            self.secure,
        );
    }

    /// Takes the session's cookie away.
    pub(crate) fn drop_session(&self) {
        cookies::answer(cookies::session_name(self.secure), "", 0, self.secure);
    }
}

/// What the server provides to every server function.
pub(crate) fn here() -> Result<(Services, Caller), AppError> {
    use_context()
        .zip(use_context())
        .ok_or_else(|| refuse(ErrorCode::Internal))
}

/// As [`here`], with the session of who asks.
pub(crate) async fn signed_in() -> Result<(Services, Caller, Session), AppError> {
    let (services, caller) = here()?;
    let token = caller
        .session_token
        .as_deref()
        .ok_or_else(|| refuse(ErrorCode::NotSignedIn))?;
    let session = services.accounts.session(token).await.map_err(refused)?;
    Ok((services, caller, session))
}

/// The session of who asks, if it stands.
pub(crate) async fn session(services: &Services, caller: &Caller) -> Result<Option<Session>, AppError> {
    let Some(token) = caller.session_token.as_deref() else {
        return Ok(None);
    };
    match services.accounts.session(token).await {
        Ok(session) => Ok(Some(session)),
        Err(AccountError::NotSignedIn | AccountError::SessionEnded | AccountError::Revoked) => Ok(None),
        Err(error) => Err(refused(error)),
    }
}

/// An area's error as the page gets it, logged if the operator must know. The server sets the HTTP status.
pub(crate) fn refused<E: Display>(error: E) -> AppError
where
    for<'a> ErrorCode: From<&'a E>,
{
    AppError(services::reported("a server function failed", &error))
}

/// The error that carries this code to the page.
pub(crate) const fn refuse(code: ErrorCode) -> AppError {
    AppError(code)
}
