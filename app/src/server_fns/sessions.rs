use leptos::server;
use protocol::api::Session;

use super::wire::Wire;
use crate::error::AppError;

/// The sessions of this account that have not ended, this one first.
#[server(name = GetSessions, prefix = "/api", endpoint = "sessions", protocol = Wire)]
pub async fn sessions() -> Result<Vec<Session>, AppError> {
    let (services, _, session) = super::caller::signed_in().await?;
    services
        .accounts
        .sessions(&session)
        .await
        .map_err(super::caller::refused)
}
