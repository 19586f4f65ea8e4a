//! Amounts of coins as they are shown. [`chain::amount`] defines what an amount is and its digits; this module adds the formats
//! that only the page needs.

use chain::amount::thousands;
pub use chain::amount::{AmountError, format, shown};
use protocol::U256;

/// Every native coin served here has so many places behind the point: wallets know no others (EIP-3085).
pub const DECIMALS: u8 = 18;

/// The amount somebody has typed, in the smallest unit. A comma is a point: some keyboards for numbers have no other.
pub fn typed(text: &str) -> Result<U256, AmountError> {
    chain::amount::parse(&text.replace(',', "."), DECIMALS)
}

/// The number in a row of decimal digits.
fn digits(text: &str) -> Option<U256> {
    chain::amount::parse(text, 0).ok()
}

/// Formats an amount with all its decimals, no trailing zeros, and thin spaces between thousands.
pub fn exact(amount: U256) -> String {
    placed(amount, 0)
}

/// The same with at least so many places.
pub fn placed(amount: U256, places: usize) -> String {
    let text = format(amount, DECIMALS);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let mut text = thousands(whole);
    if !fraction.is_empty() || places > 0 {
        text.push('.');
        text.push_str(fraction);
        text.extend(std::iter::repeat_n('0', places.saturating_sub(fraction.len())));
    }
    text
}

/// An estimate: its first two digits, rounded up, so that nobody is told less than it takes.
pub fn about(amount: U256) -> U256 {
    let text = format(amount, 0);
    let Some((head, rest)) = text.split_at_checked(2) else {
        return amount;
    };
    let up = u32::from(rest.bytes().any(|digit| digit != b'0'));
    let head = head.parse::<u32>().unwrap_or_default() + up;
    digits(&format!("{head}{:0>width$}", "", width = rest.len())).unwrap_or(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wei(text: &str) -> U256 {
        typed(text).unwrap()
    }

    #[test]
    fn a_comma_is_a_point_and_digits_are_a_number() {
        assert_eq!(wei(" 0,05 "), wei(".05"));
        assert_eq!(digits("50000000000000000"), Some(wei("0.05")));
        assert_eq!(digits("0x5"), None);
        assert!(typed("1,000.5").is_err());
    }

    #[test]
    fn amounts_are_shown_to_the_last_place() {
        for text in ["0.05", "1.204", "0.000000000000000001", "7"] {
            assert_eq!(exact(wei(text)), text);
        }
        assert_eq!(exact(U256::ZERO), "0");
        assert_eq!(exact(wei("1234567.5")), "1\u{202f}234\u{202f}567.5");
        assert_eq!(placed(wei("0.01"), 3), "0.010");
        assert_eq!(placed(wei("1"), 2), "1.00");
    }

    #[test]
    fn estimates_have_two_digits_and_are_never_too_low() {
        assert_eq!(exact(about(wei("0.00021301"))), "0.00022");
        assert_eq!(about(wei("0.002")), wei("0.002"));
        assert_eq!(about(wei("0.0999")), wei("0.1"));
        assert_eq!(about(U256::from(7)), U256::from(7));
        assert_eq!(about(U256::MAX), U256::MAX, "twelve and so many zeros do not fit");
    }
}
