//! Small parts that the public pages and the page of `/app` share.

pub mod avatar;
mod mark;

pub use mark::Mark;
