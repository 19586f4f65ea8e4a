//! Stories of people who talk, lose their place, come late, and cheat.
#![allow(clippy::unwrap_used, reason = "tests")]

mod attacks;
mod builds;
mod bytes;
mod forms;
mod people;
mod races;
mod steps;
mod talk;
