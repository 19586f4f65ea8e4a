//! Amounts: what is said is what is meant, to the last unit.
#![allow(clippy::unwrap_used, reason = "tests")]

use chain::amount::{AmountError, format as exact, parse, shown};
use proptest::prelude::*;
use protocol::U256;

#[test]
fn a_hundredth_of_a_coin() {
    let hundredth = U256::from(10_000_000_000_000_000u64);
    for text in ["0.01", ".01", " 0.010 ", "00.01", "0.0100000000000000000000"] {
        assert_eq!(parse(text, 18), Ok(hundredth), "{text:?}");
    }
    assert_eq!(exact(hundredth, 18), "0.01");
    assert_eq!(parse("5.", 18).unwrap(), U256::from(5_000_000_000_000_000_000u64));
    assert_eq!(parse("7", 0).unwrap(), U256::from(7));
    assert_eq!(parse("0", 18).unwrap(), U256::ZERO);
}

#[test]
fn what_is_no_amount_says_why() {
    for (text, why) in [
        ("", AmountError::Empty),
        ("  ", AmountError::Empty),
        (".", AmountError::NotANumber),
        ("-", AmountError::NotANumber),
        ("1,5", AmountError::NotANumber),
        ("1e18", AmountError::NotANumber),
        ("0x10", AmountError::NotANumber),
        ("+1", AmountError::NotANumber),
        ("1.2.3", AmountError::NotANumber),
        ("1 000", AmountError::NotANumber),
        ("٣", AmountError::NotANumber),
        ("-1", AmountError::Negative),
        ("\u{2212}0.5", AmountError::Negative),
        ("0.0000000000000000001", AmountError::TooManyDecimals(18)),
    ] {
        assert_eq!(parse(text, 18), Err(why), "{text:?}");
    }
    assert_eq!(parse("0.5", 0), Err(AmountError::TooManyDecimals(0)));
    let most = U256::MAX.to_string();
    assert_eq!(parse(&most, 0), Ok(U256::MAX));
    assert_eq!(parse(&most, 1), Err(AmountError::TooLarge));
    assert_eq!(parse(&format!("{most}0"), 0), Err(AmountError::TooLarge));
    assert_eq!(parse(&"9".repeat(10_000), 18), Err(AmountError::TooLarge));
}

#[test]
fn what_is_shown_is_cut_never_rounded_up() {
    for (amount, text) in [
        ("0", "0"),
        ("1204000000000000000", "1.204"),
        ("1999999999999999999", "1.9999"),
        ("10000000000000000000000", "10\u{202f}000"),
        ("1234567000000000000000000", "1\u{202f}234\u{202f}567"),
        ("99999999999999", "under 0.0001"),
        ("100000000000000", "0.0001"),
        ("5000000000000000001", "5"),
    ] {
        assert_eq!(shown(amount.parse().unwrap(), 18), text);
    }
    assert_eq!(shown(U256::from(1234), 0), "1\u{202f}234");
    assert_eq!(shown(U256::from(1234), 2), "12.34");
}

fn any_amount() -> impl Strategy<Value = U256> {
    // Small, large and everything between: the number of bits is drawn first.
    (any::<[u8; 32]>(), 0usize..=256).prop_map(|(bytes, bits)| {
        let amount = U256::from_le_bytes(bytes);
        if bits == 0 { U256::ZERO } else { amount >> (256 - bits) }
    })
}

proptest! {
    #[test]
    fn what_is_formatted_is_read_back(amount in any_amount(), decimals in 0u8..=40) {
        let text = exact(amount, decimals);
        prop_assert_eq!(parse(&text, decimals), Ok(amount));
        // The shortest: no zero can be left out.
        prop_assert!(!text.contains('.') || !text.ends_with(['0', '.']));
        prop_assert!(text == "0" || !text.starts_with('0') || text.starts_with("0."));
    }

    #[test]
    fn formatting_agrees_with_whole_numbers(amount in any_amount()) {
        prop_assert_eq!(exact(amount, 0), amount.to_string());
    }

    #[test]
    fn what_is_typed_is_meant(whole in 0u64.., fraction in "[0-9]{0,18}") {
        let amount = parse(&format!("{whole}.{fraction}"), 18).unwrap();
        let unit = U256::from(10).pow(U256::from(18));
        let rest: u64 = format!("{fraction:0<18}").parse().unwrap();
        prop_assert_eq!(amount, U256::from(whole) * unit + U256::from(rest));
    }

    #[test]
    fn nobody_is_shown_more_than_there_is(amount in any_amount()) {
        let text = shown(amount, 18).replace('\u{202f}', "");
        let at_most = parse(text.trim_start_matches("under "), 18).unwrap();
        if text.starts_with("under") { prop_assert!(amount < at_most) } else { prop_assert!(at_most <= amount) }
    }

    #[test]
    fn nothing_that_is_typed_makes_it_fail(text in "\\PC{0,60}", decimals in any::<u8>()) {
        let _ = parse(&text, decimals);
    }
}
