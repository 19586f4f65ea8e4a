#![expect(missing_docs, reason = "the fields of the generated struct are the arguments below")]

use leptos::server;
use protocol::InstallationId;

use super::wire::Wire;
use crate::error::AppError;

/// Names a browser of this account, for the account itself; gives the name as it is kept, trimmed.
#[server(name = NameInstallation, prefix = "/api", endpoint = "name_installation", protocol = Wire)]
pub async fn name_installation(installation: InstallationId, name: String) -> Result<String, AppError> {
    let (services, _, session) = super::caller::signed_in().await?;
    services
        .accounts
        .name_installation(&session, installation, &name)
        .await
        .map_err(super::caller::refused)
}
