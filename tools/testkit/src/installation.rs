use identity::{Association, Origin, Revocation, Revoker, Statement};
use k256::ecdsa::SigningKey;
use p256::ecdsa::{Signature, signature::Signer};
use protocol::{Address, AssociationHash, ErrorCode, InstallationId, UnixMillis, api};

use crate::{Socket, TestServer, Visitor};

/// Somebody with a wallet, in a browser with an installation key. No secrets worth the name: both come from one byte.
#[derive(Debug, Clone)]
pub struct Installation {
    wallet: SigningKey,
    key: p256::ecdsa::SigningKey,
    /// The browser, with its cookies.
    pub browser: Visitor,
    origin: String,
    domain: String,
    chain_id: u64,
    association: Option<AssociationHash>,
}

impl Installation {
    /// A person of this wallet, in a browser of this key.
    pub fn new(server: &TestServer, wallet: u8, key: u8) -> Self {
        Self {
            wallet: SigningKey::from_slice(&[wallet; 32]).unwrap(),
            key: p256::ecdsa::SigningKey::from_slice(&[key; 32]).unwrap(),
            browser: server.visitor(),
            origin: server.origin(),
            domain: server.domain(),
            chain_id: server.chain_id(),
            association: None,
        }
    }

    /// One of many: the person of this number, somewhere else on the net than the others.
    pub fn one_of_many(server: &TestServer, number: u16) -> Self {
        let [high, low] = number.to_be_bytes();
        let mut secret = [0x5e; 32];
        secret[30..].copy_from_slice(&[high, low]);
        let mut browser = server.visitor();
        browser.from = Some(format!("10.{high}.{low}.1"));
        Self {
            wallet: SigningKey::from_slice(&secret).unwrap(),
            key: p256::ecdsa::SigningKey::from_slice(&secret).unwrap(),
            browser,
            origin: server.origin(),
            domain: server.domain(),
            chain_id: server.chain_id(),
            association: None,
        }
    }

    /// Alice, signed in.
    pub async fn alice(server: &TestServer) -> Self {
        Self::new(server, 0xa1, 0xa1).signed_in().await
    }

    /// Bob, signed in.
    pub async fn bob(server: &TestServer) -> Self {
        Self::new(server, 0xb0, 0xb0).signed_in().await
    }

    async fn signed_in(mut self) -> Self {
        self.sign_in().await.expect("signing in works");
        self
    }

    /// The account of this installation.
    pub fn account(&self) -> Address {
        address(&self.wallet)
    }

    /// The public key, 65 bytes (SEC1, uncompressed).
    pub fn public_key(&self) -> Vec<u8> {
        self.key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
    }

    /// The installation's id.
    pub fn id(&self) -> InstallationId {
        identity::fingerprint(&self.public_key())
    }

    /// The wallet's signature over a text (EIP-191).
    pub fn sign_text(&self, text: &str) -> Vec<u8> {
        sign(&self.wallet, text)
    }

    /// The installation's signature over a socket's challenge.
    pub fn sign_challenge(&self, nonce: &[u8; 32]) -> Vec<u8> {
        let signature: Signature = self.key.sign(&identity::challenge_bytes(&self.domain, nonce));
        signature.to_der().as_bytes().to_vec()
    }

    /// Challenge, wallet, session: over real HTTP.
    ///
    /// # Errors
    /// Why the server refused.
    pub async fn sign_in(&mut self) -> Result<api::Me, ErrorCode> {
        let arguments = (self.account(), self.chain_id, self.public_key());
        let challenge: api::Challenge = self.browser.call("challenge", &arguments).await?;
        let origin = Origin::parse(&self.origin).expect("a server's origin is one");
        let statement = Statement::sign_in(&origin, self.account(), self.id(), self.chain_id, &challenge);
        let text = statement.expect("the challenge is one").text();
        let signature = self.sign_text(&text);
        let signed_in: api::SignedIn = self.browser.call("sign_in", &(text, signature)).await?;
        let association = Association {
            text: signed_in.text,
            signature: signed_in.signature,
            public_key: self.public_key(),
        };
        self.association = Some(association.hash());
        Ok(signed_in.me)
    }

    /// What revokes another installation of the account, or this one, by this one's word. Behind a sign-in.
    pub fn revocation_of(&self, installation: InstallationId) -> Vec<u8> {
        let mut revocation = Revocation {
            account: self.account(),
            installation,
            at: UnixMillis(0),
            revoker: Revoker::Installation(self.association.expect("it has signed in")),
            signature: Vec::new(),
        };
        let signature: Signature = self.key.sign(&revocation.to_sign(&self.domain));
        revocation.signature = signature.to_der().as_bytes().to_vec();
        revocation.to_bytes()
    }

    /// Signs out.
    ///
    /// # Errors
    /// Why the server refused.
    pub async fn sign_out(&mut self) -> Result<(), ErrorCode> {
        self.browser.call("sign_out", &()).await
    }

    /// The same, at a machine that takes hardly anything before it is read.
    pub async fn connect_with_a_small_buffer(&self) -> Socket {
        let mut socket = Socket::open_with_a_small_buffer(&self.browser).await;
        socket.hello(self).await;
        socket
    }

    /// Opens a socket at another server of the site ([`TestServer::beside`]), with the cookies of this browser.
    pub async fn open_at(&self, server: &TestServer) -> Socket {
        let (origin, cookie) = (server.origin(), self.browser.cookie());
        let headers = [("origin", origin.as_str()), ("cookie", cookie.as_str())];
        let socket = Socket::open_with(&server.visitor(), &headers).await;
        socket.expect("the upgrade works")
    }

    /// The same, and proves whose it is.
    pub async fn connect_at(&self, server: &TestServer) -> Socket {
        let mut socket = self.open_at(server).await;
        socket.hello(self).await;
        socket
    }

    /// Opens a socket and proves whose it is.
    pub async fn connect(&self) -> Socket {
        let mut socket = Socket::open(&self.browser).await;
        socket.hello(self).await;
        socket
    }
}

/// The account of a wallet.
pub(crate) fn address(wallet: &SigningKey) -> Address {
    let point = wallet.verifying_key().to_sec1_point(false);
    Address::from_raw_public_key(&point.as_bytes()[1..])
}

/// A wallet's signature over a text (EIP-191).
pub(crate) fn sign(wallet: &SigningKey, text: &str) -> Vec<u8> {
    let (signature, recovery) = wallet.sign_prehash_recoverable(&identity::personal_digest(text));
    let mut bytes = signature.to_bytes().to_vec();
    bytes.push(27 + u8::from(recovery.is_y_odd()));
    bytes
}
