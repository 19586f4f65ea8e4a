//! The proof that a socket belongs to an installation: a cookie alone proves none.

use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};

/// What an installation signs (ECDSA P-256 with SHA-256) to open a socket. The prefix keeps it apart from everything MLS
/// signs with the same key (RFC 9420 labels begin with a length byte and "MLS 1.0 "); the domain keeps one site's
/// server from using its challenge at another.
pub fn challenge_bytes(domain: &str, nonce: &[u8; 32]) -> Vec<u8> {
    [b"jackdaw/connect/1\0", domain.as_bytes(), b"\0", nonce].concat()
}

/// Whether `signature` (DER) is the key's (65 bytes, SEC1 uncompressed) over this challenge.
pub fn verify_challenge(public_key: &[u8], domain: &str, nonce: &[u8; 32], signature_der: &[u8]) -> bool {
    let (65, Ok(key)) = (public_key.len(), VerifyingKey::from_sec1_bytes(public_key)) else {
        return false;
    };
    Signature::from_der(signature_der)
        .is_ok_and(|signature| key.verify(&challenge_bytes(domain, nonce), &signature).is_ok())
}
