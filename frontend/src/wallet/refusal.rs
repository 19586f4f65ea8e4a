//! Codes of wallets (EIP-1193, EIP-1474, EIP-3085) as errors of ours.

use bridge::{WalletAnswer, WalletRefusal};

use super::error::WalletError;

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
        // They may repeat what a stranger's contract says.
        _ => WalletError::Other(chain::visible(words, WORDS)),
    }
}

/// What a wallet threw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thrown {
    /// Zero if it gave none.
    pub code: i32,
    /// Its own words; may be empty.
    pub words: String,
    /// What the contract said when it reverted, if the wallet passed it on.
    pub reverted: Option<Vec<u8>>,
}

impl From<Thrown> for WalletError {
    fn from(thrown: Thrown) -> Self {
        refusal(thrown.code, &thrown.words)
    }
}

impl From<Thrown> for WalletRefusal {
    fn from(thrown: Thrown) -> Self {
        // Nodes have a code of their own each for this, but much the same words.
        let words = thrown.words.to_ascii_lowercase();
        if ["insufficient funds", "insufficient balance", "exceeds allowance"]
            .iter()
            .any(|known| words.contains(known))
        {
            return Self::NotEnough;
        }
        refused(WalletError::from(thrown))
    }
}

/// The same for the worker.
pub fn refused(error: WalletError) -> WalletRefusal {
    match error {
        WalletError::Rejected => WalletRefusal::Rejected,
        WalletError::Busy => WalletRefusal::Busy,
        WalletError::NotAuthorised => WalletRefusal::NotAuthorised,
        WalletError::UnknownChain => WalletRefusal::WrongChain,
        WalletError::Offline | WalletError::Missing => WalletRefusal::Offline,
        WalletError::WrongAccount => WalletRefusal::WrongAccount,
        WalletError::NoWallet => WalletRefusal::NoWallet,
        WalletError::Other(words) => WalletRefusal::Other(words),
    }
}

/// What it means that something which was only tried out was refused: it would revert, or nothing is known.
pub fn tried(thrown: Thrown) -> Result<WalletAnswer, WalletRefusal> {
    let says_so = thrown.code == 3 || thrown.words.to_ascii_lowercase().contains("revert");
    match thrown.reverted.clone() {
        Some(reason) => Ok(WalletAnswer::Reverts(reason)),
        None => match WalletRefusal::from(thrown) {
            WalletRefusal::Other(_) if says_so => Ok(WalletAnswer::Reverts(Vec::new())),
            refusal => Err(refusal),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thrown(code: i32, words: &str, reverted: Option<&[u8]>) -> Thrown {
        Thrown {
            code,
            words: words.to_owned(),
            reverted: reverted.map(<[u8]>::to_vec),
        }
    }

    #[test]
    fn what_was_tried_out_reverts_or_is_refused() {
        let reverts = |reason: &[u8]| Ok(WalletAnswer::Reverts(reason.to_vec()));
        assert_eq!(
            tried(thrown(3, "execution reverted", Some(&[1, 2, 3, 4]))),
            reverts(&[1, 2, 3, 4])
        );
        assert_eq!(tried(thrown(-32603, "Internal error", Some(&[9]))), reverts(&[9]));
        assert_eq!(tried(thrown(-32000, "execution reverted", None)), reverts(&[]));
        assert_eq!(
            tried(thrown(-32000, "Insufficient funds for gas * price + value", None)),
            Err(WalletRefusal::NotEnough)
        );
        assert_eq!(
            tried(thrown(-32000, "gas required exceeds allowance (0)", None)),
            Err(WalletRefusal::NotEnough)
        );
        assert_eq!(tried(thrown(4900, "", None)), Err(WalletRefusal::Offline));
        assert_eq!(
            tried(thrown(-32601, "no such method", None)),
            Err(WalletRefusal::Other("no such method".to_owned()))
        );
    }

    #[test]
    fn the_worker_hears_the_same_words() {
        assert_eq!(WalletRefusal::from(thrown(4001, "no", None)), WalletRefusal::Rejected);
        assert_eq!(WalletRefusal::from(thrown(4902, "", None)), WalletRefusal::WrongChain);
        assert_eq!(
            WalletRefusal::from(thrown(-32000, "insufficient funds", None)),
            WalletRefusal::NotEnough
        );
    }

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
        let WalletError::Other(words) = refusal(-32603, &format!("no\n\u{202e}nonsense {}", "a".repeat(500))) else {
            panic!("another error")
        };
        assert!(words.starts_with("nononsense aaa"));
        assert_eq!(words.chars().count(), WORDS);
    }
}
