//! The drill of the client: `client` and `e2ee` as they ship, in the world of `stage`, where a seed decides every step.
//!
//! [`plan`] draws from the seed who is there and what goes wrong, [`play`] is the scheduler, [`acts`] what people and their machines
//! do, [`liar`] what a lying server says, [`wire`] sees which keys seal what leaves, [`judge`] is the checker, [`crowd`] is a group of
//! fifty. [`cast`] holds installations that are signed in already, so that a seed does not begin with a hundred key pairs.

pub mod acts;
pub mod cast;
pub mod cli;
pub mod crowd;
pub mod judge;
pub mod liar;
pub mod plan;
pub mod play;
pub mod report;
pub mod wire;
