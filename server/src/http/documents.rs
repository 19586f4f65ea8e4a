//! Pages that are the same for everybody, rendered and compressed once, and the few that are not.

use std::io::Write;

use app::{error::sentence, public::Assets};
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use protocol::{Address, ErrorCode, api::Site};
use sha2::{Digest, Sha256};

use super::security::{Policies, Policy};
use crate::error;

/// The largest window brotli has without extensions (RFC 7932).
const WINDOW: u32 = 22;
/// For what is compressed once.
const BEST: u32 = 11;
/// For what is compressed for every request.
const QUICK: u32 = 5;

/// A rendered document.
#[derive(Debug, Clone)]
struct Document {
    html: Bytes,
    brotli: Bytes,
    tag: HeaderValue,
    policy: Policy,
}

/// All documents of the site.
#[derive(Debug)]
pub struct Documents {
    assets: Assets,
    site: Site,
    dev: bool,
    landing: Document,
    shell: Document,
    not_found: Document,
}

impl Documents {
    /// Renders what is the same for everybody. `dev` puts the reloading script into every document.
    pub fn new(assets: Assets, site: Site, dev: bool) -> Self {
        let site = Site { me: None, ..site };
        let page = |html: String, policy| Document::new(&with_dev(html, dev), policy);
        Self {
            landing: page(app::public::landing_html(&assets, &site), Policy::Public),
            shell: page(app::public::shell(&assets), Policy::Shell),
            not_found: page(app::public::not_found_html(&assets), Policy::Public),
            assets,
            site,
            dev,
        }
    }

    /// The policies under which these documents run: exactly the scripts that stand in them.
    pub fn policies(&self, https: bool) -> Policies {
        let landing = String::from_utf8_lossy(&self.landing.html);
        let shell = String::from_utf8_lossy(&self.shell.html);
        let not_found = String::from_utf8_lossy(&self.not_found.html);
        let mut public = inline_scripts(&landing);
        public.extend(
            inline_scripts(&not_found)
                .into_iter()
                .filter(|script| !inline_scripts(&landing).contains(script)),
        );
        if !public.contains(&app::public::THEME_SCRIPT) {
            public.push(app::public::THEME_SCRIPT);
        }
        Policies::new(&public, &inline_scripts(&shell), https, self.dev)
    }

    /// `/`
    pub fn landing(&self, headers: &HeaderMap) -> Response {
        self.landing.answer(StatusCode::OK, headers)
    }

    /// `/app` and everything below: the same bytes for every path and everybody.
    pub fn shell(&self, headers: &HeaderMap) -> Response {
        self.shell.answer(StatusCode::OK, headers)
    }

    /// `/invite/{address}`
    pub fn invite(&self, from: Address, headers: &HeaderMap) -> Response {
        let html = with_dev(app::public::invite_html(&self.assets, &self.site, from), self.dev);
        once(html, headers)
    }

    /// Any path that names nothing.
    pub fn not_found(&self, headers: &HeaderMap) -> Response {
        self.nothing_here(StatusCode::NOT_FOUND, headers)
    }

    /// The same words for what is no page, whatever it is otherwise.
    pub fn nothing_here(&self, status: StatusCode, headers: &HeaderMap) -> Response {
        self.not_found.answer(status, headers)
    }

    /// What was asked is not done, and why.
    pub fn refusal_page(&self, code: ErrorCode) -> Response {
        let html = with_dev(app::public::refusal_html(&self.assets, sentence(code)), self.dev);
        let mut response = once(html, &HeaderMap::new());
        *response.status_mut() = error::status(code);
        response
    }

    /// Something went wrong; the log has it under `incident`.
    pub fn error_page(&self, status: StatusCode, incident: &str) -> Response {
        let html = with_dev(app::public::error_html(&self.assets, incident), self.dev);
        let mut response = once(html, &HeaderMap::new());
        *response.status_mut() = status;
        response
    }
}

impl Document {
    fn new(html: &str, policy: Policy) -> Self {
        let digest = Sha256::digest(html.as_bytes());
        let tag = HeaderValue::try_from(format!("\"{}\"", hex::encode(&digest[..16]))).expect("hexadecimal in quotes");
        let brotli = compress(html.as_bytes(), BEST).into();
        Self {
            html: Bytes::copy_from_slice(html.as_bytes()),
            brotli,
            tag,
            policy,
        }
    }

    fn answer(&self, status: StatusCode, headers: &HeaderMap) -> Response {
        let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        let unchanged = status == StatusCode::OK
            && known.is_some_and(|tags| {
                tags.split(',')
                    .any(|tag| tag.trim().trim_start_matches("W/").as_bytes() == self.tag.as_bytes())
            });
        let mut response = if unchanged {
            StatusCode::NOT_MODIFIED.into_response()
        } else if takes_brotli(headers) {
            document(status, self.brotli.clone(), true)
        } else {
            document(status, self.html.clone(), false)
        };
        let cache = if status == StatusCode::OK {
            "no-cache"
        } else {
            "no-store"
        };
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        if status == StatusCode::OK {
            response.headers_mut().insert(header::ETAG, self.tag.clone());
        }
        response
            .headers_mut()
            .insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        response.extensions_mut().insert(self.policy);
        response
    }
}

/// A public document made for one request.
fn once(html: String, headers: &HeaderMap) -> Response {
    let mut response = if takes_brotli(headers) {
        document(StatusCode::OK, compress(html.as_bytes(), QUICK).into(), true)
    } else {
        document(StatusCode::OK, html.into(), false)
    };
    response
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    response.extensions_mut().insert(Policy::Public);
    response
}

fn document(status: StatusCode, body: Bytes, brotli: bool) -> Response {
    let kind: (HeaderName, &'static str) = (header::CONTENT_TYPE, "text/html; charset=utf-8");
    let mut response = (status, [kind], Body::from(body)).into_response();
    if brotli {
        response
            .headers_mut()
            .insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    response
}

fn compress(bytes: &[u8], quality: u32) -> Vec<u8> {
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 4096, quality, WINDOW);
    writer.write_all(bytes).expect("a vector takes every byte");
    writer.into_inner()
}

/// `Accept-Encoding` names brotli and does not forbid it (RFC 9110, section 12.5.3).
fn takes_brotli(headers: &HeaderMap) -> bool {
    let entries = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok());
    entries.flat_map(|list| list.split(',')).any(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("br"));
        named && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

fn with_dev(html: String, dev: bool) -> String {
    if dev {
        html.replacen("</head>", "<script src=\"/dev/reload.js\" defer></script></head>", 1)
    } else {
        html
    }
}

/// The texts of the scripts that stand in a document. Only for documents without anything a person wrote.
fn inline_scripts(html: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find("<script") {
        rest = &rest[start..];
        let (Some(open), Some(close)) = (rest.find('>'), rest.find("</script>")) else {
            break;
        };
        let (tag, text) = (&rest[..open], &rest[open + 1..close.max(open + 1)]);
        if !tag.contains(" src=") && !found.contains(&text) {
            found.push(text);
        }
        rest = &rest[close + "</script>".len()..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scripts_of_a_document_are_found() {
        let html = "<script>a()</script><script type=\"module\">b()</script><script src=\"/c.js\" defer></script>";
        assert_eq!(inline_scripts(html), ["a()", "b()"]);
        assert!(inline_scripts("<p>no script</p>").is_empty());
    }

    #[test]
    fn brotli_is_taken_when_it_is_offered() {
        let takes = |text: &'static str| {
            takes_brotli(
                &[(header::ACCEPT_ENCODING, HeaderValue::from_static(text))]
                    .into_iter()
                    .collect(),
            )
        };
        assert!(takes("gzip, deflate, br, zstd"));
        assert!(takes("br;q=1.0"));
        assert!(!takes("gzip, br;q=0"));
        assert!(!takes("gzip"));
    }
}
