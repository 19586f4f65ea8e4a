//! Who signed a text with a wallet that has a key (EIP-191, "personal sign").

use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
use protocol::Address;
use sha3::{Digest, Keccak256};

/// Why no address follows from a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not 65 bytes. The 64-byte form of EIP-2098 is not accepted, so that a signature has one encoding.
    #[error("a signature of {0} bytes instead of 65")]
    Length(usize),
    /// The recovery byte is none of 0, 1, 27 and 28.
    #[error("the recovery byte {0} is none of 0, 1, 27, 28")]
    RecoveryByte(u8),
    /// `s` is in the upper half of the order (EIP-2, malleable).
    #[error("the signature is not in its low form")]
    HighS,
    /// `r` or `s` is zero or not below the order, or no key makes this signature.
    #[error("the signature fits no key")]
    NoKey,
}

/// The digest a wallet signs for a text: `keccak256("\x19Ethereum Signed Message:\n" ++ length ++ text)` (EIP-191).
pub fn personal_digest(text: &str) -> [u8; 32] {
    let mut hasher = Keccak256::new();
    hasher.update(format!("\x19Ethereum Signed Message:\n{}", text.len()));
    hasher.update(text);
    hasher.finalize().into()
}

/// The address whose key signed `digest`. The signature is `r`, `s` (32 bytes each) and one recovery byte.
///
/// # Errors
/// If the signature is not in its canonical form with a low `s`; never panics.
pub fn recover(digest: &[u8; 32], signature: &[u8]) -> Result<Address, SignatureError> {
    let bytes: &[u8; 65] = signature
        .try_into()
        .map_err(|_| SignatureError::Length(signature.len()))?;
    let odd = match bytes[64] {
        0 | 27 => false,
        1 | 28 => true,
        other => return Err(SignatureError::RecoveryByte(other)),
    };
    let signature = Signature::from_slice(&bytes[..64]).map_err(|_| SignatureError::NoKey)?;
    if signature.normalize_s() != signature {
        return Err(SignatureError::HighS);
    }
    let key = VerifyingKey::recover_from_prehash(digest, &signature, RecoveryId::new(odd, false))
        .map_err(|_| SignatureError::NoKey)?;
    let point = key.to_sec1_point(false);
    let hash = Keccak256::digest(&point.as_bytes()[1..]);
    Ok(Address::from_slice(&hash[12..]))
}
