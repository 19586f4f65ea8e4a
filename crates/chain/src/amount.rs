//! Amounts of coins in words, and words as amounts. Integers of the smallest unit all the way, never floats.
//!
//! The arithmetic is done here, on words of 32 bits: it is a few hundred bytes of wasm, where a general division of 256 bits
//! takes kilobytes.

use protocol::U256;

/// Why a text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Nothing was said.
    #[error("no amount")]
    Empty,
    /// Something else than digits and one point.
    #[error("not a number")]
    NotANumber,
    /// Less than nothing.
    #[error("a negative amount")]
    Negative,
    /// Finer than the coin can be divided.
    #[error("more than {0} decimals")]
    TooManyDecimals(u8),
    /// More than 256 bits can hold.
    #[error("too large")]
    TooLarge,
}

/// A number of 256 bits, the lowest word first.
struct Words([u32; 8]);

impl Words {
    /// Times ten, and this digit behind it. `None`: it does not fit.
    fn push(&mut self, digit: u8) -> Option<()> {
        let mut carry = u64::from(digit);
        for word in &mut self.0 {
            carry += u64::from(*word) * 10;
            *word = low(carry);
            carry >>= 32;
        }
        (carry == 0).then_some(())
    }

    /// Divides by ten and gives the remainder.
    fn pop(&mut self) -> u8 {
        let mut rest = 0;
        for word in self.0.iter_mut().rev() {
            rest = rest << 32 | u64::from(*word);
            *word = low(rest / 10);
            rest %= 10;
        }
        low(rest).to_le_bytes()[0]
    }
}

/// The lower half.
fn low(number: u64) -> u32 {
    u32::try_from(number & 0xffff_ffff).unwrap_or_default()
}

/// `0.01` of a coin with 18 decimals is `10000000000000000`. One point, no sign, no thousands; `.5` and `5.` are numbers, and
/// zeros at the end of the decimals say nothing.
///
/// # Errors
/// In the order in which a person would mend it: nothing, negative, not a number, too many decimals, too large.
pub fn parse(text: &str, decimals: u8) -> Result<U256, AmountError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AmountError::Empty);
    }
    let (unsigned, negative) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    if !digits().all(|byte| byte.is_ascii_digit()) || digits().next().is_none() {
        return Err(AmountError::NotANumber);
    }
    if negative {
        return Err(AmountError::Negative);
    }
    let fraction = fraction.trim_end_matches('0');
    let Some(zeros) = usize::from(decimals).checked_sub(fraction.len()) else {
        return Err(AmountError::TooManyDecimals(decimals));
    };
    let mut words = Words([0; 8]);
    let digits = whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0');
    for digit in digits.chain(std::iter::repeat_n(0, zeros)) {
        words.push(digit).ok_or(AmountError::TooLarge)?;
    }
    let mut bytes = [0; 32];
    for (place, word) in bytes.chunks_exact_mut(4).zip(words.0) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    Ok(U256::from_le_bytes(bytes))
}

/// The whole and the decimals as digits: at least one of the whole, exactly `decimals` behind it.
fn digits(amount: U256, decimals: u8) -> (String, String) {
    let bytes: [u8; 32] = amount.to_le_bytes();
    let mut words = Words([0; 8]);
    for (word, place) in words.0.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = place.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    let mut text = Vec::with_capacity(80);
    while text.len() <= usize::from(decimals) || words.0 != [0; 8] {
        text.push(char::from(b'0' + words.pop()));
    }
    let fraction = text.iter().take(usize::from(decimals)).rev().collect();
    let whole = text.iter().skip(usize::from(decimals)).rev().collect();
    (whole, fraction)
}

/// Exactly, in the fewest characters: [`parse`] gives the same amount back.
pub fn format(amount: U256, decimals: u8) -> String {
    let (mut text, fraction) = digits(amount, decimals);
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// For reading: at most four decimals, cut and never rounded up, so that nobody is shown more than there is; thousands apart by
/// a thin space. What is less than the last place is `under 0.0001`.
pub fn shown(amount: U256, decimals: u8) -> String {
    let (whole, fraction) = digits(amount, decimals);
    let fraction = fraction.get(..4).unwrap_or(&fraction).trim_end_matches('0');
    if whole == "0" && fraction.is_empty() && !amount.is_zero() {
        return "under 0.0001".to_owned();
    }
    let mut text = thousands(&whole);
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// The digits of a whole number, thousands apart by a thin space.
pub fn thousands(whole: &str) -> String {
    let mut text = String::with_capacity(whole.len() * 2 + 5);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}
