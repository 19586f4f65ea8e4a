//! The road from an empty page to the conversations, and back. Every step is started by a press or by an event; nothing here waits
//! for more than one thing.

use std::time::Duration;

use app::{
    error::sentence,
    place::{Place, short},
    server_fns,
};
use bridge::{Command, Consent, ConversationId, Trouble};
use leptos::{prelude::*, task::spawn_local};
use protocol::{Address, ErrorCode, api::Me};

use super::{Stage, State, WalletError, drafts};
use crate::{browser, signal::effect, wallet::wallet_sentence};

mod leave;
mod names;
#[cfg(test)]
mod tests;

pub(super) use leave::forgotten;
pub use leave::{revoked, session_lost, sign_out};
pub use names::want_names;

/// Begins, once, in the browser.
pub fn start(state: State) {
    state.place.set(Place::parse(&browser::path()));
    if !browser::is_secure() {
        state.stage.set(Stage::Insecure);
        return;
    }
    window_event_listener(leptos::ev::online, move |_| state.send(Command::Online(true)));
    window_event_listener(leptos::ev::offline, move |_| state.send(Command::Online(false)));
    window_event_listener(leptos::ev::focus, move |_| seen(state));
    if let Some(wallet) = state.wallet() {
        let account = wallet.account();
        let mut before = None;
        effect(move || {
            // A wallet that is locked has none for a while; the one it has afterwards is followed from the one before.
            let Some(now) = account.get() else { return };
            if before.replace(now).is_some_and(|before| before != now) {
                account_switched(state, now);
            }
        });
    }
    load(state, 1);
}

fn load(state: State, attempt: u32) {
    spawn_local(async move {
        let site = match server_fns::site().await {
            Ok(site) => site,
            Err(error) => {
                state.problem.set(Some(sentence(error.0).to_owned()));
                state.stage.set(Stage::Unreachable);
                let pause = Duration::from_secs(u64::from(attempt.min(15)));
                set_timeout(move || load(state, attempt + 1), pause);
                return;
            }
        };
        let me = site.me.clone();
        state.problem.set(None);
        state.site.set(Some(site));
        let known = match state.wallet() {
            Some(wallet) if me.is_none() => wallet.reconnect().await,
            Some(wallet) => {
                // Not needed to read and write, only for the balance: it must not hold anybody up.
                spawn_local(async move {
                    wallet.reconnect().await;
                });
                None
            }
            None => None,
        };
        match me.map(|me| me.address).or(known) {
            Some(account) => open(state, account),
            None => state.stage.set(Stage::Welcome),
        }
    });
}

/// Opens the vault of an account; what is shown of another one goes away, its drafts stay.
pub fn open(state: State, account: Address) {
    let Some(domain) = state
        .site
        .with_untracked(|site| site.as_ref().map(|site| site.domain.clone()))
    else {
        return;
    };
    state.memory.change_silently(|memory| {
        memory.attempt += 1;
        memory.drafts.clear();
        memory.asked.clear();
        memory.timeline.replace(Vec::new());
        memory.signed = None;
    });
    state.account.set(Some(account));
    state.opened.set(None);
    state.conversations.set(None);
    state.unchecked.set(Vec::new());
    state.thread.set(None);
    state.messages.set(Vec::new());
    state.waiting.set(0);
    state.trouble.set(None);
    state.problem.set(None);
    state.tips.forget();
    state.stage.set(Stage::Opening);
    state.send(Command::Open { account, domain });
}

pub(super) fn vault_opened(state: State) {
    let Some(opened) = state.opened.get_untracked() else {
        return;
    };
    // A vault that is told once more, of somebody who may not come in any more, changes nothing.
    let stays = is_outside(state) || state.stage.get_untracked() == Stage::Revoked;
    if state.account.get_untracked() != Some(opened.account) || stays {
        return;
    }
    match untrack(|| state.me()) {
        Some(me) if me.address == opened.account && me.installation == opened.installation && opened.associated => {
            enter(state);
        }
        Some(me) if me.address == opened.account => {
            state.problem.set(Some(
                "You are signed in, but this browser has a new key. Sign in once more, so that your wallet vouches for it."
                    .to_owned(),
            ));
            state.stage.set(Stage::SignIn);
        }
        _ => state.stage.set(Stage::SignIn),
    }
}

/// Nobody is in, and nobody is on the way in: whatever the worker or the wallet says is not what the person asked for.
fn is_outside(state: State) -> bool {
    matches!(
        state.stage.get_untracked(),
        Stage::Loading | Stage::Unreachable | Stage::Insecure | Stage::Welcome | Stage::Connecting(_)
    )
}

/// The vault does not open, or could not be deleted: there is nothing to show, and it is said why.
pub(super) fn not_opened(state: State, account: Address, why: Trouble) {
    if state.account.get_untracked() != Some(account) || is_outside(state) {
        return;
    }
    // Whatever a wallet answers now comes too late.
    attempt(state);
    let again = matches!(state.stage.get_untracked(), Stage::Shut(_));
    state.problem.set(again.then(|| {
        "It could not be deleted. Close the other tabs of Jackdaw and try again, or clear this site's data in the browser's settings."
            .to_owned()
    }));
    state.opened.set(None);
    state.trouble.set(None);
    state.stage.set(Stage::Shut(why));
}

fn enter(state: State) {
    state.problem.set(None);
    state.stage.set(Stage::In);
    state.send(Command::Connect);
    drafts::send_again(state);
    if let Some(me) = untrack(|| state.me()) {
        state.names.update(|names| {
            names.insert(me.address, me.name);
        });
    }
    show(state);
}

/// Tells the worker which thread is in view.
pub fn show(state: State) {
    if state.stage.get_untracked() != Stage::In {
        return;
    }
    let conversation = match state.place.get_untracked() {
        Place::Thread(peer) => Some(ConversationId::Direct(peer)),
        _ => None,
    };
    if state.thread.get_untracked() != conversation {
        state
            .memory
            .change_silently(|memory| memory.timeline.replace(Vec::new()));
        state.thread.set(None);
        state.messages.set(Vec::new());
        state.more.set(false);
    }
    if let Some(peer) = conversation.and_then(ConversationId::peer) {
        want_names(state, [peer]);
        let known = state.conversations.with_untracked(|all| {
            all.as_ref()
                .is_some_and(|all| all.iter().any(|(known, _)| *known == peer))
        });
        if !known {
            state.send(Command::Find { account: peer });
        }
    }
    state.send(Command::Show { conversation });
}

/// The shown thread has been read, if somebody looks at it.
pub fn seen(state: State) {
    let (Some(conversation), true) = (state.thread.get_untracked(), browser::is_watched()) else {
        return;
    };
    let unseen = untrack(|| state.conversation(conversation))
        .is_some_and(|line| line.with_untracked(|view| view.unread > 0 && view.consent == Consent::Accepted));
    if unseen {
        state.send(Command::Seen { conversation });
    }
}

fn attempt(state: State) -> u32 {
    state
        .memory
        .change_silently(|memory| {
            memory.attempt += 1;
            memory.attempt
        })
        .unwrap_or_default()
}

fn is_current(state: State, attempt: u32) -> bool {
    state.memory.with_untracked(|memory| memory.attempt == attempt)
}

/// Asks a wallet for its account.
pub fn connect(state: State, id: String, name: String) {
    let Some(wallet) = state.wallet() else { return };
    let this = attempt(state);
    state.problem.set(None);
    state.stage.set(Stage::Connecting(name));
    spawn_local(async move {
        let answer = wallet.connect(&id).await;
        if !is_current(state, this) {
            return;
        }
        match answer {
            Ok(account) => open(state, account),
            Err(error) => {
                let chain_id = wallet.chain_id().get_untracked();
                state.problem.set(Some(wallet_problem(state, &error, chain_id)));
                state.stage.set(Stage::Welcome);
            }
        }
    });
}

/// Gives up waiting for the wallet. Its prompt may still be open; its answer is not heard any more.
pub fn cancel(state: State) {
    attempt(state);
    let next = if state.opened.with_untracked(Option::is_some) {
        Stage::SignIn
    } else {
        Stage::Welcome
    };
    state.stage.set(next);
}

/// Another account, or none: back to the beginning.
pub fn another_wallet(state: State) {
    attempt(state);
    if let Some(wallet) = state.wallet() {
        wallet.forget();
    }
    state.problem.set(None);
    state.stage.set(Stage::Welcome);
}

/// One signature: signs in, and vouches for this browser's key.
pub fn sign_in(state: State) {
    let (Some(wallet), Some(opened), Some(network)) = (
        state.wallet(),
        state.opened.get_untracked(),
        untrack(|| state.network()),
    ) else {
        return;
    };
    let this = attempt(state);
    state.problem.set(None);
    state.stage.set(Stage::Signing);
    spawn_local(async move {
        let served = |chain: &u64| {
            state.site.with_untracked(|site| {
                site.as_ref()
                    .is_some_and(|site| site.networks.iter().any(|n| n.chain_id == *chain))
            })
        };
        let chain_id = wallet
            .chain_id()
            .get_untracked()
            .filter(served)
            .unwrap_or(network.chain_id);
        let signed = async {
            let text = server_fns::challenge(opened.account, chain_id, opened.public_key.clone())
                .await
                .map_err(|e| sentence(e.0).to_owned())?
                .text;
            if !is_current(state, this) {
                return Err(String::new());
            }
            let signature = wallet
                .sign(text.clone(), opened.account)
                .await
                .map_err(|e| wallet_problem(state, &e, Some(chain_id)))?;
            if !is_current(state, this) {
                return Err(String::new());
            }
            state.stage.set(Stage::Entering);
            server_fns::sign_in(text, signature).await.map_err(|e| {
                if e.0 == ErrorCode::Revoked {
                    revoked(state);
                    String::new()
                } else {
                    sentence(e.0).to_owned()
                }
            })
        }
        .await;
        if !is_current(state, this) {
            return;
        }
        match signed {
            Ok(signed_in) => {
                state
                    .memory
                    .change_silently(|memory| memory.signed = Some(signed_in.me));
                state.send(Command::Associate {
                    text: signed_in.text,
                    signature: signed_in.signature,
                });
            }
            Err(_) if state.stage.get_untracked() == Stage::Revoked => {}
            Err(problem) => {
                state.problem.set(Some(problem));
                state.stage.set(Stage::SignIn);
            }
        }
    });
}

pub(super) fn associated(state: State) {
    let signed: Option<Me> = state.memory.change_silently(|memory| memory.signed.take()).flatten();
    if let Some(me) = signed {
        set_me(state, Some(me));
        enter(state);
    }
}

fn set_me(state: State, me: Option<Me>) {
    state.site.update(|site| {
        if let Some(site) = site {
            site.me = me;
        }
    });
}

pub(super) fn trouble(state: State, trouble: Trouble) {
    match (state.stage.get_untracked(), trouble) {
        (Stage::Entering, Trouble::WrongAssociation) => back_to_sign_in(state, trouble_sentence(trouble)),
        (Stage::Entering, Trouble::VaultFull) => back_to_sign_in(
            state,
            "This browser's storage is full, so your signature could not be kept. Free some space, then sign in again.",
        ),
        // There is no worker that could open it.
        (Stage::Opening | Stage::Entering, Trouble::VaultNewer | Trouble::OtherTab | Trouble::Internal) => {
            state.stage.set(Stage::Shut(trouble));
        }
        (_, Trouble::Refused(ErrorCode::NotSignedIn | ErrorCode::SessionEnded | ErrorCode::NotYourInstallation)) => {
            session_lost(state);
        }
        _ => {}
    }
}

fn back_to_sign_in(state: State, problem: &str) {
    state.problem.set(Some(problem.to_owned()));
    state.stage.set(Stage::SignIn);
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

/// What a wallet's refusal means, in words; `chain_id` is where it was asked, if it was asked for a chain.
fn wallet_problem(state: State, error: &WalletError, chain_id: Option<u64>) -> String {
    let network = chain_id.and_then(|chain_id| untrack(|| state.network_of(chain_id)));
    let name = network.as_ref().map_or("its network", |network| &network.name);
    wallet_sentence(error, name)
}

fn account_switched(state: State, account: Address) {
    if state.account.get_untracked() == Some(account) || is_outside(state) {
        return;
    }
    open(state, account);
    if untrack(|| state.me()).is_none_or(|me| me.address != account) {
        state.problem.set(Some(format!(
            "Your wallet changed to {}. It has conversations of its own. What you typed is kept.",
            short(account)
        )));
    }
}

/// Sends a text. False if the browser gave no randomness for its id: then nothing happened.
pub fn say(state: State, conversation: ConversationId, text: String) -> bool {
    let Some(id) = browser::message_id() else { return false };
    drafts::expect_echo(state, conversation, id, text.clone());
    drafts::set(state, conversation, "");
    state.send(Command::text(conversation, id, text));
    true
}

/// Older messages of the shown thread.
pub fn older(state: State) {
    let before = state.memory.with_untracked(|memory| memory.timeline.oldest());
    if let (Some(conversation), Some(before)) = (state.thread.get_untracked(), before) {
        state.send(Command::Older { conversation, before });
    }
}
