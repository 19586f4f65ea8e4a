use leptos::server;
use server_fn::codec::Postcard;

use crate::error::AppError;

/// Gives the signed-in account test ETH. Only on development chains.
#[server(name = TestCoins, prefix = "/api", endpoint = "test_coins", input = Postcard, output = Postcard)]
pub async fn test_coins() -> Result<(), AppError> {
    Err(AppError(protocol::ErrorCode::Unavailable))
}
