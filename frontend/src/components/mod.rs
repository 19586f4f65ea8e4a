//! Small parts: they receive, they do not fetch.

mod announcer;
mod avatar;
mod copy;
mod dialog;
mod each;
mod icon;
mod lazy;
mod link;

pub use announcer::Announcer;
pub use avatar::Avatar;
pub use copy::{Copy, Words, fixed};
pub use dialog::Dialog;
pub use each::{each, row};
pub use icon::{Icon, Shape, icon};
pub use link::A;
