//! The machine's side of Jackdaw: accounts, directory, people, delivery, each room with its SQL in `store.rs`.
//!
//! It orders and keeps opaque bytes and checks who may write where. It never sees a message's words: neither `e2ee` nor
//! OpenMLS is among its dependencies. Nothing here knows HTTP or Leptos.

pub mod accounts;
pub mod db;
pub mod directory;
pub mod people;
pub mod time;
