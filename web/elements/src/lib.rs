//! Leptos, with one kind of element in the browser.
//!
//! The `view!` macro writes `div().class(…).child(…)`, and Leptos makes a type of every tag with every attribute: build,
//! rebuild, mount and drop are compiled for each of them. In the browser this crate stands in for those functions
//! ([`element`]): every tag is an [`element::El`], a list of settings and children that is carried out when the view is made;
//! what never changes is made of its constant without the browser's parser ([`inert`]). All else is Leptos itself. The server, which renders to text, has Leptos' own elements.
//!
//! `app` and `frontend` name this crate `leptos`, so that views are written as everywhere. What is not offered: attributes spread onto a
//! component, `bind:`, `use:`, `style:`, `inner_html`. To add an attribute or a tag: a word in the lists of [`element`].

pub use leptos::*;

#[cfg(feature = "csr")]
pub mod element;
#[cfg(feature = "csr")]
mod here;
#[cfg(feature = "csr")]
pub mod inert;
#[cfg(any(feature = "csr", test))]
mod markup;
#[cfg(feature = "csr")]
mod value;

/// What the `view!` macro names.
#[cfg(feature = "csr")]
pub mod tachys {
    pub use leptos::tachys::*;

    /// Elements, attributes and events.
    pub mod html {
        pub use crate::{element, inert::InertElement};
        pub use leptos::tachys::html::*;
    }
}
