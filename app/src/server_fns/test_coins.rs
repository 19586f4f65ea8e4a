use leptos::server;

use super::wire::Wire;
use crate::error::AppError;

/// Gives the signed-in account test ETH. Only on development chains.
#[server(name = TestCoins, prefix = "/api", endpoint = "test_coins", protocol = Wire)]
pub async fn test_coins() -> Result<(), AppError> {
    let (services, _, session) = super::caller::signed_in().await?;
    let coins = services
        .coins
        .ok_or_else(|| super::caller::refuse(protocol::ErrorCode::NotOnThisNetwork))?;
    coins
        .give_test_coins(session.address)
        .await
        .map_err(super::caller::refused)
}
