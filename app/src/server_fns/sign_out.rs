use leptos::server;

use super::wire::Wire;
use crate::error::AppError;

/// Ends this session and clears its cookie. One that is over already has nothing left to end.
#[server(name = SignOut, prefix = "/api", endpoint = "sign_out", protocol = Wire)]
pub async fn sign_out() -> Result<(), AppError> {
    // Whatever becomes of the session: this browser has no cookie afterwards.
    let (services, caller) = super::caller::here()?;
    caller.drop_session();
    match super::caller::session(&services, &caller).await? {
        Some(session) => services
            .accounts
            .sign_out(&session)
            .await
            .map_err(super::caller::refused),
        None => Ok(()),
    }
}
