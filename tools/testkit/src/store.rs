//! Databases made for one test each.

use std::{env, path::Path};

use sqlx::{Connection, Executor, PgConnection, postgres::PgConnectOptions};
use url::Url;

use crate::proxy::Wire;

/// A database nobody else uses.
#[derive(Debug, Clone)]
pub struct Fresh {
    base: Url,
    name: String,
}

impl Fresh {
    /// Makes one in the Postgres of `DATABASE_URL`.
    pub async fn make() -> Self {
        let base =
            env::var("DATABASE_URL").expect("tests need DATABASE_URL: a Postgres in which databases may be made");
        let base = Url::parse(&base).unwrap();
        let mut random = [0; 8];
        getrandom::fill(&mut random).unwrap();
        let fresh = Self {
            base,
            name: format!("jackdaw_test_{}", hex::encode(random)),
        };
        fresh.say(&format!("create database {}", fresh.name)).await;
        fresh
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URL of the database.
    pub fn url(&self) -> String {
        let mut url = self.base.clone();
        url.set_path(&self.name);
        url.into()
    }

    /// Lays a wire to it that can be cut, and gives the address at its end.
    pub fn through_a_wire(&self, folder: &Path) -> (Wire, String) {
        let upstream: PgConnectOptions = self.base.as_str().parse().unwrap();
        let wire = Wire::lay(folder, upstream);
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("host", folder.to_str().unwrap());
        for (key, value) in self
            .base
            .query_pairs()
            .filter(|(key, _)| key == "user" || key == "password")
        {
            query.append_pair(&key, &value);
        }
        if !self.base.username().is_empty() {
            query.append_pair("user", self.base.username());
        }
        if let Some(password) = self.base.password() {
            query.append_pair("password", password);
        }
        (wire, format!("postgres:///{}?{}", self.name, query.finish()))
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
            let rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(rows))
                .fetch_all(&mut connection)
                .await
                .unwrap();
            text.push_str(&rows.join("\n"));
        }
        text
    }

    /// Drops the database.
    pub async fn remove(&self) {
        self.say(&format!("drop database if exists {} with (force)", self.name))
            .await;
    }

    async fn say(&self, sql: &str) {
        let mut connection = PgConnection::connect(self.base.as_str()).await.unwrap();
        connection.execute(sqlx::AssertSqlSafe(sql.to_owned())).await.unwrap();
    }
}
