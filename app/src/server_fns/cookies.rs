//! The two cookies: the session's, and the one that binds a sign-in to the browser that asked for it.
//!
//! Over https both are `__Host-` and `Secure`; plain http (localhost) has no such thing, there the names are plain.

use axum::http::{HeaderMap, HeaderValue, header};

/// How long a session's cookie is kept, in seconds: the session row decides, this is only the upper bound.
pub const SESSION_SECONDS: u32 = 30 * 24 * 60 * 60;
/// How long the browser's cookie is kept, in seconds: longer than a nonce lives.
pub const BROWSER_SECONDS: u32 = 60 * 60;

/// The name of the session's cookie.
pub const fn session_name(secure: bool) -> &'static str {
    if secure { "__Host-jackdaw" } else { "jackdaw" }
}

/// The name of the browser's cookie.
pub const fn browser_name(secure: bool) -> &'static str {
    if secure {
        "__Host-jackdaw-browser"
    } else {
        "jackdaw-browser"
    }
}

/// A `Set-Cookie` for `seconds` from now; 0 takes the cookie away. `None` if `value` cannot stand in a header.
pub fn set(name: &str, value: &str, seconds: u32, secure: bool) -> Option<HeaderValue> {
    let secure = if secure { "; Secure" } else { "" };
    HeaderValue::from_str(&format!(
        "{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
    ))
    .ok()
}

/// The value of a cookie of the request. Two cookies of one name are no cookie: one of them was slipped in.
pub fn get<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// Adds a `Set-Cookie` to the answer of the server function that runs.
pub(crate) fn answer(name: &str, value: &str, seconds: u32, secure: bool) {
    let response = leptos::prelude::use_context::<leptos_axum::ResponseOptions>();
    if let (Some(response), Some(cookie)) = (response, set(name, value, seconds, secure)) {
        response.append_header(header::SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_over_https_is_bound_to_the_host() {
        let cookie = set(session_name(true), "t", 60, true).unwrap();
        assert_eq!(
            cookie,
            "__Host-jackdaw=t; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure"
        );
        assert_eq!(
            set(session_name(false), "", 0, false).unwrap(),
            "jackdaw=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"
        );
        assert!(set("a", "b\nc", 1, true).is_none());
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name_and_only_once() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("jackdaw-browser=b; jackdaw=s; x"),
        );
        assert_eq!(get(&headers, "jackdaw"), Some("s"));
        assert_eq!(get(&headers, "jackdaw-browser"), Some("b"));
        assert_eq!(get(&headers, "daw"), None);
        headers.append(header::COOKIE, HeaderValue::from_static("jackdaw=other"));
        assert_eq!(get(&headers, "jackdaw"), None);
    }
}
