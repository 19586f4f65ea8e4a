//! The wallet: found by EIP-6963, asked by EIP-1193, and never asked anything that does not stand in [`request`].
//!
//! A wallet is somebody else's code. Its answers are checked for their shape here and for their truth where they count: the
//! server and every other client verify the signature. A wallet that never answers blocks nothing: every question is a future
//! that may be dropped.

mod answer;
mod read;
mod refusal;

#[cfg(target_arch = "wasm32")]
mod asking;
#[cfg(target_arch = "wasm32")]
mod discovery;
#[cfg(target_arch = "wasm32")]
mod port;
#[cfg(target_arch = "wasm32")]
mod provider;
#[cfg(target_arch = "wasm32")]
mod request;
#[cfg(target_arch = "wasm32")]
mod wishes;
#[cfg(target_arch = "wasm32")]
pub use port::Wallet;
