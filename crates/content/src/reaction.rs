use serde::{Deserialize, Serialize};
use unicode_properties::UnicodeEmoji;

use crate::{Kind, Malformed, TooLarge};

/// An emoji that its author sets at the message `in_reply_to`, or takes back. Of several by one author with the same emoji,
/// the last one in the conversation's order counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// One emoji ([`is_emoji`]).
    pub emoji: String,
    /// Set; otherwise taken back.
    pub set: bool,
}

impl Reaction {
    /// The longest emoji, in bytes of UTF-8. The longest of Unicode 16 has 35.
    pub const EMOJI: usize = 64;
    /// How many different emojis one author may set at one message.
    pub const PER_AUTHOR: usize = 12;
    /// How many reactions are kept with one message, of all authors.
    pub const PER_MESSAGE: usize = 256;
}

impl Kind for Reaction {
    const NUMBER: u16 = 3;

    fn fallback(&self) -> String {
        if self.set {
            format!("Reacted with {}", self.emoji)
        } else {
            format!("Took back {}", self.emoji)
        }
    }

    fn encode(&self) -> Result<Vec<u8>, TooLarge> {
        if self.emoji.len() > Self::EMOJI {
            return Err(TooLarge);
        }
        postcard::to_stdvec(self).map_err(|_| TooLarge)
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        match postcard::take_from_bytes::<Self>(bytes) {
            Ok((reaction, [])) if is_emoji(&reaction.emoji) => Ok(reaction),
            _ => Err(Malformed),
        }
    }
}

const JOINER: char = '\u{200d}';
const AS_EMOJI: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';

/// Whether this is one emoji: `possible_emoji` of UTS #51, 1.4.9, at most [`Reaction::EMOJI`] bytes.
pub fn is_emoji(text: &str) -> bool {
    text.len() <= Reaction::EMOJI && (is_flag(text) || is_keycap(text) || text.split(JOINER).all(is_element))
}

fn is_flag(text: &str) -> bool {
    text.chars().count() == 2 && text.chars().all(is_regional)
}

fn is_keycap(text: &str) -> bool {
    let mut rest = text.chars();
    let key = rest.next().is_some_and(|key| matches!(key, '0'..='9' | '#' | '*'));
    let rest = rest.as_str();
    key && rest.strip_prefix(AS_EMOJI).unwrap_or(rest).chars().eq([KEYCAP])
}

/// An emoji character, perhaps with a skin tone or a presentation selector, and tags.
fn is_element(text: &str) -> bool {
    let mut rest = text.chars();
    // Digits, `#` and `*` are emoji characters in the tables of Unicode, and emoji only as keycaps.
    let first = rest.next().filter(|first| !first.is_ascii());
    if !first.is_some_and(|first| first.is_emoji_char() && !is_regional(first)) {
        return false;
    }
    let rest = rest.as_str();
    let rest = rest
        .strip_prefix(|next| next == AS_EMOJI || is_tone(next))
        .unwrap_or(rest);
    let tags = rest.strip_suffix('\u{e007f}').unwrap_or(rest);
    let is_tag = |tag: char| ('\u{e0020}'..='\u{e007e}').contains(&tag);
    (rest.is_empty() || rest.len() != tags.len() && !tags.is_empty()) && tags.chars().all(is_tag)
}

fn is_regional(letter: char) -> bool {
    ('\u{1f1e6}'..='\u{1f1ff}').contains(&letter)
}

fn is_tone(letter: char) -> bool {
    ('\u{1f3fb}'..='\u{1f3ff}').contains(&letter)
}
