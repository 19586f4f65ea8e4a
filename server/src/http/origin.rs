//! The origin rule: only pages of this origin may cause a change.
//!
//! Leptos' server functions check nothing themselves, and a cookie with `SameSite` still travels from a sister domain.
//! So one rule stands in front of every route: what is not GET or HEAD names its origin, and it is ours.

use axum::http::{HeaderMap, HeaderValue, Method, header};

/// Fetch metadata (<https://www.w3.org/TR/fetch-metadata/>): where a request comes from, in the browser's words.
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// The request may go on.
pub fn allowed(method: &Method, headers: &HeaderMap, origin: &str) -> bool {
    method == Method::GET || method == Method::HEAD || same_origin(headers, origin)
}

/// The request says, in every way it can, that it comes from our own origin. Absent `Origin` is a refusal; absent fetch
/// metadata (older browsers, tools) is not.
pub fn same_origin(headers: &HeaderMap, origin: &str) -> bool {
    let is = |value: &HeaderValue, expected: &str| value.as_bytes() == expected.as_bytes();
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let ours = matches!((origins.next(), origins.next()), (Some(value), None) if is(value, origin));
    ours && headers
        .get_all(SEC_FETCH_SITE)
        .iter()
        .all(|value| is(value, "same-origin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://chat.example";

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn only_our_own_pages_change_things() {
        let allowed = |pairs: &[_]| allowed(&Method::POST, &headers(pairs), ORIGIN);
        assert!(allowed(&[("origin", ORIGIN), ("sec-fetch-site", "same-origin")]));
        assert!(allowed(&[("origin", ORIGIN)]));
        for wrong in [
            &[][..],
            &[("sec-fetch-site", "same-origin")],
            &[("origin", "null"), ("sec-fetch-site", "same-origin")],
            &[("origin", "https://evil.example")],
            &[
                ("origin", "https://sister.chat.example"),
                ("sec-fetch-site", "same-site"),
            ],
            &[("origin", "http://chat.example")],
            &[("origin", "https://chat.example:8443")],
            &[("origin", ORIGIN), ("sec-fetch-site", "cross-site")],
            &[("origin", ORIGIN), ("sec-fetch-site", "same-site")],
            &[("origin", ORIGIN), ("sec-fetch-site", "none")],
            &[("origin", ORIGIN), ("origin", "https://evil.example")],
            &[
                ("origin", ORIGIN),
                ("sec-fetch-site", "same-origin"),
                ("sec-fetch-site", "cross-site"),
            ],
        ] {
            assert!(!allowed(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn reading_is_free() {
        assert!(allowed(
            &Method::GET,
            &headers(&[("sec-fetch-site", "cross-site")]),
            ORIGIN
        ));
    }
}
