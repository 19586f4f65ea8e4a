//! The SQL of people.

use sqlx::PgPool;

pub(super) struct Named {
    pub address: Vec<u8>,
    pub name: String,
}

pub(super) async fn names(pool: &PgPool, addresses: &[&[u8]]) -> Result<Vec<Named>, sqlx::Error> {
    sqlx::query_as!(
        Named,
        "select address, name from accounts where address = any($1::bytea[])",
        addresses as _
    )
    .fetch_all(pool)
    .await
}
