use std::{collections::BTreeMap, fmt::Write, net::SocketAddr};

use protocol::{
    ErrorCode,
    api::{self, ApiError},
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The bytes of the body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's first value, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value)
    }

    /// Why a server function refused.
    pub fn refusal(&self) -> ErrorCode {
        let ApiError(code) = postcard::from_bytes(&self.body).expect("a refusal decodes");
        code
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// One request on a connection of its own, with exactly these headers (and `Host`, `Content-Length`, `Connection`).
pub async fn request(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let host = format!("localhost:{}", address.port());
    request_to(address, &host, method, path, headers, body).await
}

/// As [`request`], to a host of this name.
pub async fn request_to(
    address: SocketAddr,
    host: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    if !body.is_empty() || method != "GET" {
        write!(text, "content-length: {}\r\n", body.len()).unwrap();
    }
    for (name, value) in headers {
        write!(text, "{name}: {value}\r\n").unwrap();
    }
    text.push_str("\r\n");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    // A server that refuses by the headers alone may close before it has read the body.
    let _ = stream.write_all(body).await;
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    parse(&bytes)
}

/// A POST whose length is not told: the body comes in pieces.
pub async fn request_chunked(address: SocketAddr, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let host = format!("localhost:{}", address.port());
    let mut text =
        format!("POST {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ntransfer-encoding: chunked\r\n");
    for (name, value) in headers {
        write!(text, "{name}: {value}\r\n").unwrap();
    }
    text.push_str("\r\n");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    for piece in body.chunks(8 * 1024) {
        let size = format!("{:x}\r\n", piece.len());
        for bytes in [size.as_bytes(), piece, b"\r\n"] {
            // A server that has read enough may close.
            let _ = stream.write_all(bytes).await;
        }
    }
    let _ = stream.write_all(b"0\r\n\r\n").await;
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> Answer {
    let end = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .expect("an answer has headers");
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    Answer {
        status,
        headers,
        body: bytes[end + 4..].to_vec(),
    }
}

/// Somebody's browser: keeps cookies, and calls server functions from a page of the site.
#[derive(Debug, Clone)]
pub struct Visitor {
    address: SocketAddr,
    origin: String,
    cookies: BTreeMap<String, String>,
    /// `X-Forwarded-For`, for a server that believes us.
    pub from: Option<String>,
    /// Every `Set-Cookie` that came, as it came.
    pub set_cookies: Vec<String>,
}

impl Visitor {
    pub(crate) fn new(address: SocketAddr, origin: String) -> Self {
        Self {
            address,
            origin,
            cookies: BTreeMap::new(),
            from: None,
            set_cookies: Vec::new(),
        }
    }

    /// The site's origin.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `Cookie`, as it would be sent.
    pub fn cookie(&self) -> String {
        self.cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Answer {
        let cookie = self.cookie();
        let mut headers = vec![("accept", "text/html"), ("sec-fetch-site", "none")];
        if !cookie.is_empty() {
            headers.push(("cookie", &cookie));
        }
        let answer = request(self.address, "GET", path, &headers, &[]).await;
        self.keep(&answer);
        answer
    }

    /// Calls a server function with these arguments (a tuple of them).
    ///
    /// # Errors
    /// Why the server refused.
    pub async fn call<A: Serialize, R: DeserializeOwned>(&mut self, name: &str, arguments: &A) -> Result<R, ErrorCode> {
        let body = postcard::to_stdvec(arguments).unwrap();
        let cookie = self.cookie();
        let mut headers = vec![
            ("origin", self.origin.as_str()),
            ("sec-fetch-site", "same-origin"),
            ("content-type", api::MEDIA_TYPE),
            ("accept", api::MEDIA_TYPE),
            (
                "user-agent",
                "Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0 Safari/537.36",
            ),
        ];
        if !cookie.is_empty() {
            headers.push(("cookie", &cookie));
        }
        if let Some(from) = &self.from {
            headers.push(("x-forwarded-for", from));
        }
        let answer = request(self.address, "POST", &format!("/api/{name}"), &headers, &body).await;
        self.keep(&answer);
        if answer.status == 200 {
            Ok(postcard::from_bytes(&answer.body).expect("an answer of a server function decodes"))
        } else {
            Err(answer.refusal())
        }
    }

    fn keep(&mut self, answer: &Answer) {
        for (_, line) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            self.set_cookies.push(line.clone());
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if line.contains("Max-Age=0") || value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// Takes a cookie from elsewhere.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }
}
