use leptos::server;
use protocol::api::InstallationRow;

use super::wire::Wire;
use crate::error::AppError;

/// The browsers of this account that hold keys, this one first.
#[server(name = GetInstallations, prefix = "/api", endpoint = "installations", protocol = Wire)]
pub async fn installations() -> Result<Vec<InstallationRow>, AppError> {
    let (services, _, session) = super::caller::signed_in().await?;
    services
        .accounts
        .installations(&session)
        .await
        .map_err(super::caller::refused)
}
