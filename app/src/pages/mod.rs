//! The pages of `/app`. Public ones stand in `public/`: the server renders them as whole documents, without wasm.

mod chats;
mod frame;
mod gate;
mod new;
mod not_found;
mod settings;
mod sign_out;

pub use chats::{Begin, Chats};
pub use frame::Frame;
pub use gate::Gate;
pub use new::{New, NotHere};
pub use not_found::NotFound;
pub use settings::Settings;
pub use sign_out::SignOutForm;
