#![expect(missing_docs, reason = "the fields of the generated struct are the arguments below")]

use leptos::server;
use server_fn::codec::Postcard;

use crate::error::AppError;

/// Sets the name others see; empty takes it away.
#[server(name = SetName, prefix = "/api", endpoint = "set_name", input = Postcard, output = Postcard)]
pub async fn set_name(name: String) -> Result<(), AppError> {
    let _ = name;
    Err(AppError(protocol::ErrorCode::Unavailable))
}
