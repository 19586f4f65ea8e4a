use leptos::server;
use server_fn::codec::Postcard;

use crate::error::AppError;

/// Ends this session and clears its cookie.
#[server(name = SignOut, prefix = "/api", endpoint = "sign_out", input = Postcard, output = Postcard)]
pub async fn sign_out() -> Result<(), AppError> {
    Err(AppError(protocol::ErrorCode::Unavailable))
}
