//! The pages of `/app`. Public ones stand in `public/`: the server renders them as whole documents, without wasm.

mod chats;
mod frame;
mod gate;
mod new;
mod not_found;
mod revoked;
mod settings;
mod shut;
mod sign_out;
mod welcome;

pub use chats::{Begin, Chats};
pub use frame::FRAME;
pub use gate::Gate;
pub use new::{NEW, NOT_HERE};
pub use not_found::NotFound;
pub use settings::SETTINGS;
pub use sign_out::SIGN_OUT;
