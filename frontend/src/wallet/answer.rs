//! What wallets answer, out of their hexadecimal.

use protocol::{Address, limits};

/// A quantity (Ethereum JSON-RPC, "Hex encoding") that fits 64 bits.
pub fn quantity(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

/// A quantity of up to 256 bits, as decimal digits.
pub fn decimal(text: &str) -> Option<String> {
    let digits = text.strip_prefix("0x")?;
    if digits.is_empty() || digits.len() > 64 {
        return None;
    }
    // Nine decimal digits to a limb, least first: number = number * 16 + digit.
    let mut limbs = vec![0_u32];
    for digit in digits.chars() {
        let mut carry = u64::from(digit.to_digit(16)?);
        for limb in &mut limbs {
            let value = u64::from(*limb) * 16 + carry;
            *limb = u32::try_from(value % 1_000_000_000).ok()?;
            carry = value / 1_000_000_000;
        }
        if carry > 0 {
            limbs.push(u32::try_from(carry).ok()?);
        }
    }
    let (first, rest) = limbs.split_last()?;
    let mut decimal = first.to_string();
    for limb in rest.iter().rev() {
        let digits = limb.to_string();
        decimal.extend(std::iter::repeat_n('0', 9 - digits.len()));
        decimal.push_str(&digits);
    }
    Some(decimal)
}

/// A signature; of any length that a smart account may need, up to our limit.
pub fn signature(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x")?;
    if digits.is_empty() || digits.len() > 2 * limits::SIGNATURE {
        return None;
    }
    hex::decode(digits).ok()
}

/// An address in any case; checksums are of use to people who type, not to wallets.
pub fn address(text: &str) -> Option<Address> {
    let bytes = hex::decode(text.strip_prefix("0x")?).ok()?;
    (bytes.len() == 20).then(|| Address::from_slice(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(quantity("0x1ffffffffffffffff"), None);
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
    }
}
