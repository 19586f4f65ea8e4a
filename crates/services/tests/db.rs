//! Looking at a database before a server is started on it.
#![allow(clippy::unwrap_used, reason = "tests")]

use services::db::{Schema, look, migrate};
use sqlx::PgPool;

async fn schema(pool: &PgPool) -> Schema {
    look((*pool.connect_options()).clone()).await.unwrap().schema
}

async fn say(pool: &PgPool, sql: &'static str) {
    sqlx::raw_sql(sql).execute(pool).await.unwrap();
}

#[sqlx::test(migrations = false)]
async fn a_schema_is_older_or_newer_or_ours(pool: PgPool) {
    assert_eq!(schema(&pool).await, Schema::None);
    migrate(&pool).await.unwrap();
    assert_eq!(schema(&pool).await, Schema::Ours);
    let looked = look((*pool.connect_options()).clone()).await.unwrap();
    assert!(
        looked.postgres.split('.').all(|part| part.parse::<u32>().is_ok()),
        "{looked:?}"
    );

    say(
        &pool,
        "create table kept as select * from _sqlx_migrations order by version desc limit 1",
    )
    .await;
    say(
        &pool,
        "delete from _sqlx_migrations where version in (select version from kept)",
    )
    .await;
    assert_eq!(schema(&pool).await, Schema::Older(1));
    say(&pool, "insert into _sqlx_migrations select * from kept").await;
    assert_eq!(schema(&pool).await, Schema::Ours);
    // One of this number, and yet another one; and one that nobody here has heard of.
    say(
        &pool,
        "update _sqlx_migrations set checksum = '\\x00' where version = 1",
    )
    .await;
    assert_eq!(schema(&pool).await, Schema::Newer);
    say(
        &pool,
        "delete from _sqlx_migrations where version = 1; update kept set version = 9999",
    )
    .await;
    say(&pool, "insert into _sqlx_migrations select * from kept").await;
    assert_eq!(schema(&pool).await, Schema::Newer);
}

#[sqlx::test(migrations = false)]
async fn a_database_that_is_not_there_is_said(pool: PgPool) {
    let nowhere = (*pool.connect_options()).clone().database("nobody_made_this_one");
    let error = look(nowhere).await.unwrap_err();
    assert!(error.to_string().contains("nobody_made_this_one"), "{error}");
}
