//! One question to a chain: did this account sign this digest? For accounts with code, there already (ERC-1271) or not yet
//! (ERC-6492), through one `eth_call` of creation code that is never deployed (`contracts/src/SignatureValidator.sol`).
//!
//! The wallet's code is chosen by whoever wants in. What it can reach is bounded by the validator: one byte comes back, or
//! the call fails. Whoever asks bounds gas and time, and takes a failed call for the chain's trouble, never for an answer.

#[cfg(feature = "rpc")]
mod ask;

#[cfg(feature = "rpc")]
pub use ask::{AskError, Asker};
use protocol::Address;

/// The compiler's output, as committed beside the contract.
const JSON: &str = include_str!("../../../contracts/abi/SignatureValidator.json");
const START: usize = after(JSON.as_bytes(), b"\"bytecode\": \"0x");
const LENGTH: usize = (digits(JSON.as_bytes(), START)) / 2;

/// What is run: its constructor answers.
pub const CODE: [u8; LENGTH] = decode(JSON.as_bytes(), START);

/// Gas for one question: forty times what an ordinary wallet takes, and a fraction of a second for a node.
pub const GAS: u64 = 5_000_000;

/// In whose name the wallet's code is asked: "Jackdaw Sign-in asks", an address without a key. Nobody trusts it, and it is
/// not zero, which some code takes for a sign that nothing counts.
pub const CALLER: Address = Address::new(*b"Jackdaw Sign-in asks");

const WORD: usize = 32;

/// The input of the call: the creation code and its arguments `(address, bytes32, bytes)`, ABI-encoded.
pub fn input(signer: Address, digest: &[u8; 32], signature: &[u8]) -> Vec<u8> {
    let number = |value: usize| {
        let mut word = [0; WORD];
        word[WORD - 8..].copy_from_slice(&(value as u64).to_be_bytes());
        word
    };
    let mut input = Vec::with_capacity(LENGTH + 5 * WORD + signature.len());
    input.extend_from_slice(&CODE);
    input.extend_from_slice(&signer.into_word().0);
    input.extend_from_slice(digest);
    // Where the bytes begin: behind the three words of the arguments.
    input.extend_from_slice(&number(3 * WORD));
    input.extend_from_slice(&number(signature.len()));
    input.extend_from_slice(signature);
    let padding = signature.len().next_multiple_of(WORD) - signature.len();
    input.resize(input.len() + padding, 0);
    input
}

/// What the call gave back: yes, no, or nothing that the validator says.
pub fn verdict(returned: &[u8]) -> Option<bool> {
    match returned {
        [0] => Some(false),
        [1] => Some(true),
        _ => None,
    }
}

const fn after(text: &[u8], mark: &[u8]) -> usize {
    let mut at = 0;
    while at + mark.len() <= text.len() {
        let mut same = 0;
        while same < mark.len() && text[at + same] == mark[same] {
            same += 1;
        }
        if same == mark.len() {
            return at + mark.len();
        }
        at += 1;
    }
    panic!("the mark is not in the text")
}

const fn digits(text: &[u8], start: usize) -> usize {
    let mut at = start;
    while text[at].is_ascii_hexdigit() {
        at += 1;
    }
    at - start
}

const fn decode<const N: usize>(text: &[u8], start: usize) -> [u8; N] {
    let mut bytes = [0; N];
    let mut at = 0;
    while at < N {
        bytes[at] = nibble(text[start + 2 * at]) << 4 | nibble(text[start + 2 * at + 1]);
        at += 1;
    }
    bytes
}

const fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => panic!("not a hexadecimal digit"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_is_code_and_arguments() {
        let signer = Address::repeat_byte(0xaa);
        for (length, padded) in [(0, 0), (1, 32), (31, 32), (32, 32), (33, 64), (65, 96), (8192, 8192)] {
            let signature: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap_or(0)).collect();
            let input = input(signer, &[7; 32], &signature);
            let (code, arguments) = input.split_at(CODE.len());
            assert_eq!(code, CODE);
            assert_eq!(arguments.len(), 4 * WORD + padded);
            assert_eq!(arguments[..WORD], [[0; 12].as_slice(), &[0xaa; 20]].concat());
            assert_eq!(arguments[WORD..2 * WORD], [7; 32]);
            assert_eq!(arguments[2 * WORD..3 * WORD], [[0; 31].as_slice(), &[0x60]].concat());
            let count = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
            assert_eq!(arguments[3 * WORD..4 * WORD], [[0; 30].as_slice(), &count].concat());
            assert_eq!(arguments[4 * WORD..4 * WORD + length], signature);
            assert!(arguments[4 * WORD + length..].iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn the_code_is_the_committed_one() {
        let text = alloy_primitives::hex::encode(CODE);
        assert!(JSON.contains(&format!("\"bytecode\": \"0x{text}\"")));
        // EIP-3860: what a call may create with, the largest signature included.
        assert!(input(Address::ZERO, &[0; 32], &[0; protocol::limits::SIGNATURE]).len() <= 49_152);
    }

    #[test]
    fn only_one_byte_is_an_answer() {
        assert_eq!(verdict(&[1]), Some(true));
        assert_eq!(verdict(&[0]), Some(false));
        for garbage in [&[][..], &[2], &[0xff], &[1, 0], &[0, 1], &[0; 32], &[0xfe; 10_000]] {
            assert_eq!(verdict(garbage), None);
        }
    }
}
