//! What the server renders: the public pages as whole documents without wasm, and the shell of `/app`.

mod document;
mod landing;
mod pages;

pub use document::{Assets, THEME_SCRIPT, shell, start_script};
pub use landing::landing_html;
pub use pages::{error_html, invite_html, not_found_html, refusal_html};
