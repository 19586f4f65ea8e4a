use leptos::server;

use super::wire::Wire;
use crate::error::AppError;

/// Ends every session of this account but this one.
#[server(name = EndOtherSessions, prefix = "/api", endpoint = "end_other_sessions", protocol = Wire)]
pub async fn end_other_sessions() -> Result<(), AppError> {
    let (services, _, session) = super::caller::signed_in().await?;
    services
        .accounts
        .end_others(&session)
        .await
        .map_err(super::caller::refused)?;
    Ok(())
}
