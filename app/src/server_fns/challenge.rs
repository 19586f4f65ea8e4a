#![expect(missing_docs, reason = "the fields of the generated struct are the arguments below")]

use leptos::server;
use protocol::{Address, api::Challenge};

use super::wire::Wire;
use crate::error::AppError;

/// The text the wallet shall sign: names the account, this site and the fingerprint of the installation's public key.
#[server(name = GetChallenge, prefix = "/api", endpoint = "challenge", protocol = Wire)]
pub async fn challenge(address: Address, chain_id: u64, public_key: Vec<u8>) -> Result<Challenge, AppError> {
    let (services, caller) = super::caller::here()?;
    let challenge = services
        .accounts
        .challenge(&caller.browser(), address, chain_id, &public_key)
        .await;
    challenge.map_err(super::caller::refused)
}
