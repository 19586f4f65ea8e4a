//! One question to a chain: did this account sign this digest? For accounts with code, there already (ERC-1271) or not yet
//! (ERC-6492), through one `eth_call` of creation code that is never deployed (`contracts/src/SignatureValidator.sol`).
//!
//! The wallet's code is chosen by the account that signs in. What it can reach is bounded by the validator: one byte comes back, or
//! the call fails. The caller bounds gas and time, and takes a failed call for the chain's trouble, never for an answer.

#[cfg(feature = "rpc")]
mod ask;

use alloy_sol_types::SolConstructor;
#[cfg(feature = "rpc")]
pub use ask::{AskError, Asker};
use protocol::Address;

/// The creation code that is run: its constructor answers.
pub use crate::bindings::SignatureValidator::BYTECODE as CODE;
use crate::bindings::SignatureValidator::constructorCall;

/// Gas for one question: forty times what an ordinary wallet takes, and a fraction of a second for a node.
pub const GAS: u64 = 5_000_000;

/// In whose name the wallet's code is asked: "Jackdaw Sign-in asks", an address without a key. Nobody trusts it, and it is
/// not zero, which some code takes for a sign that nothing counts.
pub const CALLER: Address = Address::new(*b"Jackdaw Sign-in asks");

/// The input of the call: the creation code and the ABI-encoded arguments `(address, bytes32, bytes)` of its constructor.
pub fn input(signer: Address, digest: &[u8; 32], signature: &[u8]) -> Vec<u8> {
    let arguments = constructorCall {
        signer,
        hash: digest.into(),
        signature: signature.to_vec().into(),
    };
    [&CODE[..], &arguments.abi_encode()].concat()
}

/// What the call gave back: yes, no, or nothing that the validator says.
pub fn verdict(returned: &[u8]) -> Option<bool> {
    match returned {
        [0] => Some(false),
        [1] => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORD: usize = 32;

    #[test]
    fn the_question_is_code_and_arguments() {
        let signer = Address::repeat_byte(0xaa);
        for (length, padded) in [(0, 0), (1, 32), (31, 32), (32, 32), (33, 64), (65, 96), (8192, 8192)] {
            let signature: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap_or(0)).collect();
            let input = input(signer, &[7; 32], &signature);
            let (code, arguments) = input.split_at(CODE.len());
            assert_eq!(code, &CODE[..]);
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
        let json = include_str!("../../../contracts/abi/SignatureValidator.json");
        let text = alloy_primitives::hex::encode(&CODE[..]);
        assert!(json.contains(&format!("\"bytecode\": \"0x{text}\"")));
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
