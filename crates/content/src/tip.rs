use protocol::{Address, TipId, TxHash, U256};
use serde::{Deserialize, Serialize};

use crate::{Kind, Malformed, TooLarge};

/// A tip, as its sender speaks of it: a claim that its reader compares with the chain.
///
/// Sender and recipient are not in it: they are the author of the message and the other side of the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TipReference {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// The contract that forwarded it.
    pub contract: Address,
    /// Counts once for its sender. Its first 16 bytes are the id of the message that speaks of it.
    pub id: TipId,
    /// The transaction, as the sender's wallet named it. Another one may have replaced it since.
    pub hash: TxHash,
    /// In the smallest unit of the native coin.
    pub amount: U256,
}

impl Kind for TipReference {
    const NUMBER: u16 = 1;

    fn fallback(&self) -> String {
        "Sent a tip. This version of Jackdaw cannot show it.".to_owned()
    }

    fn encode(&self) -> Result<Vec<u8>, TooLarge> {
        postcard::to_stdvec(self).map_err(|_| TooLarge)
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        match postcard::take_from_bytes(bytes) {
            Ok((tip, [])) => Ok(tip),
            _ => Err(Malformed),
        }
    }
}
