//! The pages. Public ones are rendered by the server as whole documents, without wasm; the others live in `/app`.

mod chats;
mod frame;
mod gate;
mod new;
mod not_found;
#[cfg(feature = "ssr")]
mod public;
mod settings;
mod sign_out;

pub use chats::{Chats, InviteLink};
pub use frame::Frame;
pub use gate::Gate;
pub use new::{New, NotHere};
pub use not_found::NotFound;
#[cfg(feature = "ssr")]
pub use public::{error_html, invite_html, landing_html, not_found_html};
pub use settings::Settings;
pub use sign_out::SignOutForm;
