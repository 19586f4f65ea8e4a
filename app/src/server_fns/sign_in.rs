#![expect(missing_docs, reason = "the fields of the generated struct are the arguments below")]

use leptos::server;
use protocol::api::Me;
use server_fn::codec::Postcard;

use crate::error::AppError;

/// Opens a session: checks the signed text and sets the session's cookie.
#[server(name = SignIn, prefix = "/api", endpoint = "sign_in", input = Postcard, output = Postcard)]
pub async fn sign_in(text: String, signature: Vec<u8>) -> Result<Me, AppError> {
    let _ = (text, signature);
    Err(AppError(protocol::ErrorCode::Unavailable))
}
