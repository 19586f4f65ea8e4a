//! A wallet and an installation with fixed keys, and the association they make.
#![allow(dead_code, reason = "every test file uses its own part")]

use identity::{Association, SignIn, fingerprint, personal_digest};
use k256::ecdsa::SigningKey;
use protocol::Address;
use sha3::{Digest, Keccak256};

pub const DOMAIN: &str = "jackdaw.example";

pub fn wallet(byte: u8) -> SigningKey {
    SigningKey::from_slice(&[byte; 32]).unwrap()
}

pub fn address(wallet: &SigningKey) -> Address {
    let point = wallet.verifying_key().to_sec1_point(false);
    Address::from_slice(&Keccak256::digest(&point.as_bytes()[1..])[12..])
}

pub fn installation(byte: u8) -> p256::ecdsa::SigningKey {
    p256::ecdsa::SigningKey::from_slice(&[byte; 32]).unwrap()
}

pub fn public_key(installation: &p256::ecdsa::SigningKey) -> Vec<u8> {
    installation.verifying_key().to_sec1_point(false).as_bytes().to_vec()
}

pub fn sign_in() -> SignIn {
    SignIn {
        domain: DOMAIN.into(),
        address: address(&wallet(1)),
        uri: format!("https://{DOMAIN}"),
        chain_id: 31_337,
        nonce: "0123456789abcdefABCDEF".into(),
        issued_at: "2026-11-21T09:00:00Z".into(),
        expiration_time: "2026-11-21T09:05:00Z".into(),
        installation: fingerprint(&public_key(&installation(2))),
    }
}

pub fn sign(wallet: &SigningKey, text: &str) -> Vec<u8> {
    let (signature, id) = wallet.sign_prehash_recoverable(&personal_digest(text));
    let mut bytes = signature.to_bytes().to_vec();
    bytes.push(27 + u8::from(id.is_y_odd()));
    bytes
}

pub fn association() -> Association {
    let text = sign_in().text();
    Association {
        signature: sign(&wallet(1), &text),
        text,
        public_key: public_key(&installation(2)),
    }
}
