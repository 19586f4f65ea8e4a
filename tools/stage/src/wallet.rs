//! Wallets that sign.

use identity::{Origin, SignIn, personal_digest};
use k256::ecdsa::SigningKey;
use protocol::{Address, InstallationId};
use sha3::{Digest, Keccak256};

pub const DOMAIN: &str = "chat.example";

/// Where the pages of this world stand.
pub fn origin() -> Origin {
    Origin::parse(&format!("https://{DOMAIN}")).unwrap()
}

#[derive(Clone)]
pub struct Wallet {
    key: SigningKey,
    /// The account for which code signs, by this key's leave.
    contract: Option<Address>,
}

impl Wallet {
    /// The same for the same name.
    pub fn of(name: &str) -> Self {
        let seed = name
            .bytes()
            .fold(7u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
        Self::new(seed.max(1))
    }

    pub fn new(seed: u8) -> Self {
        Self {
            key: SigningKey::from_slice(&[seed; 32]).unwrap(),
            contract: None,
        }
    }

    /// Signs as the owner, or a pretended owner, of a smart account.
    pub fn of_contract(self, address: Address) -> Self {
        Self {
            contract: Some(address),
            ..self
        }
    }

    pub fn address(&self) -> Address {
        self.contract.unwrap_or_else(|| self.key_address())
    }

    pub fn key_address(&self) -> Address {
        let point = self.key.verifying_key().to_sec1_point(false);
        let digest = Keccak256::digest(&point.as_bytes()[1..]);
        Address::from_slice(&digest[12..])
    }

    /// The signed sign-in text for this installation.
    pub fn vouch(&self, installation: InstallationId) -> (String, Vec<u8>) {
        self.vouch_as(self.address(), installation, DOMAIN)
    }

    pub fn vouch_as(&self, address: Address, installation: InstallationId, domain: &str) -> (String, Vec<u8>) {
        let text = SignIn {
            domain: domain.into(),
            address,
            uri: format!("https://{domain}"),
            chain_id: 31337,
            nonce: "0123456789abcdef".into(),
            issued_at: "2026-11-21T12:00:00Z".into(),
            expiration_time: "2026-11-21T12:05:00Z".into(),
            installation,
        }
        .text();
        self.sign(&text)
    }

    /// The text and its signature.
    pub fn sign(&self, text: &str) -> (String, Vec<u8>) {
        let (signature, recovery) = self.key.sign_prehash_recoverable(&personal_digest(text));
        let mut bytes = signature.to_bytes().to_vec();
        bytes.push(27 + recovery.to_byte());
        (text.to_owned(), bytes)
    }
}
