#![expect(missing_docs, reason = "the fields of the generated struct are the arguments below")]

use leptos::server;

use super::wire::Wire;
use crate::error::AppError;

/// Ends one session of this account.
#[server(name = EndSession, prefix = "/api", endpoint = "end_session", protocol = Wire)]
pub async fn end_session(id: String) -> Result<(), AppError> {
    let (services, _, session) = super::caller::signed_in().await?;
    services
        .accounts
        .end_session(&session, &id)
        .await
        .map_err(super::caller::refused)
}
