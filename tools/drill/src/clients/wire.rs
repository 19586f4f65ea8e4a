//! Which key sealed what leaves: no generation of a leaf seals two different messages.

use std::collections::HashMap;

use e2ee::drill::{self, Sealed};

/// What was sealed, and what left.
#[derive(Default)]
pub struct Wire {
    /// By ciphertext: its key.
    keys: HashMap<Vec<u8>, Vec<u8>>,
    /// By key: the ciphertext that left.
    left: HashMap<Vec<u8>, Vec<u8>>,
}

impl Wire {
    /// Forgets what was sealed before.
    pub fn new() -> Self {
        drill::watch();
        Self::default()
    }

    /// Takes what was sealed since.
    pub fn look(&mut self) {
        let sealed = drill::sealed().into_iter();
        self.keys
            .extend(sealed.map(|Sealed { key, ciphertext }| (ciphertext, key)));
    }

    /// These bytes leave for the server. Wrong, if other bytes left under their key. What nobody here has sealed is garbage of
    /// the drill's own.
    pub fn leaves(&mut self, message: &[u8]) -> Result<(), String> {
        self.look();
        let Some((epoch, ciphertext)) = parse(message) else {
            return Ok(());
        };
        let Some(key) = self.keys.get(ciphertext) else {
            return Ok(());
        };
        match self.left.get(key) {
            Some(other) if other != ciphertext => Err(format!(
                "one generation of one leaf in epoch {epoch} has sealed two different messages that left"
            )),
            Some(_) => Ok(()),
            None => {
                self.left.insert(key.clone(), ciphertext.to_vec());
                Ok(())
            }
        }
    }

    /// How many different messages left.
    pub fn count(&self) -> u64 {
        self.left.len() as u64
    }
}

/// Epoch and ciphertext of an MLS `PrivateMessage` (RFC 9420, section 6.3).
fn parse(message: &[u8]) -> Option<(u64, &[u8])> {
    let rest = message.strip_prefix(&[0, 1, 0, 2])?;
    let (_group, rest) = vector(rest)?;
    let (epoch, rest) = rest.split_first_chunk::<8>()?;
    let (_content_type, rest) = rest.split_first()?;
    let (_authenticated_data, rest) = vector(rest)?;
    let (_sender_data, rest) = vector(rest)?;
    let (ciphertext, _) = vector(rest)?;
    Some((u64::from_be_bytes(*epoch), ciphertext))
}

/// A vector with its length in front (RFC 9420, section 2.1.2), and what is behind it.
fn vector(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (first, _) = bytes.split_first()?;
    let size = 1usize << (first >> 6);
    let (length, rest) = bytes.split_at_checked(size)?;
    let length = length.iter().fold(0usize, |sum, byte| (sum << 8) | usize::from(*byte));
    rest.split_at_checked(length & !(0b11 << (8 * size - 2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_mls_writes_them() {
        assert_eq!(vector(&[2, 7, 8, 9]), Some((&[7, 8][..], &[9][..])));
        let long = [&[0x40, 0x41][..], &[5; 0x41], &[6]].concat();
        assert_eq!(vector(&long), Some((&[5; 0x41][..], &[6][..])));
        assert_eq!(vector(&[3, 1]), None);
        assert_eq!(vector(&[]), None);
    }
}
