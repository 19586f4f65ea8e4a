#![expect(missing_docs, reason = "the fields of the generated struct are the arguments below")]

use leptos::server;
use protocol::{Address, api::Person};

use super::wire::Wire;
use crate::error::AppError;

/// What may be known of these accounts. Accounts that never signed in are left out or come with `is_registered: false`.
#[server(name = GetPeople, prefix = "/api", endpoint = "people", protocol = Wire)]
pub async fn people(addresses: Vec<Address>) -> Result<Vec<Person>, AppError> {
    let (services, ..) = super::caller::signed_in().await?;
    services.people.people(&addresses).await.map_err(super::caller::refused)
}
