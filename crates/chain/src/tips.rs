//! The contract for tips: how it is called, what it says, and what follows from that for a tip somebody claims.
//!
//! Its address follows from its creation code (EIP-1014, salt zero), so it is the same on every chain and compiled in here: a
//! server that names another one is not believed. The event of that contract is the only truth about a tip; to whom a
//! transaction was addressed says nothing, because smart wallets call on somebody's behalf.
//!
//! Calls, events and errors are encoded and read by [`bindings`](crate::bindings); `contracts/src/interfaces/ITips.sol` is the
//! interface.

use alloy_primitives::{B256, address};
use alloy_sol_types::{Panic, Revert, SolCall, SolError, SolEvent};
use protocol::{Address, Log, TipId, TipMismatch, U256};

use crate::{
    bindings::Tips,
    verdict::{Reading, Verdict},
};

/// Where the contract stands on every chain that has it.
pub const CONTRACT: Address = address!("0xFB6b0ef6a1Ac3eed399Fa4D49818d73247BDD495");
/// The contract that puts it there, on every chain (Arachnid's deterministic deployer).
pub const DEPLOYER: Address = address!("0x4e59b44847b379578588920cA78FbF26c0B4956C");
/// The first topic of the event `Tipped(bytes32,address,address,address,uint256)`.
pub const TIPPED: [u8; 32] = Tips::Tipped::SIGNATURE_HASH.0;
/// The selector of the error `AlreadyTipped(bytes32)`: this sender has paid under this id before.
pub const ALREADY_TIPPED: [u8; 4] = Tips::AlreadyTipped::SELECTOR;
/// The most characters of a revert reason that are shown.
const REASON: usize = 160;
/// A reason that was cut is read as if so many zero bytes followed. Longer ones that were cut are not read.
const CUT: usize = 4096;

/// The input of `tip(bytes32,address)`, which pays; the amount is the value of the call.
pub fn call(id: TipId, to: Address) -> Vec<u8> {
    let id = id.0.into();
    Tips::tipCall { id, to }.abi_encode()
}

/// The input of `used(address,bytes32)`: whether this sender has paid under this id. [`is_used`] reads the answer.
pub fn used_call(from: Address, id: TipId) -> Vec<u8> {
    let id = id.0.into();
    Tips::usedCall { from, id }.abi_encode()
}

/// The answer to [`used_call`]; `None`: no answer of our contract.
pub fn is_used(returned: &[u8]) -> Option<bool> {
    let answer = Tips::usedCall::abi_decode_returns_validate(returned).ok();
    answer.filter(|_| returned.len() == 32)
}

/// What the contract says of a tip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tipped {
    /// Counts once for its sender.
    pub id: TipId,
    /// The account that paid.
    pub sender: Address,
    /// Who was paid.
    pub recipient: Address,
    /// In which coin; zero is the chain's own.
    pub token: Address,
    /// In its smallest unit.
    pub amount: U256,
}

/// The tip in a log, if it is one of our contract in the one canonical encoding: decoding alone would let dirty address words
/// and trailing bytes pass.
pub fn tipped(log: &Log) -> Option<Tipped> {
    if log.address != CONTRACT {
        return None;
    }
    let topics = || log.topics.iter().copied().map(B256::from);
    let event = Tips::Tipped::decode_raw_log(topics(), &log.data).ok()?;
    if !event.encode_topics().into_iter().map(|word| word.0).eq(topics()) || event.encode_data() != log.data {
        return None;
    }
    Some(Tipped {
        id: TipId(event.id.0),
        sender: event.from,
        recipient: event.to,
        token: event.token,
        amount: event.amount,
    })
}

/// A tip as somebody speaks of it, put together from what is verified: sender and recipient are the two sides of the
/// conversation, the rest is the message's reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// The contract that is said to have forwarded it.
    pub contract: Address,
    /// Who is to have paid.
    pub sender: Address,
    /// Who is to have been paid.
    pub recipient: Address,
    /// How much, in the smallest unit of the native coin.
    pub amount: U256,
    /// Counts once for its sender.
    pub id: TipId,
}

/// Compares a claim with what the chain says, in everything. Never trusts the transaction's own sender or recipient.
pub fn check(claim: &Claim, reading: Reading<'_>, confirmations: u32) -> Verdict {
    let receipt = reading.receipt;
    if receipt.hash != reading.hash {
        return Verdict::Garbage;
    }
    if claim.chain_id != reading.chain_id {
        return Verdict::Mismatch(TipMismatch::Network);
    }
    if claim.contract != CONTRACT {
        return Verdict::Mismatch(TipMismatch::Contract);
    }
    if !receipt.succeeded {
        return Verdict::Reverted;
    }
    if let Some(kind) = mismatch(claim, &receipt.logs) {
        return Verdict::Mismatch(kind);
    }
    reading.depth(confirmations)
}

/// In what the tip in these logs differs from the claim. A transaction may hold many tips: of a batch, or bundled by others,
/// even some under the same id, which only counts once for each sender. So the sender's own is looked at first.
fn mismatch(claim: &Claim, logs: &[Log]) -> Option<TipMismatch> {
    let same = || logs.iter().filter_map(tipped).filter(|tip| tip.id == claim.id);
    let Some(tip) = same().find(|tip| tip.sender == claim.sender).or_else(|| same().next()) else {
        return Some(TipMismatch::NoSuchTip);
    };
    if tip.sender != claim.sender {
        Some(TipMismatch::Sender)
    } else if tip.recipient != claim.recipient {
        Some(TipMismatch::Recipient)
    } else if tip.token != Address::ZERO {
        Some(TipMismatch::Token)
    } else if tip.amount != claim.amount {
        Some(TipMismatch::Amount)
    } else {
        None
    }
}

/// Why a call of the contract would fail, in words for people, from the bytes it failed with. `None`: it did not say, or not in
/// a way we know. Words of others are cut and stripped of everything invisible.
pub fn reason(reverted: &[u8]) -> Option<String> {
    let (selector, rest) = reverted.split_first_chunk::<4>()?;
    match *selector {
        ALREADY_TIPPED => Some("This tip was already paid.".to_owned()),
        Tips::NothingToTip::SELECTOR => Some("A tip needs an amount.".to_owned()),
        Tips::NoRecipient::SELECTOR => Some("The recipient is not an account.".to_owned()),
        Tips::RecipientRefused::SELECTOR => {
            let refused = Tips::RecipientRefused::abi_decode_raw(&filled(rest)).ok();
            Some(match refused.and_then(|refused| solidity(&refused.reason)) {
                Some(said) => format!("The recipient does not take it: {said}"),
                None => "The recipient does not take it.".to_owned(),
            })
        }
        _ => solidity(reverted),
    }
}

/// The reasons Solidity itself encodes: `Error(string)` and `Panic(uint256)`.
fn solidity(reverted: &[u8]) -> Option<String> {
    let (selector, rest) = reverted.split_first_chunk::<4>()?;
    match *selector {
        Revert::SELECTOR => {
            let text = Revert::abi_decode_raw(&filled(rest)).ok()?.reason;
            Some(crate::visible(&text, REASON)).filter(|text| !text.is_empty())
        }
        Panic::SELECTOR => {
            let code = Panic::abi_decode_raw(rest).ok()?.code;
            Some(format!("it met a defect (0x{:02x})", code.byte(0)))
        }
        _ => None,
    }
}

/// The arguments of an error that was cut on the way, as the contract does with long ones. The zeros at the end of a text are
/// control characters, which [`visible`](crate::visible) leaves out.
fn filled(arguments: &[u8]) -> Vec<u8> {
    [arguments, &[0; CUT]].concat()
}
