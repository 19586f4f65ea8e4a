//! What is said in a drill: bytes that tell, wherever they turn up, who said them, when, and on top of which commit.

use protocol::{Kind, MessageId, Publish, Seq, Topic};

use crate::random::Random;

const MAGIC: &[u8; 4] = b"JDRL";
const HEAD: usize = 4 + 2 + 4 + 1 + 1 + 8;

/// One attempt at one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// The index of the sending installation.
    pub sender: u16,
    /// Its how-manieth message, over all topics.
    pub number: u32,
    /// Which attempt: a retry has other bytes under the same id, as one that was encrypted again has.
    pub attempt: u8,
    /// A commit rather than a message.
    pub commit: bool,
    /// The last commit its sender had seen.
    pub last_commit: u64,
}

impl Said {
    /// The id of this message, the same for every attempt.
    pub fn id(&self, seed: u64) -> MessageId {
        let label = (u64::from(self.sender) << 32) | u64::from(self.number);
        MessageId(Random::new(seed).fork(label).bytes())
    }

    /// Its bytes: a head, and filling that follows from the head.
    pub fn bytes(&self, seed: u64) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.sender.to_le_bytes());
        bytes.extend_from_slice(&self.number.to_le_bytes());
        bytes.push(self.attempt);
        bytes.push(u8::from(self.commit));
        bytes.extend_from_slice(&self.last_commit.to_le_bytes());
        let label = (u64::from(self.sender) << 40) | (u64::from(self.number) << 8) | u64::from(self.attempt);
        let mut random = Random::new(!seed).fork(label);
        // Mostly a line of text, now and then a page, rarely as much as goes.
        let length = match random.below(1_000) {
            0 => random.between(8_000, 48_000),
            1..=20 => random.between(1_000, 8_000),
            _ => random.between(16, 250),
        };
        let length = usize::try_from(length).unwrap_or_default();
        bytes.resize(HEAD + length, 0);
        random.fill(&mut bytes[HEAD..]);
        bytes
    }

    /// Reads bytes back. Nothing, unless they are to the last byte what was said.
    pub fn read(bytes: &[u8], seed: u64) -> Option<Self> {
        let head = bytes.get(..HEAD)?;
        if &head[..4] != MAGIC {
            return None;
        }
        let said = Self {
            sender: u16::from_le_bytes(head[4..6].try_into().ok()?),
            number: u32::from_le_bytes(head[6..10].try_into().ok()?),
            attempt: head[10],
            commit: head[11] != 0,
            last_commit: u64::from_le_bytes(head[12..20].try_into().ok()?),
        };
        (said.bytes(seed) == bytes).then_some(said)
    }

    /// As it is handed to the server.
    pub fn publish(&self, seed: u64, topic: Topic) -> Publish {
        Publish {
            topic,
            id: self.id(seed),
            last_commit: Seq(self.last_commit),
            kind: if self.commit {
                Kind::Commit {
                    welcomes: Vec::new(),
                    removed: Vec::new(),
                }
            } else {
                Kind::Application
            },
            payload: self.bytes(seed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_other_byte_is_seen() {
        let said = Said {
            sender: 3,
            number: 70_000,
            attempt: 2,
            commit: true,
            last_commit: 12,
        };
        let mut bytes = said.bytes(5);
        assert_eq!(Said::read(&bytes, 5), Some(said));
        assert_eq!(Said::read(&bytes, 6), None);
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        assert_eq!(Said::read(&bytes, 5), None);
        bytes.pop();
        assert_eq!(Said::read(&bytes, 5), None);
    }
}
