//! Security headers of every response: scripts, framing, caching.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use sha2::{Digest, Sha256};

/// What a response is to the content security policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// A public page: styles, pictures, and one known script for the theme.
    Public,
    /// The shell under `/app`: also the page's start script, its wasm, the worker and the socket.
    Shell,
    /// A script: a worker takes its policy from its own response and compiles wasm.
    Script,
    /// Everything else: data, which runs nothing and shows nothing.
    Data,
}

/// The texts of the policies, made once.
#[derive(Debug, Clone)]
pub struct Policies {
    public: HeaderValue,
    shell: HeaderValue,
    script: HeaderValue,
    data: HeaderValue,
    https: bool,
}

/// Every capability a page could ask for, switched off, except writing to the clipboard (copying an address).
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), \
    clipboard-read=(), clipboard-write=(self), display-capture=(), encrypted-media=(), fullscreen=(), gamepad=(), \
    geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), idle-detection=(), local-fonts=(), magnetometer=(), \
    microphone=(), midi=(), otp-credentials=(), payment=(), picture-in-picture=(), publickey-credentials-create=(), \
    publickey-credentials-get=(), screen-wake-lock=(), serial=(), storage-access=(), usb=(), \
    window-management=(), xr-spatial-tracking=()";

/// The one policy of Trusted Types: the page's script makes the address of its worker, and no other (`xtask/src/build/assets.rs`).
const WORKER: &str = "jackdaw-worker";

impl Policies {
    /// For pages whose inline scripts are exactly these.
    ///
    /// # Panics
    /// Never: what goes into a policy is ASCII.
    pub fn new(public_scripts: &[&str], shell_scripts: &[&str], https: bool, dev: bool) -> Self {
        // No text becomes HTML, a script or a script's address, except what a policy of a name that stands here has made (ADR 12).
        let common = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; \
             require-trusted-types-for 'script'; trusted-types";
        let public = hashes(public_scripts);
        let shell = hashes(shell_scripts);
        // Development pages load one more script, and it listens for the new build.
        let (dev_script, dev_connect) = if dev {
            (" 'self'", " connect-src 'self';")
        } else {
            ("", "")
        };
        let value = |text: String| HeaderValue::try_from(text).expect("policies are visible ASCII");
        Self {
            public: value(format!(
                "default-src 'none';{dev_connect} font-src 'self'; img-src 'self' data:; manifest-src 'self'; \
                 style-src 'self'; script-src{dev_script}{public}; {common} 'none'"
            )),
            shell: value(format!(
                "default-src 'none'; connect-src 'self'; font-src 'self'; img-src 'self' data:; manifest-src 'self'; \
                 style-src 'self'; script-src 'self' 'wasm-unsafe-eval'{shell}; worker-src 'self'; {common} {WORKER}"
            )),
            script: value(format!(
                "default-src 'none'; connect-src 'self'; script-src 'self' 'wasm-unsafe-eval'; {common} 'none'"
            )),
            data: value(format!("default-src 'none'; {common} 'none'")),
            https,
        }
    }

    /// Puts the headers on a response. What a handler has said about caching stays; the default is to keep nothing.
    pub fn apply(&self, policy: Policy, headers: &mut HeaderMap) {
        let mut set = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
        set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
        set(header::REFERRER_POLICY, "no-referrer");
        set(header::X_FRAME_OPTIONS, "DENY");
        set(HeaderName::from_static("permissions-policy"), PERMISSIONS);
        set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
        set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
        if self.https {
            set(header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains");
        }
        let text = match policy {
            Policy::Public => &self.public,
            Policy::Shell => &self.shell,
            Policy::Script => &self.script,
            Policy::Data => &self.data,
        };
        headers.insert(header::CONTENT_SECURITY_POLICY, text.clone());
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
    }
}

/// The scripts' hashes as source expressions (<https://www.w3.org/TR/CSP3/#grammardef-hash-source>), each with a space
/// before; `'none'` for no script at all.
fn hashes(scripts: &[&str]) -> String {
    if scripts.is_empty() {
        return " 'none'".to_owned();
    }
    let hash = |script: &&str| base64(&Sha256::digest(script.as_bytes()));
    scripts
        .iter()
        .map(hash)
        .fold(String::new(), |list, hash| list + " 'sha256-" + &hash + "'")
}

/// Base64 with padding (RFC 4648, section 4); the only place that needs it.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            if place <= chunk.len() {
                text.push(char::from(DIGITS[(group >> (18 - 6 * place) & 63) as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_the_one_of_the_rfc() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn no_policy_allows_inline_code_or_eval() {
        let policies = Policies::new(&["theme()"], &["theme()", "start()"], true, false);
        for policy in [Policy::Public, Policy::Shell, Policy::Script, Policy::Data] {
            let mut headers = HeaderMap::new();
            policies.apply(policy, &mut headers);
            let text = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(text.starts_with("default-src 'none'"), "{text}");
            assert!(text.contains("frame-ancestors 'none'"), "{text}");
            let made = if policy == Policy::Shell { WORKER } else { "'none'" };
            let types = format!("require-trusted-types-for 'script'; trusted-types {made}");
            assert!(text.ends_with(&types), "{text}");
            assert!(
                !text.contains("unsafe-inline") && !text.contains("'unsafe-eval'"),
                "{text}"
            );
            assert_eq!(headers[header::CACHE_CONTROL], "no-store");
            assert!(headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
        }
    }

    #[test]
    fn plain_http_says_nothing_of_https() {
        let mut headers = HeaderMap::new();
        Policies::new(&[], &[], false, false).apply(Policy::Data, &mut headers);
        assert!(!headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
    }
}
