//! Server functions over plain HTTP/1.1, one connection each: just enough to sign in.

use std::collections::BTreeMap;

use protocol::{Address, ErrorCode, api};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::NativeError;

/// The largest answer that is read, in bytes.
const ANSWER: u64 = 1024 * 1024;

/// A site, and the cookies it has set.
#[derive(Debug, Clone)]
pub struct Site {
    origin: String,
    domain: String,
    cookies: BTreeMap<String, String>,
}

impl Site {
    /// The site at this origin: `http://host[:port]`.
    ///
    /// # Errors
    /// `BadSite`.
    pub fn new(origin: &str) -> Result<Self, NativeError> {
        let bad = || NativeError::BadSite(origin.to_owned());
        let domain = origin.strip_prefix("http://").ok_or_else(bad)?;
        if domain.is_empty() || domain.contains(['/', '?', '#', '@']) {
            return Err(bad());
        }
        Ok(Self {
            origin: origin.to_owned(),
            domain: domain.to_owned(),
            cookies: BTreeMap::new(),
        })
    }

    /// `http://host[:port]`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// `host[:port]`, as in sign-in texts.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Where to connect to.
    pub(crate) fn authority(&self) -> String {
        let has_port = self
            .domain
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        if has_port {
            self.domain.clone()
        } else {
            format!("{}:80", self.domain)
        }
    }

    /// The `Cookie` header.
    pub fn cookie(&self) -> String {
        let pairs: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    /// Takes a cookie from elsewhere, for instance of a session that was opened by other means.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    /// What the server adds to the sign-in text of this account, for an installation with this public key.
    ///
    /// # Errors
    /// Those of [`Site::call`].
    pub async fn challenge(
        &mut self,
        account: Address,
        chain_id: u64,
        public_key: Vec<u8>,
    ) -> Result<api::Challenge, NativeError> {
        self.call("challenge", &(account, chain_id, public_key)).await
    }

    /// Opens a session with the signed text; its cookie is kept.
    ///
    /// # Errors
    /// Those of [`Site::call`].
    pub async fn sign_in(&mut self, text: &str, signature: &[u8]) -> Result<api::SignedIn, NativeError> {
        self.call("sign_in", &(text, signature)).await
    }

    /// Calls a server function with a tuple of its arguments, as a page of the site would.
    ///
    /// # Errors
    /// `Refused` with the server's reason; `Io`; `Strange`.
    pub async fn call<A: Serialize, R: DeserializeOwned>(
        &mut self,
        name: &str,
        arguments: &A,
    ) -> Result<R, NativeError> {
        let body = postcard::to_stdvec(arguments).map_err(|_| NativeError::Strange("arguments do not encode"))?;
        let (origin, domain, length, cookie) = (&self.origin, &self.domain, body.len(), self.cookie());
        let cookie = if cookie.is_empty() {
            String::new()
        } else {
            format!("cookie: {cookie}\r\n")
        };
        let media_type = api::MEDIA_TYPE;
        let head = format!(
            "POST /api/{name} HTTP/1.1\r\nhost: {domain}\r\nconnection: close\r\norigin: {origin}\r\n\
             sec-fetch-site: same-origin\r\ncontent-type: {media_type}\r\naccept: {media_type}\r\n\
             user-agent: Jackdaw\r\n{cookie}content-length: {length}\r\n\r\n",
        );
        let mut stream = TcpStream::connect(self.authority()).await?;
        stream.write_all(&[head.as_bytes(), &body].concat()).await?;
        let mut bytes = Vec::new();
        stream.take(ANSWER).read_to_end(&mut bytes).await?;
        let answer = Answer::parse(&bytes).ok_or(NativeError::Strange("no HTTP answer"))?;
        for line in answer.set_cookies {
            self.keep(line);
        }
        if answer.status == 200 {
            postcard::from_bytes(answer.body).map_err(|_| NativeError::Strange("the answer does not decode"))
        } else {
            let refusal = postcard::from_bytes(answer.body).map(|api::ApiError(code)| code);
            Err(NativeError::Refused(refusal.unwrap_or(ErrorCode::Unknown(0))))
        }
    }

    fn keep(&mut self, line: &str) {
        let Some((name, rest)) = line.split_once('=') else {
            return;
        };
        let value = rest.split(';').next().unwrap_or_default();
        if value.is_empty() || rest.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.set_cookie(name, value);
        }
    }
}

struct Answer<'a> {
    status: u16,
    set_cookies: Vec<&'a str>,
    body: &'a [u8],
}

impl<'a> Answer<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let mut lines = std::str::from_utf8(&bytes[..end]).ok()?.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<_> = lines.filter_map(|line| line.split_once(':')).collect();
        let named = |name: &str| {
            let name = name.to_owned();
            headers
                .iter()
                .filter(move |(key, _)| key.eq_ignore_ascii_case(&name))
                .map(|(_, value)| value.trim())
        };
        if named("transfer-encoding").next().is_some() {
            return None;
        }
        Some(Self {
            status,
            set_cookies: named("set-cookie").collect(),
            body: &bytes[end + 4..],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Site};

    #[test]
    fn a_site_is_an_origin() {
        let site = Site::new("http://localhost:3000").unwrap();
        assert_eq!(
            (site.domain(), site.authority().as_str()),
            ("localhost:3000", "localhost:3000")
        );
        assert_eq!(Site::new("http://chat.example").unwrap().authority(), "chat.example:80");
        for bad in [
            "",
            "localhost:3000",
            "https://localhost",
            "http://",
            "http://a/b",
            "http://a@b",
        ] {
            assert!(Site::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn cookies_come_and_go() {
        let mut site = Site::new("http://localhost").unwrap();
        let bytes = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/; HttpOnly\r\nset-cookie: b=2\r\n\r\nbody";
        let answer = Answer::parse(bytes).unwrap();
        assert_eq!((answer.status, answer.body), (200, &b"body"[..]));
        for line in answer.set_cookies {
            site.keep(line);
        }
        assert_eq!(site.cookie(), "a=1; b=2");
        site.keep("a=; Max-Age=0");
        assert_eq!(site.cookie(), "b=2");
        assert!(Answer::parse(b"HTTP/1.1 200").is_none());
    }
}
