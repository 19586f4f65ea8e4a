//! The pages. Public ones are rendered by the server as whole documents, without wasm; the others live in `/app`.

#[cfg(feature = "ssr")]
mod public;

#[cfg(feature = "ssr")]
pub use public::{error_html, invite_html, landing_html, not_found_html};
