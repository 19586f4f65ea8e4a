//! The way in and out as a pure function: from a stage and what has happened to the next stage, and what is to be done for it.
//!
//! Nothing here waits, reads a signal or calls out; the parent module does, and feeds the results back. The answer to an act counts
//! only as long as the stage that asked for it is there, so that no answer needs a number.

use bridge::{ChallengeRefusal, Statement, Trouble};
use protocol::{
    Address, ErrorCode,
    api::{Challenge, Me, SignedIn},
};

use crate::state::Opened;
use crate::wallet::WalletError;

#[cfg(test)]
mod tests;

/// How far somebody has come, from an empty page to their conversations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// The server is asked who is signed in.
    Loading,
    /// It did not answer so many times in a row; it is asked again by itself.
    Unreachable(u32),
    /// The server is set up for another address than the one in use: this one, if it says which.
    Elsewhere(Option<String>),
    /// The browser forbids encryption here: plain http on another host than localhost.
    Insecure,
    /// Nobody is known: connect a wallet.
    Welcome,
    /// This wallet shows a prompt. If it gives no account, the flow returns to the vault that was open before.
    Connecting(String, Option<Opened>),
    /// The vault of this account is being opened.
    Opening(Address),
    /// The wallet's account is known and may sign in.
    SignIn(Opened),
    /// On the way to the wallet's signature.
    Signing(Opened, Signing),
    /// Signed; the server and the vault are taking it in.
    Entering(Opened, Entering),
    /// The account is signed in and its vault is open.
    In(Opened),
    /// The vault of this account does not open, for this reason.
    Shut(Address, Trouble),
    /// This browser was removed from the account.
    Revoked(Address),
}

/// What a signature waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signing {
    /// The server's nonce, for a text of this chain (EIP-155).
    Challenge(u64),
    /// The worker's text.
    Text(u64),
    /// The wallet, which shows this text.
    Wallet(u64, String),
}

/// What a signed text waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entering {
    /// The server's answer to the signed text.
    Server,
    /// The vault. The server says that this is who is in.
    Vault(Me),
}

/// An input of the machine: a press, an answer to an act, or an unasked message of the worker or the wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The page has begun, and the browser allows encryption here, or does not.
    Began { secure: bool },
    /// The server says who is signed in, or else a wallet says whose it is.
    Known(Option<Address>),
    /// The server is set up for another address.
    OtherSite(String),
    /// The server does not answer, or refuses.
    NoSite(ErrorCode),
    /// Connect this wallet: its id, and its name.
    Connect(String, String),
    /// The wallet said whose it is, or refused.
    Connected(Result<Address, WalletError>),
    /// Wait no longer for the wallet.
    Cancel,
    /// Begin again with another wallet.
    AnotherWallet,
    /// Go on as the account whose session is open, or try to open the vault again.
    GoOn(Address),
    /// The wallet has changed to this account; whether a session of it is open.
    Switched(Address, bool),
    /// The worker has opened this vault; who is signed in by the cookie.
    Opened(Opened, Option<Me>),
    /// The vault does not open, or could not be deleted.
    NotOpened(Address, Trouble),
    /// Sign in, on this chain.
    SignIn(u64),
    /// The server gave a challenge, or refused.
    Challenged(Result<Challenge, ErrorCode>),
    /// The worker has rendered the text.
    ToSign(Statement),
    /// The worker does not want a signature with this challenge.
    NotToSign(ChallengeRefusal),
    /// The wallet has signed, or refused.
    Signed(Result<Vec<u8>, WalletError>),
    /// The server has taken the signature, or refused.
    SignedIn(Result<SignedIn, ErrorCode>),
    /// The vault keeps the association.
    Associated,
    /// The worker has trouble.
    Trouble(Trouble),
    /// The server does not accept the session any more.
    SessionLost,
    /// This browser was removed from the account.
    Removed,
    /// The session was ended here, and the vault is to be deleted, or kept.
    SignedOut { forget: bool },
    /// The vault that does not open is to be deleted.
    Delete,
    /// The vault is deleted, by this tab or another.
    Forgotten,
}

/// What is to be done. What comes of it is another input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Ask the server who is signed in, after so many tries in vain.
    AskSite(u32),
    /// Ask this wallet for its account.
    AskAccount(String),
    /// Forget which wallet was connected.
    ForgetWallet,
    /// Take what is shown of another account away, and open the vault of this one.
    Open(Address),
    /// Ask the server for a nonce.
    AskChallenge(Opened, u64),
    /// Have the worker render the text.
    Render(u64, Challenge),
    /// Ask the wallet for its signature.
    AskSignature(Statement),
    /// Hand the signed text to the server.
    HandIn(String, Vec<u8>),
    /// Have the vault keep the association.
    Keep(String, Vec<u8>),
    /// This is who is signed in by the cookie.
    SetMe(Option<Me>),
    /// Connect, and show what there is.
    Enter,
    /// Ask for what waits and will not be sent any more.
    AskLeftOver,
    /// Close the connection.
    Disconnect,
    /// Delete the vault.
    ForgetVault,
    /// Delete what was typed and not sent by this account.
    ForgetDrafts(Address),
    /// End the session, if there is one left; nobody waits for it.
    EndSession,
    /// Take everything that is shown away, and begin again.
    Leave,
    /// Say that the history here is deleted.
    SayDeleted,
    /// Say why the last step did not work.
    Say(Problem),
    /// Nothing is wrong any more.
    Hush,
}

/// Why the last step towards signing in did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The server refused.
    Server(ErrorCode),
    /// The wallet refused; on which chain it was asked, if it was asked for one.
    Wallet(WalletError, Option<u64>),
    /// The worker does not let the wallet sign with the server's challenge.
    Challenge(ChallengeRefusal),
    /// What the server says of the sign-in is not about this account and this key.
    NotOurs,
    /// The vault has no room for the signature.
    NoRoom,
    /// There is a session, and a key that no wallet has vouched for.
    NewKey,
    /// The wallet has changed to this account.
    Switched(Address),
    /// The vault could not be deleted.
    NotDeleted,
}

impl Stage {
    /// The account whose vault is open, being opened, or does not open.
    pub fn account(&self) -> Option<Address> {
        match self {
            Self::Opening(account) | Self::Shut(account, _) | Self::Revoked(account) => Some(*account),
            _ => self.opened().map(|opened| opened.account),
        }
    }

    /// The open vault, as long as there is something to do with it.
    pub fn opened(&self) -> Option<&Opened> {
        match self {
            Self::SignIn(opened) | Self::Signing(opened, _) | Self::Entering(opened, _) | Self::In(opened) => {
                Some(opened)
            }
            Self::Connecting(_, opened) => opened.as_ref(),
            _ => None,
        }
    }

    /// Whether no account is chosen yet. An unasked message of the worker or the wallet about an account does not count then.
    fn is_outside(&self) -> bool {
        matches!(
            self,
            Self::Loading
                | Self::Unreachable(_)
                | Self::Elsewhere(_)
                | Self::Insecure
                | Self::Welcome
                | Self::Connecting(..)
        )
    }
}

/// The next stage, and what is to be done, in order. An input that has no place in the stage changes nothing.
pub fn next(stage: Stage, input: Input) -> (Stage, Vec<Act>) {
    match (stage, input) {
        (Stage::Loading, Input::Began { secure: true }) => (Stage::Loading, vec![Act::AskSite(0)]),
        (Stage::Loading, Input::Began { secure: false }) => (Stage::Insecure, Vec::new()),
        (Stage::Loading | Stage::Unreachable(_), Input::Known(Some(account))) => open(account, None),
        (Stage::Loading | Stage::Unreachable(_), Input::Known(None)) => (Stage::Welcome, vec![Act::Hush]),
        (Stage::Loading | Stage::Unreachable(_), Input::OtherSite(domain)) => {
            (Stage::Elsewhere(Some(domain)), vec![Act::Hush])
        }
        // Pages of another address than its own are another site to it.
        (Stage::Loading | Stage::Unreachable(_), Input::NoSite(ErrorCode::CrossSite)) => {
            (Stage::Elsewhere(None), vec![Act::Hush])
        }
        (Stage::Loading, Input::NoSite(code)) => unreachable(1, code),
        (Stage::Unreachable(tries), Input::NoSite(code)) => unreachable(tries.saturating_add(1), code),

        (Stage::Welcome, Input::Connect(id, name)) => {
            (Stage::Connecting(name, None), vec![Act::Hush, Act::AskAccount(id)])
        }
        (Stage::SignIn(opened), Input::Connect(id, name)) => (
            Stage::Connecting(name, Some(opened)),
            vec![Act::Hush, Act::AskAccount(id)],
        ),
        (Stage::Connecting(..), Input::Connected(Ok(account))) => open(account, None),
        (Stage::Connecting(_, before), Input::Connected(Err(error))) => {
            (back(before), vec![Act::Say(Problem::Wallet(error, None))])
        }
        (Stage::Connecting(_, before), Input::Cancel) => (back(before), Vec::new()),
        (Stage::Signing(opened, _), Input::Cancel) => (Stage::SignIn(opened), Vec::new()),
        (Stage::SignIn(_) | Stage::Shut(..), Input::AnotherWallet) => {
            (Stage::Welcome, vec![Act::ForgetWallet, Act::Hush])
        }
        (Stage::SignIn(_) | Stage::Shut(..), Input::GoOn(account)) => open(account, None),

        (stage, input @ (Input::SignIn(_) | Input::Challenged(_) | Input::ToSign(_) | Input::NotToSign(_))) => {
            ask_for_signature(stage, input)
        }
        (stage, input @ (Input::Signed(_) | Input::SignedIn(_) | Input::Associated)) => take_signature(stage, input),
        (stage, input) => from_worker(stage, input),
    }
}

/// From the press to the wallet's prompt.
fn ask_for_signature(stage: Stage, input: Input) -> (Stage, Vec<Act>) {
    match (stage, input) {
        (Stage::SignIn(opened), Input::SignIn(chain_id)) => {
            let ask = Act::AskChallenge(opened.clone(), chain_id);
            (
                Stage::Signing(opened, Signing::Challenge(chain_id)),
                vec![Act::Hush, ask],
            )
        }
        (Stage::Signing(opened, Signing::Challenge(chain_id)), Input::Challenged(Ok(challenge))) => (
            Stage::Signing(opened, Signing::Text(chain_id)),
            vec![Act::Render(chain_id, challenge)],
        ),
        (Stage::Signing(opened, Signing::Challenge(_)), Input::Challenged(Err(code))) => {
            refused(opened, Problem::Server(code))
        }
        (Stage::Signing(opened, Signing::Text(chain_id)), Input::ToSign(statement))
            if statement.account() == opened.account =>
        {
            let shown = Signing::Wallet(chain_id, statement.text());
            (Stage::Signing(opened, shown), vec![Act::AskSignature(statement)])
        }
        (Stage::Signing(opened, Signing::Text(_)), Input::NotToSign(why)) => refused(opened, Problem::Challenge(why)),
        (stage, _) => (stage, Vec::new()),
    }
}

/// From the wallet's answer to the conversations.
fn take_signature(stage: Stage, input: Input) -> (Stage, Vec<Act>) {
    match (stage, input) {
        (Stage::Signing(opened, Signing::Wallet(_, text)), Input::Signed(Ok(signature))) => (
            Stage::Entering(opened, Entering::Server),
            vec![Act::HandIn(text, signature)],
        ),
        (Stage::Signing(opened, Signing::Wallet(chain_id, _)), Input::Signed(Err(error))) => {
            refused(opened, Problem::Wallet(error, Some(chain_id)))
        }
        (Stage::Entering(opened, Entering::Server), Input::SignedIn(Ok(signed_in))) => {
            let SignedIn { me, text, signature } = signed_in;
            if me.address == opened.account && me.installation == opened.installation {
                let keep = Act::Keep(text, signature);
                (Stage::Entering(opened, Entering::Vault(me)), vec![keep])
            } else {
                refused(opened, Problem::NotOurs)
            }
        }
        (Stage::Entering(opened, Entering::Server), Input::SignedIn(Err(ErrorCode::Revoked))) => {
            removed(opened.account)
        }
        (Stage::Entering(opened, Entering::Server), Input::SignedIn(Err(code))) => {
            refused(opened, Problem::Server(code))
        }
        (Stage::Entering(opened, Entering::Vault(me)), Input::Associated) => {
            let opened = Opened {
                associated: true,
                ..opened
            };
            (Stage::In(opened), vec![Act::SetMe(Some(me)), Act::Hush, Act::Enter])
        }
        // By another tab.
        (Stage::SignIn(opened), Input::Associated) => (
            Stage::SignIn(Opened {
                associated: true,
                ..opened
            }),
            Vec::new(),
        ),
        (stage, _) => (stage, Vec::new()),
    }
}

/// What worker, wallet and server say by themselves, and the way out.
fn from_worker(stage: Stage, input: Input) -> (Stage, Vec<Act>) {
    match (stage, input) {
        (stage, Input::Switched(account, session)) if !stage.is_outside() && stage.account() != Some(account) => {
            open(account, (!session).then_some(Problem::Switched(account)))
        }
        (stage, Input::Opened(opened, me)) if !stage.is_outside() && stage.account() == Some(opened.account) => {
            vault_opened(stage, opened, me)
        }
        (stage, Input::NotOpened(account, why)) if !stage.is_outside() && stage.account() == Some(account) => {
            let said = match stage {
                Stage::Shut(..) => Act::Say(Problem::NotDeleted),
                _ => Act::Hush,
            };
            (Stage::Shut(account, why), vec![said])
        }
        (stage, Input::Trouble(trouble)) => in_trouble(stage, trouble),
        (Stage::In(opened), Input::SessionLost) => session_lost(opened),
        (stage, Input::Removed) => match stage.account() {
            Some(account) => removed(account),
            None => (stage, Vec::new()),
        },
        (Stage::In(opened), Input::SignedOut { forget }) => {
            let mut acts = vec![Act::Disconnect];
            if forget {
                // Now, not when the worker has deleted the rest: then nobody here knows any more whose they were.
                acts.extend([Act::ForgetDrafts(opened.account), Act::ForgetVault]);
            }
            acts.push(Act::Leave);
            (Stage::Welcome, acts)
        }
        (stage @ (Stage::Shut(..) | Stage::Revoked(_)), Input::Delete) => (stage, vec![Act::Hush, Act::ForgetVault]),
        // It did not open: one begins anew, with a new key. What was typed has nothing to do with that, and stays.
        (Stage::Shut(account, _), Input::Forgotten) => {
            let (stage, mut acts) = open(account, None);
            acts.insert(0, Act::SayDeleted);
            (stage, acts)
        }
        (stage, Input::Forgotten) => match &stage {
            Stage::SignIn(_) | Stage::Signing(..) | Stage::Entering(..) | Stage::In(_) | Stage::Revoked(_) => {
                // Also when another tab has signed out: nothing that is shown here is there any more.
                let drafts = stage.account().map(Act::ForgetDrafts);
                let acts = std::iter::once(Act::SayDeleted).chain(drafts);
                (Stage::Welcome, acts.chain([Act::EndSession, Act::Leave]).collect())
            }
            _ => (stage, vec![Act::SayDeleted]),
        },
        (stage, _) => (stage, Vec::new()),
    }
}

fn vault_opened(stage: Stage, opened: Opened, me: Option<Me>) -> (Stage, Vec<Act>) {
    match stage {
        // Told once more, of somebody who may not come in any more.
        Stage::Revoked(_) => (stage, Vec::new()),
        // Told once more, because another tab leads now: what is under way goes on.
        Stage::Signing(ref known, _) | Stage::Entering(ref known, _) if known.installation == opened.installation => {
            (stage, Vec::new())
        }
        _ => match me.filter(|me| me.address == opened.account) {
            Some(me) if me.installation == opened.installation && opened.associated => {
                (Stage::In(opened), vec![Act::Hush, Act::Enter])
            }
            Some(_) => refused(opened, Problem::NewKey),
            None => (Stage::SignIn(opened), Vec::new()),
        },
    }
}

fn in_trouble(stage: Stage, trouble: Trouble) -> (Stage, Vec<Act>) {
    match (stage, trouble) {
        (Stage::Entering(opened, _), Trouble::WrongAssociation) => refused(opened, Problem::NotOurs),
        (Stage::Entering(opened, _), Trouble::VaultFull) => refused(opened, Problem::NoRoom),
        // There is no worker that could open it.
        (Stage::Opening(account), Trouble::VaultNewer | Trouble::OtherTab | Trouble::Internal) => {
            (Stage::Shut(account, trouble), Vec::new())
        }
        (Stage::Entering(opened, _), Trouble::VaultNewer | Trouble::OtherTab | Trouble::Internal) => {
            (Stage::Shut(opened.account, trouble), Vec::new())
        }
        (
            Stage::In(opened),
            Trouble::Refused(ErrorCode::NotSignedIn | ErrorCode::SessionEnded | ErrorCode::NotYourInstallation),
        ) => session_lost(opened),
        (stage, _) => (stage, Vec::new()),
    }
}

fn open(account: Address, problem: Option<Problem>) -> (Stage, Vec<Act>) {
    let acts = [Act::Hush, Act::Open(account)].into_iter();
    (Stage::Opening(account), acts.chain(problem.map(Act::Say)).collect())
}

fn unreachable(tries: u32, code: ErrorCode) -> (Stage, Vec<Act>) {
    let acts = vec![Act::Say(Problem::Server(code)), Act::AskSite(tries)];
    (Stage::Unreachable(tries), acts)
}

fn back(before: Option<Opened>) -> Stage {
    before.map_or(Stage::Welcome, Stage::SignIn)
}

fn refused(opened: Opened, problem: Problem) -> (Stage, Vec<Act>) {
    (Stage::SignIn(opened), vec![Act::Say(problem)])
}

fn session_lost(opened: Opened) -> (Stage, Vec<Act>) {
    let acts = vec![Act::SetMe(None), Act::Say(Problem::Server(ErrorCode::SessionEnded))];
    (Stage::SignIn(opened), acts)
}

fn removed(account: Address) -> (Stage, Vec<Act>) {
    (
        Stage::Revoked(account),
        vec![Act::SetMe(None), Act::Hush, Act::AskLeftOver],
    )
}
