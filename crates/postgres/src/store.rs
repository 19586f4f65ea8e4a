//! The SQL of the private Postgres.

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, postgres::PgConnectOptions};

/// Makes the database if there is none. `name` is a constant of ours.
pub(crate) async fn make_database(options: &PgConnectOptions, name: &'static str) -> Result<(), sqlx::Error> {
    let mut connection = options.connect().await?;
    let there = sqlx::query_scalar!(
        r#"select exists (select from pg_database where datname = $1) as "there!""#,
        name
    )
    .fetch_one(&mut connection)
    .await?;
    if !there {
        sqlx::raw_sql(AssertSqlSafe(format!("create database {name}")))
            .execute(&mut connection)
            .await?;
    }
    connection.close().await?;
    Ok(())
}
