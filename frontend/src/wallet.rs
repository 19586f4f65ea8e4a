//! The wallet: found by EIP-6963, asked by EIP-1193, and never asked anything that does not stand in [`request`].
//!
//! A wallet is somebody else's code. Its answers are checked for their shape here and for their truth where they count: the
//! server and every other client verify the signature. A wallet that never answers blocks nothing: every question is a future
//! that may be dropped.

mod answer;
mod api;
mod asking;
mod connected;
mod discovery;
mod error;
mod prompts;
mod provider;
mod read;
mod refusal;
mod request;
mod sentences;

pub use connected::Wallet;
pub use discovery::WalletInfo;
pub use error::WalletError;
pub use sentences::{PERHAPS, refusal_sentence, wallet_sentence};
