//! Conversations: the list, the thread with its messages and composer, a stranger's request, and the bars above.

mod bars;
mod composer;
mod list;
mod message;
mod request;
mod thread;
mod timeline;

pub use bars::Bars;
pub use list::List;
pub use thread::Thread;
