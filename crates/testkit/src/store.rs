//! Databases made for one test each.

use std::env;

use sqlx::{Connection, Executor, PgConnection};
use url::Url;

/// A database nobody else uses.
#[derive(Debug, Clone)]
pub struct Fresh {
    base: Url,
    name: String,
}

impl Fresh {
    /// Makes one in the Postgres of `DATABASE_URL`.
    pub async fn make() -> Self {
        let base = env::var("DATABASE_URL").expect("tests need DATABASE_URL: a Postgres in which databases may be made");
        let base = Url::parse(&base).unwrap();
        let mut random = [0; 8];
        getrandom::fill(&mut random).unwrap();
        let fresh = Self { base, name: format!("jackdaw_test_{}", hex::encode(random)) };
        fresh.say(&format!("create database {}", fresh.name)).await;
        fresh
    }

    /// Its address.
    pub fn url(&self) -> String {
        let mut url = self.base.clone();
        url.set_path(&self.name);
        url.into()
    }

    /// Nobody gets in, and who is in is thrown out.
    pub async fn go_away(&self) {
        self.say(&format!("alter database {} with allow_connections false", self.name)).await;
        self.say(&format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{}'", self.name)).await;
    }

    /// It is back.
    pub async fn come_back(&self) {
        self.say(&format!("alter database {} with allow_connections true", self.name)).await;
    }

    /// Everything in it, as text: each row of each table.
    pub async fn dump(&self) -> String {
        let mut connection = PgConnection::connect(&self.url()).await.unwrap();
        let tables: Vec<String> =
            sqlx::query_scalar("select table_name::text from information_schema.tables where table_schema = 'public'")
                .fetch_all(&mut connection)
                .await
                .unwrap();
        let mut text = String::new();
        for table in tables {
            let rows = format!("select t::text from {table} t");
            let rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(rows)).fetch_all(&mut connection).await.unwrap();
            text.push_str(&rows.join("\n"));
        }
        text
    }

    /// Removes it.
    pub async fn remove(&self) {
        self.say(&format!("drop database if exists {} with (force)", self.name)).await;
    }

    async fn say(&self, sql: &str) {
        let mut connection = PgConnection::connect(self.base.as_str()).await.unwrap();
        connection.execute(sqlx::AssertSqlSafe(sql.to_owned())).await.unwrap();
    }
}
