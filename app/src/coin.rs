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
