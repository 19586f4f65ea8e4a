//! Money inside the conversation: the button that begins a tip, its dialog, and its card in the thread.
//!
//! The dialog is a part of its own (`lazy.rs`), loaded when it is first opened. What a tip shares with every transaction is
//! [`tx`](crate::tx)'s.

mod button;
mod card;
mod coin;
mod connect;
mod desk;
mod dialog;
mod notice;
mod place;
pub mod words;

pub use button::TipButton;
pub use card::TipCard;
pub use connect::Connect;
pub use dialog::TIP;
pub use notice::Refused;
