#![expect(missing_docs, reason = "the fields of the generated struct are the arguments below")]

use leptos::server;

use super::wire::Wire;
use crate::error::AppError;

/// Sets the name others see; gives it as it is kept, trimmed.
#[server(name = SetName, prefix = "/api", endpoint = "set_name", protocol = Wire)]
pub async fn set_name(name: String) -> Result<String, AppError> {
    let (services, _, session) = super::caller::signed_in().await?;
    services
        .accounts
        .set_name(&session, &name)
        .await
        .map_err(super::caller::refused)
}
