use std::{fmt, str::FromStr};

use protocol::{Address, Topic};
use serde::{Deserialize, Serialize};

use crate::BridgeError;

/// Identifies a conversation of the account whose vault is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ConversationId {
    /// With one account. There may be several MLS groups under it, of which one is written to.
    Direct(Address),
    /// A group of accounts: the topic of its one MLS group.
    Group(Topic),
}

impl ConversationId {
    /// The length of [`key`](Self::key) in bytes.
    pub const LEN: usize = 33;

    const DIRECT: u8 = 0;
    const GROUP: u8 = 1;

    /// Its key in a vault: a tag, then the topic, or twelve zeros and the address.
    pub fn key(self) -> [u8; Self::LEN] {
        let mut key = [0; Self::LEN];
        match self {
            Self::Direct(address) => {
                key[0] = Self::DIRECT;
                key[13..].copy_from_slice(address.as_slice());
            }
            Self::Group(topic) => {
                key[0] = Self::GROUP;
                key[1..].copy_from_slice(&topic.0);
            }
        }
        key
    }

    /// The conversation whose [`key`](Self::key) this is.
    pub fn from_key(key: &[u8]) -> Option<Self> {
        let (tag, rest) = key.split_first()?;
        match (*tag, rest.split_first_chunk::<12>()) {
            (Self::DIRECT, Some(([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], address))) => {
                Address::try_from(address).ok().map(Self::Direct)
            }
            (Self::GROUP, _) => Topic::from_slice(rest).map(Self::Group),
            _ => None,
        }
    }

    /// The other account, if it is a conversation with one.
    pub const fn peer(self) -> Option<Address> {
        match self {
            Self::Direct(peer) => Some(peer),
            Self::Group(_) => None,
        }
    }
}

impl fmt::Display for ConversationId {
    /// The address with its checksum, or the topic in hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct(peer) => peer.fmt(f),
            Self::Group(topic) => topic.0.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}

impl FromStr for ConversationId {
    type Err = BridgeError;

    fn from_str(text: &str) -> Result<Self, BridgeError> {
        if text.starts_with("0x") {
            return text.parse().map(Self::Direct).map_err(|_| BridgeError);
        }
        let byte = |place: usize| {
            let digits = text.get(2 * place..2 * place + 2)?;
            let digits = digits
                .bytes()
                .all(|digit| digit.is_ascii_hexdigit())
                .then_some(digits)?;
            u8::from_str_radix(digits, 16).ok()
        };
        let mut topic = [0; Topic::LEN];
        for (place, to) in topic.iter_mut().enumerate() {
            *to = byte(place).ok_or(BridgeError)?;
        }
        let whole = text.len() == 2 * Topic::LEN;
        whole.then_some(Self::Group(Topic(topic))).ok_or(BridgeError)
    }
}

impl From<Address> for ConversationId {
    fn from(peer: Address) -> Self {
        Self::Direct(peer)
    }
}

impl PartialEq<Address> for ConversationId {
    fn eq(&self, other: &Address) -> bool {
        *self == Self::Direct(*other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_keeps_its_key() {
        let direct = ConversationId::Direct(Address::repeat_byte(0xaa));
        let group = ConversationId::Group(Topic([0xbb; 32]));
        assert_eq!(direct.key()[..], [&[0; 13][..], &[0xaa; 20]].concat());
        assert_eq!(group.key()[..], [&[1][..], &[0xbb; 32]].concat());
        for conversation in [direct, group] {
            assert_eq!(ConversationId::from_key(&conversation.key()), Some(conversation));
            assert_eq!(conversation.to_string().parse(), Ok(conversation));
        }
        let mut wrong = direct.key();
        wrong[5] = 1;
        for none in [&[][..], &[0; 32], &[2; 33], &wrong, &[0xaa; 20]] {
            assert_eq!(ConversationId::from_key(none), None, "{none:?}");
        }
        for none in ["", "0x", "bb", &"bb".repeat(33), &"+b".repeat(32), &"é".repeat(32)] {
            assert_eq!(none.parse::<ConversationId>(), Err(BridgeError), "{none}");
        }
    }
}
