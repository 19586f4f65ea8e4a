//! How a network's coin is shown, on public pages and in the page of `/app`.

/// Shown wherever money of a development network is.
pub const TEST_MONEY: &str = "Test money, worth nothing";

/// What stands on the coin.
pub fn glyph(symbol: &str) -> String {
    match symbol {
        "ETH" => "Ξ".to_owned(),
        symbol => symbol.chars().take(5).collect(),
    }
}

/// Whether it is written smaller, to find room on the coin.
pub fn is_long(glyph: &str) -> bool {
    glyph.chars().count() > 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ether_has_a_sign_of_its_own_and_long_symbols_are_cut() {
        assert_eq!(glyph("ETH"), "Ξ");
        assert_eq!(glyph("JACKDAW"), "JACKD");
        assert!(is_long("ROOK") && !is_long("Ξ"));
    }
}
