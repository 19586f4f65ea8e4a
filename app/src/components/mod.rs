//! Small parts: they receive, they do not fetch.

mod avatar;
mod copy;
mod dialog;
mod icon;
mod link;
mod mark;

pub use avatar::Avatar;
#[cfg(feature = "ssr")]
pub use avatar::{classes as avatar_classes, letter as avatar_letter};
pub use copy::Copy;
pub use dialog::Dialog;
pub use icon::{Icon, Shape};
pub use link::A;
pub use mark::Mark;
