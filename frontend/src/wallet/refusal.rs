//! Codes of wallets (EIP-1193, EIP-1474, EIP-3085) as errors of ours.

use app::state::WalletError;

/// So many characters of a wallet's own words are shown.
const WORDS: usize = 200;

/// The error for a code and the wallet's words.
pub fn refusal(code: i32, words: &str) -> WalletError {
    match code {
        4001 => WalletError::Rejected,
        4100 => WalletError::NotAuthorised,
        4900 | 4901 => WalletError::Offline,
        4902 => WalletError::UnknownChain,
        -32002 => WalletError::Busy,
        _ => WalletError::Other(words.chars().filter(|c| !c.is_control()).take(WORDS).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_table_has_its_own_error() {
        assert_eq!(refusal(4001, "User rejected"), WalletError::Rejected);
        assert_eq!(refusal(-32002, ""), WalletError::Busy);
        assert_eq!(refusal(4100, ""), WalletError::NotAuthorised);
        assert_eq!(refusal(4902, ""), WalletError::UnknownChain);
        assert_eq!(refusal(4900, ""), WalletError::Offline);
        assert_eq!(refusal(4901, ""), WalletError::Offline);
    }

    #[test]
    fn other_words_are_short_and_on_one_line() {
        let WalletError::Other(words) = refusal(-32603, &format!("no\nnonsense {}", "a".repeat(500))) else {
            panic!("another error")
        };
        assert!(words.starts_with("nononsense aaa"));
        assert_eq!(words.chars().count(), WORDS);
    }
}
