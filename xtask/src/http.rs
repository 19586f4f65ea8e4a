//! The little HTTP we speak to our own programs on this machine.

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

/// An answer.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body, still in its content encoding, out of its chunks.
    pub body: Vec<u8>,
}

/// GETs a path from 127.0.0.1.
pub fn get(port: u16, path: &str, headers: &[(&str, &str)]) -> Result<Answer> {
    exchange(port, "GET", path, headers, b"")
}

/// Calls a JSON-RPC method on 127.0.0.1.
pub fn rpc(port: u16, method: &str, params: &Value) -> Result<Value> {
    let body = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
    let answer = exchange(
        port,
        "POST",
        "/",
        &[("Content-Type", "application/json")],
        body.as_bytes(),
    )?;
    let mut value: Value = serde_json::from_slice(&answer.body)?;
    if let Some(error) = value.get("error") {
        bail!("{method}: {error}");
    }
    Ok(value["result"].take())
}

fn exchange(port: u16, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(2))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n");
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    if method == "POST" {
        request += &format!("Content-Length: {}\r\n", body.len());
    }
    request += "\r\n";
    stream.write_all(request.as_bytes())?;
    stream.write_all(body)?;
    let mut all = Vec::new();
    stream.read_to_end(&mut all)?;
    parse(&all)
}

fn parse(all: &[u8]) -> Result<Answer> {
    let end = all
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .context("the answer has no end of its head")?;
    let head = String::from_utf8_lossy(&all[..end]).into_owned();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .context("the answer has no status")?;
    let rest = &all[end + 4..];
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    Ok(Answer {
        status,
        body: if chunked { unchunk(rest)? } else { rest.to_vec() },
    })
}

fn unchunk(mut rest: &[u8]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest
            .windows(2)
            .position(|two| two == b"\r\n")
            .context("a chunk has no length")?;
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..line])?.trim(), 16)?;
        if length == 0 {
            return Ok(body);
        }
        body.extend_from_slice(rest.get(line + 2..line + 2 + length).context("a chunk is cut short")?);
        rest = rest.get(line + 4 + length..).context("a chunk is cut short")?;
    }
}

/// Is nobody listening there? Asks for both loopbacks, since browsers try both for `localhost`.
pub fn free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// The wanted port, or one of the next hundred.
pub fn free_port(wanted: u16) -> Result<u16> {
    (wanted..wanted.saturating_add(100))
        .find(|port| free(*port))
        .with_context(|| {
            format!(
                "the ports {wanted} to {} are all taken: name another one",
                wanted.saturating_add(99)
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_in_chunks_is_put_together() {
        let answer =
            parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (200, b"abcde".as_slice()));
    }

    #[test]
    fn an_answer_that_is_cut_short_is_refused() {
        assert!(parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab").is_err());
    }
}
