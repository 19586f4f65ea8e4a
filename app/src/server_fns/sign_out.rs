use leptos::server;

use super::wire::Wire;
use crate::error::AppError;

/// Ends this session and clears its cookie.
#[server(name = SignOut, prefix = "/api", endpoint = "sign_out", protocol = Wire)]
pub async fn sign_out() -> Result<(), AppError> {
    // Whatever becomes of the session: this browser has no cookie afterwards.
    super::caller::here()?.1.drop_session();
    let (services, _, session) = super::caller::signed_in().await?;
    services
        .accounts
        .sign_out(&session)
        .await
        .map_err(super::caller::refused)
}
