//! Error codes: numbers that never change their meaning.

use serde::{Deserialize, Serialize};

/// What kind of refusal a code is. It decides the HTTP status and whether the operator must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// What was sent cannot be accepted as it is.
    Malformed,
    /// There is no valid session.
    Unauthorized,
    /// The session may not do this.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// It does not fit to what is there.
    Conflict,
    /// It is over a limit of size.
    TooLarge,
    /// It is over a limit of rate.
    TooMany,
    /// Something the server depends on is away, or the server ends: trying again may help.
    Unavailable,
    /// A defect of the server.
    Internal,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal, $class:ident;)*) => {
        /// A stable reason for a refusal, on the wire as its number. `app::error` has the sentence for people.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum ErrorCode {
            $($(#[$doc])* $name = $number,)*
            /// A code of a newer server, by its number.
            Unknown(u16) = 0,
        }

        impl ErrorCode {
            /// Every code that this build knows.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The number on the wire.
            pub const fn number(self) -> u16 {
                match self {
                    $(Self::$name => $number,)*
                    Self::Unknown(number) => number,
                }
            }

            /// The code of a number; `Unknown` for one of a newer server.
            pub const fn from_number(number: u16) -> Self {
                match number {
                    $($number => Self::$name,)*
                    number => Self::Unknown(number),
                }
            }

            /// What kind of refusal it is; `Internal` for a code of a newer server.
            pub const fn class(self) -> ErrorClass {
                match self {
                    $(Self::$name => ErrorClass::$class,)*
                    Self::Unknown(_) => ErrorClass::Internal,
                }
            }

            /// The code as a word, for JSON and logs.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Unknown(_) => "unknown",
                }
            }

            /// The code of a word; `Unknown(0)` for one of a newer server.
            pub fn from_word(word: &str) -> Self {
                match word {
                    $($text => Self::$name,)*
                    _ => Self::Unknown(0),
                }
            }
        }
    };
}

codes! {
    /// Frame: the version byte is one this side does not speak.
    UnknownVersion = 1, "unknown_version", Malformed;
    /// Frame: it does not decode.
    Malformed = 2, "malformed", Malformed;
    /// Frame, payload or field: over its limit.
    TooLarge = 3, "too_large", TooLarge;
    /// Too many requests; try again later.
    TooMany = 4, "too_many", TooMany;
    /// Frame, question or publish: of a kind that this server, which is older, does not know.
    UnknownKind = 5, "unknown_kind", Malformed;
    /// No valid session.
    NotSignedIn = 10, "not_signed_in", Unauthorized;
    /// The session was ended, here or from elsewhere.
    SessionEnded = 11, "session_ended", Unauthorized;
    /// The installation is not one of the session's account, or its signature over the challenge is wrong.
    NotYourInstallation = 12, "not_your_installation", Forbidden;
    /// The request came from another site.
    CrossSite = 13, "cross_site", Forbidden;
    /// Sign-in: the nonce is unknown, used, or was given to another browser.
    NonceSpent = 20, "nonce_spent", Malformed;
    /// Sign-in: more than five minutes passed, or a clock is wrong.
    Expired = 21, "expired", Malformed;
    /// Sign-in: the text is not the one that was to be signed.
    WrongText = 22, "wrong_text", Malformed;
    /// Sign-in: the signature is not by the account named in the text.
    WrongSignature = 23, "wrong_signature", Malformed;
    /// Sign-in: the chain is not served here.
    WrongChain = 24, "wrong_chain", Malformed;
    /// Sign-in: the wallet of this account kind cannot be verified right now.
    CannotVerify = 25, "cannot_verify", Unavailable;
    /// Topic: the installation is no member of it.
    NotAMember = 30, "not_a_member", Forbidden;
    /// Topic: there is a newer commit than the sender has seen.
    StaleEpoch = 31, "stale_epoch", Conflict;
    /// Topic: it does not exist.
    NoSuchTopic = 32, "no_such_topic", NotFound;
    /// Topic: a welcome names an installation that does not exist.
    NoSuchInstallation = 33, "no_such_installation", NotFound;
    /// The cursor is ahead of the topic's log.
    CursorAhead = 34, "cursor_ahead", Conflict;
    /// A name that is too long, that cannot be seen, or that passes for something else.
    BadName = 40, "bad_name", Malformed;
    /// No such page or thing.
    NotFound = 41, "not_found", NotFound;
    /// Only on development chains.
    NotOnThisNetwork = 42, "not_on_this_network", Malformed;
    /// The development chain does not answer.
    ChainDown = 43, "chain_down", Unavailable;
    /// The socket did not keep up; nothing is lost, reconnect.
    TooSlow = 50, "too_slow", TooMany;
    /// The server restarts; reconnect.
    Restarting = 51, "restarting", Unavailable;
    /// Another socket of this installation took over.
    Superseded = 52, "superseded", Conflict;
    /// The server's database does not answer.
    Unavailable = 53, "unavailable", Unavailable;
    /// A defect of the server; the log has an id.
    Internal = 54, "internal", Internal;
    /// Sign-in: code signs for this account, and it is known here on another chain.
    OtherNetwork = 26, "other_network", Conflict;
    /// Sign-in: code signed for this account, which is known here by its key.
    KeyAccount = 27, "key_account", Conflict;
    /// The installation was revoked: its key is never accepted again.
    Revoked = 28, "revoked", Unauthorized;
    /// The account has so many test coins that it is not given more.
    EnoughCoins = 44, "enough_coins", Conflict;
    /// Sign-in: the signature is not by the account's key, and this server has no node of the network, which could say whether code
    /// signed.
    NoNode = 29, "no_node", Malformed;
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.number())
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u16::deserialize(deserializer).map(Self::from_number)
    }
}
