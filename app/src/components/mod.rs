//! Small parts: they receive, they do not fetch.

pub mod avatar;
mod copy;
mod dialog;
mod icon;
mod link;
mod mark;

pub use avatar::Avatar;
pub use copy::Copy;
pub use dialog::Dialog;
pub use icon::{Icon, Shape};
pub use link::A;
pub use mark::Mark;
