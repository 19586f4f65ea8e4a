#![expect(missing_docs, reason = "the fields of the generated struct are the arguments below")]

use leptos::server;
use protocol::api::SignedIn;

use super::wire::Wire;
use crate::error::AppError;

/// Opens a session: checks the signed text and sets the session's cookie.
#[server(name = SignIn, prefix = "/api", endpoint = "sign_in", protocol = Wire)]
pub async fn sign_in(text: String, signature: Vec<u8>) -> Result<SignedIn, AppError> {
    let (services, caller) = super::caller::here()?;
    let signed_in = services
        .accounts
        .sign_in(&caller.browser(), &text, &signature, &caller.agent)
        .await;
    let signed_in = signed_in.map_err(super::caller::refused)?;
    caller.keep_session(&signed_in.token);
    Ok(signed_in.answer())
}
