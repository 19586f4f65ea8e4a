//! Conversations: the list, the thread with its messages and composer, a stranger's request, and the bars above.

mod bars;
mod chats;
mod composer;
mod list;
mod message;
mod new;
mod quote;
mod reactions;
mod request;
mod thread;
mod timeline;
pub mod words;

pub use bars::Bars;
pub use chats::Chats;
pub use list::List;
pub use new::NEW;
pub use thread::Thread;
