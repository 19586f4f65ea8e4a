//! What the page asks the server: one function per file, Postcard in and out, POST only, under `/api`.
//!
//! To add one: a file like its neighbours, its arguments and answer in `protocol::api`, its `mod` line and a row of `calls!` here. The
//! server makes its routes and limits from the list, and tests walk it.

#[cfg(test)]
mod bytes;
#[cfg(feature = "ssr")]
mod caller;
#[cfg(feature = "ssr")]
mod calls;
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
pub use caller::Caller;
#[cfg(feature = "ssr")]
pub use calls::{Call, Limit};

macro_rules! calls {
    ($($call:ident = $function:ident, limit: $limit:ident;)*) => {
        $(pub use $function::{$call, $function};)*

        /// Every server function.
        #[cfg(feature = "ssr")]
        pub const CALLS: &[Call] = &[$(Call {
            path: <$call as server_fn::ServerFn>::PATH,
            limit: Limit::$limit,
            has_arguments: size_of::<$call>() > 0,
            register: server_fn::axum::register_explicit::<$call>,
        }),*];
    };
}

calls! {
    GetSite = site, limit: Api;
    GetChallenge = challenge, limit: SignIn;
    SignIn = sign_in, limit: SignIn;
    SignOut = sign_out, limit: Api;
    GetSessions = sessions, limit: Api;
    EndSession = end_session, limit: Api;
    EndOtherSessions = end_other_sessions, limit: Api;
    GetInstallations = installations, limit: Api;
    NameInstallation = name_installation, limit: Api;
    SetName = set_name, limit: Api;
    GetPeople = people, limit: Api;
    TestCoins = test_coins, limit: Api;
}
