//! Refusals in words: the one table from a code to what happened, what it means and what to do next.

use protocol::ErrorCode;
use serde::{Deserialize, Serialize};
use server_fn::{codec::PostcardEncoding, error::FromServerFnError, error::ServerFnErrorErr};

/// Why a server function refused, or could not be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{0}")]
pub struct AppError(pub ErrorCode);

impl From<ErrorCode> for AppError {
    fn from(code: ErrorCode) -> Self {
        Self(code)
    }
}

impl FromServerFnError for AppError {
    type Encoder = PostcardEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Self(match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                ErrorCode::Malformed
            }
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => ErrorCode::Unavailable,
            _ => ErrorCode::Internal,
        })
    }
}

/// The sentence people read for a code: what happened, what it means, what to do next.
pub fn sentence(code: ErrorCode) -> &'static str {
    use ErrorCode as E;
    match code {
        E::UnknownVersion => "This page and the server are of different versions. Reload the page.",
        E::UnknownKind => "The server cannot do that yet: this page is newer. Nothing was changed. Try again later.",
        E::Malformed => "The server could not read that. Nothing was changed. Reload the page and try again.",
        E::TooLarge => "That is too long to send. Nothing was sent. Make it shorter.",
        E::TooMany => "That was a lot at once. Nothing is lost. Wait a minute and try again.",
        E::NotSignedIn => "You are not signed in here. Sign in to go on.",
        E::SessionEnded => "This session was ended. What you wrote is still here. Sign in again to go on.",
        E::NotYourInstallation => "This session belongs to another browser key. Sign in again to vouch for this one.",
        E::CrossSite => "The request came from another site and was refused. Open Jackdaw itself and try again.",
        E::NonceSpent => "This sign-in was already used or belongs to another browser. Press Sign in again.",
        E::Expired => "The sign-in took longer than five minutes, or a clock is wrong. Press Sign in again.",
        E::WrongText => "Your wallet signed another text than the one we asked for. Press Sign in again.",
        E::WrongSignature => {
            "The signature is not by this account. Choose the account in your wallet and sign in again."
        }
        E::WrongChain => "Your wallet is on a network that is not served here. Change the network and try again.",
        E::CannotVerify => {
            "This wallet can only be checked on its network, which does not answer now. Nothing was changed. Try again in a moment."
        }
        E::NoNode => {
            "This signature is not by the account's own key, and this server cannot check smart accounts of this network. Choose the account that you connected and sign in again, or ask whoever runs this server."
        }
        E::OtherNetwork => {
            "This smart account is known here on another network. Change to that network and sign in there."
        }
        E::KeyAccount => {
            "This account is known here by its own key. Have your wallet sign with that key and try again."
        }
        E::NotAMember => "This browser is no longer part of the conversation. Nothing was sent. Ask to be added again.",
        E::StaleEpoch => "The conversation moved on meanwhile. Nothing is lost; it is sealed again and sent.",
        E::NoSuchTopic => "The server does not know this conversation. Nothing was sent. Start it again.",
        E::NoSuchInstallation => "The other side's browser is gone. Nothing was sent. Try again in a moment.",
        E::CursorAhead => {
            "The server was put back from a backup, and what it has was read again. Here nothing is lost; what was written last may not have reached everybody. If an answer is missing, write once more."
        }
        E::BadName => {
            "That name does not work: it is too long, cannot be seen, or looks like an address. Nothing was changed. Use up to 40 plain characters."
        }
        E::NotFound => "There is nothing here any more. Reload to see what there is.",
        E::NotOnThisNetwork => "Test ETH is only given out on a development chain. Change the network first.",
        E::ChainDown => "The development chain does not answer. Nothing was sent. Try again in a moment.",
        E::TooSlow => "The connection did not keep up and is opened again. Nothing is lost.",
        E::Restarting => "The server restarts. Nothing is lost; we connect again by ourselves.",
        E::Superseded => {
            "Jackdaw was opened in another tab with this account. Close one of them, or reload to go on here."
        }
        E::Unavailable => "The server cannot be reached right now. Nothing is lost. Try again in a moment.",
        E::Internal => {
            "Something went wrong on the server. Nothing you did is lost. Try again; if it stays, tell who runs this server."
        }
        E::Revoked => {
            "This browser was removed from your account. Nothing comes here any more. Delete what is here and sign in again for a new key."
        }
        E::EnoughCoins => {
            "This account has enough test ETH, so nothing was sent. There is more when it has less than 1."
        }
        E::Unknown(_) => "The server refused for a reason this page does not know yet. Reload the page.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_sentence_of_its_own_that_says_what_next() {
        let mut seen = std::collections::HashSet::new();
        for code in ErrorCode::ALL.iter().copied().chain([ErrorCode::Unknown(999)]) {
            let text = sentence(code);
            assert!(seen.insert(text), "{code}: said twice");
            assert!(text.ends_with('.') && text.len() > 40, "{code}: {text}");
            assert!(
                !text.contains("Oops") && !text.contains(code.word().split_once('_').map_or("\0", |_| code.word()))
            );
        }
    }

    #[test]
    fn a_refusal_survives_the_wire() {
        for code in ErrorCode::ALL.iter().copied() {
            assert_eq!(AppError::de(AppError(code).ser()), AppError(code));
        }
    }
}
