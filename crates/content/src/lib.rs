//! What members of a conversation send each other, inside the encryption: plain data and its bytes.
//!
//! A [`Content`] has an id, a time, its relation to other messages and a [`Body`]: the number of a kind and that kind's
//! bytes. A kind is one file with its number, its limits, its encoding and the sentence that a build shows which does not
//! know it ([`Kind`]). A body of an unknown kind is kept whole, so that a later build can read it. ADR 20.
//!
//! The server never sees any of this and does not depend on this crate. To add a kind: a file beside `reaction.rs` and
//! its line in `kinds!` below; ARCHITECTURE.md lists the rest.

mod body;
mod content;
mod reaction;
mod text;
mod tip;

pub use body::{Body, Kind};
pub use content::{Content, FOREIGN};
pub use reaction::{Reaction, is_emoji};
pub use text::Text;
pub use tip::TipReference;

/// Bytes that are no content, or no body of their kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a content of a message")]
pub struct Malformed;

/// A body that exceeds a limit of its kind, and is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the content of a message is too large")]
pub struct TooLarge;

/// Declares [`Known`] from the list of kinds.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident($type:ty),)*) => {
        /// A body of a kind that this build knows.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Known {
            $($(#[$doc])* $name($type),)*
        }

        impl Known {
            /// The sentence of [`Kind::fallback`].
            pub fn fallback(&self) -> String {
                match self {
                    $(Self::$name(body) => body.fallback(),)*
                }
            }
        }

        impl Body {
            /// Reads the body. `None`: its kind is unknown here.
            ///
            /// # Errors
            /// The bytes are not of their kind, or exceed its limits.
            pub fn known(&self) -> Result<Option<Known>, Malformed> {
                match self.kind {
                    $(<$type>::NUMBER => <$type>::decode(&self.bytes).map(|body| Some(Known::$name(body))),)*
                    _ => Ok(None),
                }
            }
        }
    };
}

kinds! {
    /// A plain text.
    Text(Text),
    /// A tip: a claim until the chain confirms it.
    Tip(TipReference),
    /// An emoji at another message.
    Reaction(Reaction),
}
