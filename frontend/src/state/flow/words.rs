//! What keeps somebody from getting in, in words: what happened, what it means, what next.

use app::{error::sentence, place::short};
use bridge::{ChallengeRefusal, Trouble};
use leptos::prelude::untrack;

use super::machine::Problem;
use crate::{state::State, wallet::wallet_sentence};

/// Why the last step did not work.
pub(super) fn problem(state: State, problem: &Problem) -> String {
    match problem {
        Problem::Server(code) => sentence(*code).to_owned(),
        Problem::Wallet(error, chain_id) => {
            let chain_id = chain_id.or_else(|| state.wallet()?.chain_id().get_untracked());
            let network = chain_id.and_then(|chain_id| untrack(|| state.network_of(chain_id)));
            let name = network.as_ref().map_or("its network", |network| &network.name);
            wallet_sentence(error, name)
        }
        Problem::Challenge(why) => challenge(*why).to_owned(),
        Problem::NotOurs => NOT_OURS.to_owned(),
        Problem::NoRoom => NO_ROOM.to_owned(),
        Problem::NewKey => NEW_KEY.to_owned(),
        Problem::Switched(account) => format!(
            "Your wallet changed to {}. It has conversations of its own. What you typed is kept.",
            short(*account)
        ),
        Problem::NotDeleted => NOT_DELETED.to_owned(),
    }
}

const NOT_OURS: &str = "The server's answer does not fit your account and this browser's key. Nothing was kept. Sign in again; if it happens again, tell whoever runs this server.";
const NO_ROOM: &str =
    "This browser's storage is full, so your signature could not be kept. Free some space, then sign in again.";
const NEW_KEY: &str =
    "You are signed in, but this browser has a new key. Sign in once more, so that your wallet vouches for it.";
const NOT_DELETED: &str = "It could not be deleted. Close the other tabs of Jackdaw and try again, or clear this site's data in the browser's settings.";

/// Why the wallet was not asked to sign.
const fn challenge(why: ChallengeRefusal) -> &'static str {
    match why {
        ChallengeRefusal::Clock => {
            "This device's clock and the server's are more than five minutes apart, so your wallet was not asked. Set this device's date, time and time zone, then sign in again. If they are right, tell whoever runs this server."
        }
        ChallengeRefusal::Malformed => {
            "The server asked for a signature that this page does not allow. Your wallet was not asked, and nothing was signed. Reload the page; if it happens again, do not sign in here, and tell whoever runs this server."
        }
    }
}
/// What keeps the worker from working, in words: what happened, what it means, what next.
pub fn trouble_sentence(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::NoVault => {
            "This browser offers no storage for keys here, as in a private window. Open Jackdaw in an ordinary window."
        }
        Trouble::VaultFull => {
            "This browser's storage is full. Nothing is lost: what you just wrote is back in the text box, and what others write waits at the server. Free some space."
        }
        Trouble::VaultDamaged => {
            "A part of this browser's history cannot be read. What can be read is shown. New messages are kept as usual."
        }
        Trouble::VaultNewer => "Another tab runs a newer Jackdaw. Reload this page to go on here.",
        Trouble::OtherTab => "Jackdaw was updated in another tab. Reload this one.",
        Trouble::WrongAssociation => "The signature does not fit this browser's key. Nothing was kept. Sign in again.",
        Trouble::Refused(code) => sentence(code),
        Trouble::Internal => "Something went wrong in this page. Nothing you sent is lost. Reload the page.",
        Trouble::Unreadable => {
            "Something in a conversation could not be read: it was changed or left out on its way. What you see may not be all. Ask the other side."
        }
        Trouble::Withheld => {
            "The server does not say who vouches for a new browser in a conversation. What was written there since then waits until it does. Ask whoever runs this server."
        }
        Trouble::Copied => {
            "Something was sent with this browser's keys that it does not know: its data was put back from a copy, or is used twice. New messages get new keys; what the copy sent is not shown here. If that was not you, remove this browser in the settings."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_wallet_was_not_asked_it_is_said_and_what_next() {
        for why in [ChallengeRefusal::Clock, ChallengeRefusal::Malformed] {
            let said = challenge(why);
            assert!(said.contains("wallet was not asked") && said.ends_with('.'), "{said}");
            assert!(said.contains("sign in"), "{said}");
        }
        assert!(challenge(ChallengeRefusal::Clock).contains("clock"));
    }

    #[test]
    fn whatever_went_wrong_it_is_said_what_is_kept_and_what_to_do() {
        assert!(NO_ROOM.contains("could not be kept") && !NO_ROOM.contains("text box"));
        for said in [NOT_OURS, NO_ROOM, NEW_KEY] {
            assert!(said.to_lowercase().contains("sign in"), "{said}");
        }
        assert!(NOT_DELETED.starts_with("It could not be deleted."));
    }
}
