//! What the page remembers. The worker's events go into [`apply`].

mod apply;
pub mod drafts;
pub mod flow;
mod opened;
mod store;
mod stores;
pub mod timeline;
pub mod tips;

pub use apply::apply;
pub use flow::Stage;
pub use opened::Opened;
pub use store::State;
pub use stores::{ConversationLine, MessageLine, tips::Payee};
