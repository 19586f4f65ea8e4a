//! The stores: each a struct with private signals, which it alone writes.

mod balance;
mod conversations;
mod drafts;
mod facts;
pub mod flow;
mod people;
mod thread;
pub mod tips;

pub use balance::BalanceWriter;
pub use conversations::{ConversationLine, ConversationLines, ConversationsWriter};
pub use drafts::DraftsWriter;
pub use facts::{FactsWriter, Revocation};
pub use people::PeopleWriter;
pub use thread::{MessageLine, ThreadWriter};
