use leptos::server;
use protocol::api::Site;

use super::wire::Wire;
use crate::error::AppError;

/// What the page must know before anybody signs in, and who is signed in. A visitor who is not gets the browser's cookie here, before
/// anything depends on it: of two tabs that ask for a text at once without one, each would get another.
#[server(name = GetSite, prefix = "/api", endpoint = "site", protocol = Wire)]
pub async fn site() -> Result<Site, AppError> {
    let (services, caller) = super::caller::here()?;
    let session = super::caller::session(&services, &caller).await?;
    if session.is_none() {
        caller.browser();
    }
    let me = session.map(|session| session.me());
    Ok(services.site.for_visitor(me))
}
