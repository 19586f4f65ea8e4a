//! Jackdaw.
fn main() {}
