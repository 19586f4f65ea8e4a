//! Amounts of coins in words. Integers of the smallest unit until they are shown; never floats.

/// `1.204` for `1204000000000000000` and 18 decimals: at most four places, cut, not rounded up, so that nobody is shown more than they
/// have. What is less than the last place is `under 0.0001`.
pub fn shown(smallest: &str, decimals: usize) -> String {
    let digits = smallest.trim_start_matches('0');
    if digits.is_empty() {
        return "0".to_owned();
    }
    let padded = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, fraction) = padded.split_at(padded.len() - decimals);
    let fraction = fraction[..fraction.len().min(4)].trim_end_matches('0');
    match (whole, fraction) {
        ("0", "") => "under 0.0001".to_owned(),
        (whole, "") => grouped(whole),
        (whole, fraction) => format!("{}.{fraction}", grouped(whole)),
    }
}

/// Thousands apart by a thin space.
fn grouped(whole: &str) -> String {
    let mut text = String::with_capacity(whole.len() + 2 * (whole.len() / 3));
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn amounts_are_cut_never_rounded_up() {
        assert_eq!(shown("0", 18), "0");
        assert_eq!(shown("", 18), "0");
        assert_eq!(shown("1204000000000000000", 18), "1.204");
        assert_eq!(shown("1999999999999999999", 18), "1.9999");
        assert_eq!(shown("10000000000000000000000", 18), "10\u{202f}000");
        assert_eq!(shown("99999999999999", 18), "under 0.0001");
        assert_eq!(shown("100000000000000", 18), "0.0001");
    }
}
