//! The contract for tips: how it is called, what it says, and what follows from that for a tip somebody claims.
//!
//! Its address follows from its creation code (EIP-1014, salt zero), so it is the same on every chain and compiled in here: a
//! server that names another one is not believed. The event of that contract is the only truth about a tip; to whom a
//! transaction was addressed says nothing, because smart wallets call on somebody's behalf.
//!
//! Encoded by hand (`contracts/src/interfaces/ITips.sol` is the interface): this goes into the page. A test compares every word
//! of it with what a compiler makes of the committed ABI.

use alloy_primitives::{address, b256, hex};
use protocol::{Address, Log, Receipt, TipId, TipMismatch, TxHash, U256};

/// Where the contract stands on every chain that has it.
pub const CONTRACT: Address = address!("0xFB6b0ef6a1Ac3eed399Fa4D49818d73247BDD495");
/// The contract that puts it there, on every chain (Arachnid's deterministic deployer).
pub const DEPLOYER: Address = address!("0x4e59b44847b379578588920cA78FbF26c0B4956C");
/// `Tipped(bytes32,address,address,address,uint256)`: the first word of its event.
pub const TIPPED: [u8; 32] = b256!("0xda8193f8ed971f6533f4d230a5af0a498320244fcd35c7e285ccfa59dd1ee4c1").0;

/// `tip(bytes32,address)`.
const TIP: [u8; 4] = hex!("52c7bf27");
/// `used(address,bytes32)`.
const USED: [u8; 4] = hex!("41a1c110");
/// `AlreadyTipped(bytes32)`: this sender has paid under this id before. A revert with it begins so.
pub const ALREADY_TIPPED: [u8; 4] = hex!("e9a19945");
/// `NothingToTip()`.
const NOTHING_TO_TIP: [u8; 4] = hex!("09c39286");
/// `NoRecipient()`.
const NO_RECIPIENT: [u8; 4] = hex!("65a4920b");
/// `RecipientRefused(bytes)`.
const RECIPIENT_REFUSED: [u8; 4] = hex!("bb0bbfb1");
/// `Error(string)`, of Solidity itself.
const ERROR: [u8; 4] = hex!("08c379a0");
/// `Panic(uint256)`, of Solidity itself.
const PANIC: [u8; 4] = hex!("4e487b71");
/// The most characters of somebody else's words that are shown.
const REASON: usize = 160;

/// The input of the call that pays; the amount goes along as the call's value.
pub fn call(id: TipId, to: Address) -> Vec<u8> {
    input(TIP, id.0, padded(to))
}

/// The input of the question whether this sender has paid under this id. Answered by [`is_used`].
pub fn used_call(from: Address, id: TipId) -> Vec<u8> {
    input(USED, padded(from), id.0)
}

/// The answer to [`used_call`]; `None`: no answer of our contract.
pub fn is_used(returned: &[u8]) -> Option<bool> {
    match U256::try_from_be_slice(returned).filter(|_| returned.len() == 32)? {
        U256::ZERO => Some(false),
        U256::ONE => Some(true),
        _ => None,
    }
}

fn input(selector: [u8; 4], first: [u8; 32], second: [u8; 32]) -> Vec<u8> {
    [&selector[..], &first, &second].concat()
}

fn padded(address: Address) -> [u8; 32] {
    address.into_word().0
}

/// What the contract says of a tip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tipped {
    /// Counts once for its sender.
    pub id: TipId,
    /// Who paid.
    pub sender: Address,
    /// Who was paid.
    pub recipient: Address,
    /// In which coin; zero is the chain's own.
    pub token: Address,
    /// In its smallest unit.
    pub amount: U256,
}

/// The tip in a log, if it is one of our contract.
pub fn tipped(log: &Log) -> Option<Tipped> {
    let [TIPPED, id, sender, recipient] = *log.topics.as_slice() else {
        return None;
    };
    let data: [u8; 64] = log.data.as_slice().try_into().ok()?;
    if log.address != CONTRACT {
        return None;
    }
    Some(Tipped {
        id: TipId(id),
        sender: unpadded(&sender)?,
        recipient: unpadded(&recipient)?,
        token: unpadded(&data[..32])?,
        amount: U256::from_be_slice(&data[32..]),
    })
}

fn unpadded(word: &[u8]) -> Option<Address> {
    let (zeros, address) = word.split_at_checked(12)?;
    (zeros == [0; 12]).then(|| Address::from_slice(address))
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

/// What was read from a chain about a claim.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The chain it was read from.
    pub chain_id: u64,
    /// The transaction that was asked for.
    pub hash: TxHash,
    /// The receipt that came.
    pub receipt: &'a Receipt,
    /// The number of the newest block.
    pub head: u64,
}

/// What follows from a reading for a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Right in everything, in a block that is not old enough.
    Confirming {
        /// Blocks that count, its own included; 0 if whoever told the newest block has not seen this one.
        done: u32,
        /// Blocks it takes.
        of: u32,
    },
    /// Right in everything, and as old as the network asks for.
    Confirmed,
    /// In a block, and moved nothing.
    Reverted,
    /// The chain tells something else than the claim.
    Mismatch(TipMismatch),
    /// This is not the receipt that was asked for: nothing follows from it.
    Garbage,
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
    let done = reading.head.saturating_add(1).saturating_sub(receipt.block);
    let done = u32::try_from(done).unwrap_or(u32::MAX);
    let of = confirmations.max(1);
    if done >= of {
        Verdict::Confirmed
    } else {
        Verdict::Confirming { done, of }
    }
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
        NOTHING_TO_TIP => Some("A tip needs an amount.".to_owned()),
        NO_RECIPIENT => Some("The recipient is not an account.".to_owned()),
        RECIPIENT_REFUSED => {
            let said = bytes_in(rest).and_then(solidity);
            Some(match said {
                Some(said) => format!("The recipient does not take it: {said}"),
                None => "The recipient does not take it.".to_owned(),
            })
        }
        _ => solidity(reverted),
    }
}

/// What Solidity itself encodes.
fn solidity(reverted: &[u8]) -> Option<String> {
    let (selector, rest) = reverted.split_first_chunk::<4>()?;
    match *selector {
        ERROR => {
            let text = String::from_utf8_lossy(bytes_in(rest)?);
            Some(crate::visible(&text, REASON)).filter(|text| !text.is_empty())
        }
        PANIC => Some(format!("it met a defect (0x{:02x})", rest.get(31)?)),
        _ => None,
    }
}

/// The one `bytes` or `string` among the arguments, as far as it is there: what comes from others may have been cut.
fn bytes_in(arguments: &[u8]) -> Option<&[u8]> {
    let number = |at: usize| -> Option<usize> {
        let word = arguments.get(at..at.checked_add(32)?)?;
        U256::from_be_slice(word).try_into().ok()
    };
    let at = number(0)?;
    let length = number(at)?;
    let rest = arguments.get(at.checked_add(32)?..)?;
    rest.get(..length.min(rest.len()))
}
