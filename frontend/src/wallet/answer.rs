//! What wallets answer, out of their hexadecimal.

use protocol::{Address, TxHash, U256, limits};

/// A quantity (Ethereum JSON-RPC, "Hex encoding") that fits 64 bits.
pub fn quantity(text: &str) -> Option<u64> {
    amount(text).and_then(|amount| u64::try_from(amount).ok())
}

/// A quantity of up to 256 bits.
pub fn amount(text: &str) -> Option<U256> {
    let digits = text.strip_prefix("0x")?;
    let is_number = (1..=64).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_number.then(|| U256::from_str_radix(digits, 16).ok()).flatten()
}

/// Bytes, at most so many.
pub fn bytes(text: &str, most: usize) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x")?;
    (digits.len() <= 2 * most).then(|| hex::decode(digits).ok()).flatten()
}

/// 32 bytes: a hash, or a topic of an event.
pub fn word(text: &str) -> Option<[u8; 32]> {
    bytes(text, 32)?.try_into().ok()
}

/// The hash of a transaction.
pub fn hash(text: &str) -> Option<TxHash> {
    word(text).map(TxHash)
}

/// A signature; of any length that a smart account may need, up to our limit.
pub fn signature(text: &str) -> Option<Vec<u8>> {
    bytes(text, limits::SIGNATURE).filter(|signature| !signature.is_empty())
}

/// An address in any case; checksums are of use to people who type, not to wallets.
pub fn address(text: &str) -> Option<Address> {
    <[u8; 20]>::try_from(bytes(text, 20)?).ok().map(Address::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In decimal digits.
    fn decimal(text: &str) -> Option<String> {
        amount(text).map(|amount| amount.to_string())
    }

    #[test]
    fn amounts_are_exact_to_the_last_wei() {
        assert_eq!(decimal("0x0").as_deref(), Some("0"));
        assert_eq!(decimal("0xde0b6b3a7640000").as_deref(), Some("1000000000000000000"));
        assert_eq!(decimal("0x3b9aca00").as_deref(), Some("1000000000"));
        assert_eq!(decimal("0x3b9ac9ff").as_deref(), Some("999999999"));
        let largest = "115792089237316195423570985008687907853269984665640564039457584007913129639935";
        assert_eq!(decimal(&format!("0x{}", "f".repeat(64))).as_deref(), Some(largest));
    }

    #[test]
    fn what_is_no_amount_is_none() {
        for text in ["", "0x", "12", "0xg", "0x-1", &format!("0x{}", "0".repeat(65))] {
            assert_eq!(decimal(text), None, "{text}");
        }
        assert_eq!(quantity("0x7a69"), Some(31337));
        assert_eq!(quantity("0x0"), Some(0));
        assert_eq!(quantity("0x000000000000000000001"), Some(1));
        assert_eq!(quantity("0xffffffffffffffff"), Some(u64::MAX));
        for text in ["0x1ffffffffffffffff", "0x+1", "0x", "0x1_0", "7a69", "0x 1"] {
            assert_eq!(quantity(text), None, "{text}");
        }
    }

    #[test]
    fn signatures_and_addresses_have_a_shape() {
        assert_eq!(signature("0x0102"), Some(vec![1, 2]));
        for text in [
            "0x",
            "0102",
            "0x1",
            &format!("0x{}", "00".repeat(limits::SIGNATURE + 1)),
        ] {
            assert_eq!(signature(text), None);
        }
        assert_eq!(
            address("0x00000000000000000000000000000000000000Ff"),
            Some(Address::with_last_byte(255))
        );
        assert_eq!(address("0xff"), None);
        assert_eq!(hash(&format!("0x{}", "0A".repeat(32))), Some(TxHash([10; 32])));
        for length in [0, 31, 33] {
            assert_eq!(hash(&format!("0x{}", "0a".repeat(length))), None);
        }
        assert_eq!(bytes("0x", 4), Some(Vec::new()));
        assert_eq!(bytes("0x01020304", 4), Some(vec![1, 2, 3, 4]));
        for text in ["0x0102030405", "0x1", "01", "0xzz"] {
            assert_eq!(bytes(text, 4), None, "{text}");
        }
    }
}
