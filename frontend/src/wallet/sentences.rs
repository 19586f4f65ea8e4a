//! Refusals of a wallet in words: what happened, what it means and what to do next.

use bridge::WalletRefusal;

use super::error::WalletError;

/// What a wallet's refusal means, in words; `network` is the one we asked for.
pub fn wallet_sentence(error: &WalletError, network: &str) -> String {
    match error {
        WalletError::Rejected => "Cancelled in your wallet. Nothing was sent.".to_owned(),
        WalletError::Busy => "Your wallet is already waiting for you. Open it to continue.".to_owned(),
        WalletError::NotAuthorised => "This account is not connected to this site. Connect it.".to_owned(),
        WalletError::UnknownChain => format!("Your wallet does not know {network} yet. Add it there and try again."),
        WalletError::Offline => format!("Your wallet lost its connection to {network}."),
        WalletError::WrongAccount => {
            "Your wallet answered for another account. Nothing was signed in. Choose the account in your wallet and try again."
                .to_owned()
        }
        WalletError::NoWallet => "That wallet does not answer any more. Open or unlock it, then connect again.".to_owned(),
        WalletError::Missing => "Your wallet was not asked, because a part of Jackdaw could not be loaded. Check your connection and \
             try again."
            .to_owned(),
        WalletError::Other(said) => unable(said),
    }
}

/// What a wallet says in words of its own, if it says something.
fn unable(said: &str) -> String {
    match said.trim() {
        "" => "Your wallet could not do that, and does not say why. Look into your wallet before you try again."
            .to_owned(),
        said => format!(
            "Your wallet could not do that. It said: {}.",
            said.trim_end_matches('.')
        ),
    }
}

/// Said where nobody knows whether something was sent.
pub const PERHAPS: &str = "The tip may have been sent all the same. Look into your wallet before you try again.";

/// Why a wallet did not pay, in words; `network` is where it should have. `waits`: it may have been sent all the same.
pub fn refusal_sentence(refusal: &WalletRefusal, network: &str, waits: bool) -> String {
    use WalletRefusal as R;
    let (what, next) = match refusal {
        R::Rejected if !waits => return wallet_sentence(&WalletError::Rejected, network),
        // Whatever it waits with: there it is to be answered.
        R::Busy => return wallet_sentence(&WalletError::Busy, network),
        R::NotAuthorised if !waits => return wallet_sentence(&WalletError::NotAuthorised, network),
        R::Rejected => ("Cancelled in your wallet.".to_owned(), ""),
        R::NotAuthorised => ("This account is not connected to this site.".to_owned(), ""),
        R::Offline => (
            wallet_sentence(&WalletError::Offline, network),
            "Nothing was sent. Try again in a moment.",
        ),
        R::Other(said) if said.trim().is_empty() => (
            "Your wallet could not do that, and does not say why.".to_owned(),
            "Nothing was sent. Open your wallet and try again.",
        ),
        R::Other(said) => (unable(said), "Nothing was sent. Open your wallet and try again."),
        R::NoWallet => (
            "Your wallet is not connected.".to_owned(),
            "Nothing was sent. Connect it and try again.",
        ),
        R::WrongChain => {
            let what = "Your wallet is on another network.".to_owned();
            let next = format!("Nothing was sent. Change it to {network} and try again.");
            return format!("{what} {}", if waits { PERHAPS } else { &next });
        }
        R::WrongAccount => (
            "Your wallet is at another account.".to_owned(),
            "Nothing was sent. Choose this account in your wallet and try again.",
        ),
        R::NotEnough => (
            "There is not enough in your wallet for the tip and its fee.".to_owned(),
            "Nothing was sent.",
        ),
        R::Garbage => (
            "Your wallet's answer makes no sense.".to_owned(),
            "Nothing was sent. Try again, or use another wallet.",
        ),
    };
    format!("{what} {}", if waits { PERHAPS } else { next })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wallets_speak_in_the_words_of_the_product() {
        let said = |error| wallet_sentence(&error, "Sepolia");
        assert_eq!(
            said(WalletError::Rejected),
            "Cancelled in your wallet. Nothing was sent."
        );
        assert_eq!(
            said(WalletError::Busy),
            "Your wallet is already waiting for you. Open it to continue."
        );
        assert_eq!(
            said(WalletError::NotAuthorised),
            "This account is not connected to this site. Connect it."
        );
        assert_eq!(
            said(WalletError::Offline),
            "Your wallet lost its connection to Sepolia."
        );
    }

    #[test]
    fn a_wallet_without_words_is_not_quoted() {
        let said = |words: &str| wallet_sentence(&WalletError::Other(words.to_owned()), "Sepolia");
        assert_eq!(
            said(" "),
            "Your wallet could not do that, and does not say why. Look into your wallet before you try again."
        );
        assert_eq!(said("locked."), "Your wallet could not do that. It said: locked.");
    }

    fn every_refusal() -> [WalletRefusal; 11] {
        use WalletRefusal as R;
        [
            R::NoWallet,
            R::Rejected,
            R::Busy,
            R::NotAuthorised,
            R::WrongChain,
            R::WrongAccount,
            R::Offline,
            R::NotEnough,
            R::Garbage,
            R::Other(String::new()),
            R::Other("locked".to_owned()),
        ]
    }

    #[test]
    fn whoever_pays_reads_the_same_words() {
        let said = |refusal| refusal_sentence(&refusal, "Sepolia", false);
        assert_eq!(
            said(WalletRefusal::Rejected),
            "Cancelled in your wallet. Nothing was sent."
        );
        assert_eq!(
            said(WalletRefusal::NotAuthorised),
            "This account is not connected to this site. Connect it."
        );
        assert_eq!(
            said(WalletRefusal::Offline),
            "Your wallet lost its connection to Sepolia. Nothing was sent. Try again in a moment."
        );
        for refusal in every_refusal() {
            // These two say what to do in the product's own words, and nothing can have been sent.
            let short = matches!(refusal, WalletRefusal::Busy | WalletRefusal::NotAuthorised);
            let said = said(refusal);
            assert!(short || said.contains("Nothing was sent."), "{said}");
            assert!(!said.contains("may have been sent"), "{said}");
        }
    }

    #[test]
    fn where_it_may_have_been_sent_nobody_says_that_it_was_not() {
        let mut seen = std::collections::HashSet::new();
        for refusal in every_refusal() {
            let said = refusal_sentence(&refusal, "Sepolia", true);
            assert!(!said.contains("Nothing was sent"), "{said}");
            assert!(
                refusal == WalletRefusal::Busy || said.ends_with("Look into your wallet before you try again."),
                "{said}"
            );
            assert!(seen.insert(said));
        }
        let said = |refusal| refusal_sentence(&refusal, "Sepolia", true);
        assert_eq!(
            said(WalletRefusal::Busy),
            "Your wallet is already waiting for you. Open it to continue."
        );
        assert_eq!(
            said(WalletRefusal::Offline),
            "Your wallet lost its connection to Sepolia. The tip may have been sent all the same. Look into your wallet before you try again."
        );
    }
}
