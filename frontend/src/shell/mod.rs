//! What stays while one moves about in `/app`: the frame with its rail, and what is drawn before the frame is there.

mod app;
mod frame;
mod not_found;

pub use app::App;
pub use frame::FRAME;
