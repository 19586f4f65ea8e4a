//! Somebody with a wallet and one browser, both made from the seed.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use k256::ecdsa::SigningKey;
use p256::ecdsa::{Signature, signature::Signer};
use protocol::{Address, InstallationId, api};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::random::Random;

/// How long a request may take.
const SOON: Duration = Duration::from_secs(10);

/// Where the servers are, and what they call themselves.
#[derive(Debug, Clone)]
pub struct Place {
    /// Local ports, one a server.
    pub ports: Vec<u16>,
    /// As browsers write it.
    pub origin: String,
    /// As installations sign it.
    pub domain: String,
}

/// One account in one browser.
#[derive(Debug, Clone)]
pub struct Person {
    /// The number under which it speaks.
    pub number: u16,
    wallet: SigningKey,
    key: p256::ecdsa::SigningKey,
    cookies: Vec<(String, String)>,
}

impl Person {
    /// The one of this number.
    pub fn new(seed: u64, number: u16) -> Result<Self> {
        let mut random = Random::new(seed).fork(0x9e50 + u64::from(number));
        // Both curves take nearly every 32 bytes; the first ones cleared, they take all.
        let mut secret = || {
            let mut bytes: [u8; 32] = random.bytes();
            bytes[0] = 1;
            bytes
        };
        Ok(Self {
            number,
            wallet: SigningKey::from_slice(&secret()).context("a wallet's key")?,
            key: p256::ecdsa::SigningKey::from_slice(&secret()).context("an installation's key")?,
            cookies: Vec::new(),
        })
    }

    fn public_key(&self) -> Vec<u8> {
        self.key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
    }

    /// The installation's id.
    pub fn id(&self) -> InstallationId {
        identity::fingerprint(&self.public_key())
    }

    /// `Cookie`, as a browser sends it.
    pub fn cookie(&self) -> String {
        let pairs = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    /// `X-Forwarded-For`: each from a network of its own, as far as limits are concerned.
    pub fn from(&self) -> String {
        let [high, low] = self.number.to_be_bytes();
        format!("10.{high}.{low}.1")
    }

    /// The installation's signature over a socket's challenge.
    pub fn sign_challenge(&self, domain: &str, nonce: &[u8; 32]) -> Vec<u8> {
        let signature: Signature = self.key.sign(&identity::challenge_bytes(domain, nonce));
        signature.to_der().as_bytes().to_vec()
    }

    /// Challenge, wallet, session: over real HTTP, at the first server.
    pub async fn sign_in(&mut self, place: &Place) -> Result<()> {
        let point = self.wallet.verifying_key().to_sec1_point(false);
        let account = Address::from_raw_public_key(&point.as_bytes()[1..]);
        let challenge: api::Challenge = self
            .call(place, "challenge", &(account, 1u64, self.public_key()))
            .await?;
        let (signature, recovery) = self
            .wallet
            .sign_prehash_recoverable(&identity::personal_digest(&challenge.text));
        let mut bytes = signature.to_bytes().to_vec();
        bytes.push(27 + u8::from(recovery.is_y_odd()));
        let _: api::SignedIn = self.call(place, "sign_in", &(challenge.text, bytes)).await?;
        Ok(())
    }

    async fn call<A: Serialize, R: DeserializeOwned>(&mut self, place: &Place, name: &str, arguments: &A) -> Result<R> {
        let body = postcard::to_stdvec(arguments)?;
        let head = format!(
            "POST /api/{name} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\norigin: {}\r\nsec-fetch-site: same-origin\r\n\
             content-type: application/x-postcard\r\naccept: application/x-postcard\r\nuser-agent: drill\r\n\
             x-forwarded-for: {}\r\ncookie: {}\r\ncontent-length: {}\r\n\r\n",
            place.domain,
            place.origin,
            self.from(),
            self.cookie(),
            body.len()
        );
        let answer = timeout(SOON, exchange(place.ports[0], head.as_bytes(), &body))
            .await
            .context("no answer in time")??;
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.context("the answer has no headers")?;
        let head = std::str::from_utf8(&answer[..end])?;
        if !head.starts_with("HTTP/1.1 200") {
            bail!("{name}: {}", head.lines().next().unwrap_or_default());
        }
        for line in head.lines() {
            let Some((header, value)) = line.split_once(':') else {
                continue;
            };
            if header.eq_ignore_ascii_case("set-cookie") {
                self.keep(value.trim());
            }
        }
        postcard::from_bytes(&answer[end + 4..]).context("the answer does not decode")
    }

    fn keep(&mut self, line: &str) {
        let pair = line.split(';').next().unwrap_or_default();
        if let Some((name, value)) = pair.split_once('=') {
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() && !line.contains("Max-Age=0") {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }
}

async fn exchange(port: u16, head: &[u8], body: &[u8]) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.write_all(head).await?;
    stream.write_all(body).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}

/// Is a server there that takes requests?
pub async fn ready(port: u16) -> bool {
    let head = format!("GET /readyz HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n\r\n");
    let answer = timeout(SOON, exchange(port, head.as_bytes(), &[])).await;
    matches!(answer, Ok(Ok(bytes)) if bytes.starts_with(b"HTTP/1.1 ") && !bytes.starts_with(b"HTTP/1.1 503") )
}
