//! The SQL of the bench: a database of its own, with people in it.

use sqlx::{PgConnection, PgPool};

type Result = std::result::Result<(), sqlx::Error>;

pub async fn make(admin: &mut PgConnection) -> Result {
    sqlx::raw_sql("drop database if exists jackdaw_bench with (force)")
        .execute(&mut *admin)
        .await?;
    sqlx::raw_sql("create database jackdaw_bench").execute(admin).await?;
    Ok(())
}

/// One account with this many installations, named by their numbers.
pub async fn people(pool: &PgPool, installations: i32) -> Result {
    sqlx::raw_sql(
        "insert into accounts (address, created_at) values (decode(repeat('11', 20), 'hex'), now());
         insert into associations values (decode(repeat('11', 32), 'hex'), 'x')",
    )
    .execute(pool)
    .await?;
    sqlx::query(
        "insert into installations (installation, account_id, public_key, association, agent, created_at, seen_at)
         select decode(lpad(to_hex(n), 64, '0'), 'hex'), 1, decode(repeat('11', 65), 'hex'), hash, '', now(), now()
         from generate_series(0, $1 - 1) n, associations",
    )
    .bind(installations)
    .execute(pool)
    .await?;
    Ok(())
}

pub async fn drop(admin: &mut PgConnection) -> Result {
    sqlx::raw_sql("drop database jackdaw_bench with (force)")
        .execute(admin)
        .await?;
    Ok(())
}
