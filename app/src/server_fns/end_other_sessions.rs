use leptos::server;
use server_fn::codec::Postcard;

use crate::error::AppError;

/// Ends every session of this account but this one.
#[server(name = EndOtherSessions, prefix = "/api", endpoint = "end_other_sessions", input = Postcard, output = Postcard)]
pub async fn end_other_sessions() -> Result<(), AppError> {
    let (services, _, session) = super::caller::signed_in().await?;
    services
        .accounts
        .end_others(&session)
        .await
        .map_err(super::caller::refused)?;
    Ok(())
}
