//! What the page asks the server: one function per file, Postcard in and out, POST only, under `/api`.
//!
//! To add one: a file like its neighbours, its arguments and answer in `protocol::api`, a line here and in the server's table.

#[cfg(feature = "ssr")]
mod caller;
#[cfg(feature = "ssr")]
pub mod cookies;

mod challenge;
mod end_other_sessions;
mod end_session;
mod installations;
mod name_installation;
mod people;
mod sessions;
mod set_name;
mod sign_in;
mod sign_out;
mod site;
mod test_coins;
mod wire;

#[cfg(feature = "ssr")]
pub use caller::{Caller, StatusOf};
pub use challenge::{GetChallenge, challenge};
pub use end_other_sessions::{EndOtherSessions, end_other_sessions};
pub use end_session::{EndSession, end_session};
pub use installations::{GetInstallations, installations};
pub use name_installation::{NameInstallation, name_installation};
pub use people::{GetPeople, people};
pub use sessions::{GetSessions, sessions};
pub use set_name::{SetName, set_name};
pub use sign_in::{SignIn, sign_in};
pub use sign_out::{SignOut, sign_out};
pub use site::{GetSite, site};
pub use test_coins::{TestCoins, test_coins};
