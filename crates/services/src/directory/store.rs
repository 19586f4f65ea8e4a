//! The SQL of the directory.

use sqlx::{PgConnection, PgExecutor, PgPool};
use time::OffsetDateTime;

type Result<T> = std::result::Result<T, sqlx::Error>;

pub(super) struct Listed {
    pub installation: Vec<u8>,
    pub association: Vec<u8>,
}

pub(super) async fn installations_of(pool: &PgPool, address: &[u8], limit: usize) -> Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        "select i.installation, i.association from installations i join accounts a on a.id = i.account_id
         where a.address = $1 and i.revoked_at is null order by i.seen_at desc, i.id limit $2",
        address,
        i64::try_from(limit).unwrap_or(i64::MAX)
    )
    .fetch_all(pool)
    .await
}

pub(super) async fn association(pool: &PgPool, hash: &[u8]) -> Result<Option<Vec<u8>>> {
    sqlx::query_scalar!("select bytes from associations where hash = $1", hash)
        .fetch_optional(pool)
        .await
}

pub(super) async fn revocations(pool: &PgPool, installations: &[&[u8]]) -> Result<Vec<Vec<u8>>> {
    sqlx::query_scalar!(
        "select r.bytes from revocations r join installations i on i.id = r.installation_id
         where i.installation = any($1::bytea[])",
        installations as _
    )
    .fetch_all(pool)
    .await
}

pub(super) async fn public_key(pool: &PgPool, installation: &[u8]) -> Result<Option<Vec<u8>>> {
    sqlx::query_scalar!(
        "select public_key from installations where installation = $1 and revoked_at is null",
        installation
    )
    .fetch_optional(pool)
    .await
}

/// Takes the oldest one away; claimers at the same time take others.
pub(super) async fn claim(pool: &PgPool, installation: &[u8]) -> Result<Option<Vec<u8>>> {
    sqlx::query_scalar!(
        "delete from key_packages where id = (
             select k.id from key_packages k join installations i on i.id = k.installation_id
             where i.installation = $1 and i.revoked_at is null
             order by k.id for update of k skip locked limit 1)
         returning bytes",
        installation
    )
    .fetch_optional(pool)
    .await
}

pub(super) async fn last_resort(pool: &PgPool, installation: &[u8]) -> Result<Option<Vec<u8>>> {
    sqlx::query_scalar!(
        "select l.bytes from last_resorts l join installations i on i.id = l.installation_id
         where i.installation = $1 and i.revoked_at is null",
        installation
    )
    .fetch_optional(pool)
    .await
}

pub(super) struct Locked {
    pub id: i64,
    pub address: Vec<u8>,
}

pub(super) async fn lock_installation(connection: &mut PgConnection, installation: &[u8]) -> Result<Option<Locked>> {
    sqlx::query_as!(
        Locked,
        "select i.id, a.address from installations i join accounts a on a.id = i.account_id
         where i.installation = $1 and i.revoked_at is null for no key update of i",
        installation
    )
    .fetch_optional(connection)
    .await
}

pub(super) async fn put_key_packages(connection: &mut PgConnection, id: i64, key_packages: &[&[u8]]) -> Result<()> {
    sqlx::query!(
        "insert into key_packages (installation_id, bytes) select $1, bytes from unnest($2::bytea[]) as bytes",
        id,
        key_packages as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn drop_oldest(connection: &mut PgConnection, id: i64, keep: usize) -> Result<()> {
    sqlx::query!(
        "delete from key_packages where installation_id = $1 and id in (
             select id from key_packages where installation_id = $1 order by id desc offset $2)",
        id,
        i64::try_from(keep).unwrap_or(i64::MAX)
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn put_last_resort(connection: &mut PgConnection, id: i64, bytes: &[u8]) -> Result<()> {
    sqlx::query!(
        "insert into last_resorts (installation_id, bytes) values ($1, $2)
         on conflict (installation_id) do update set bytes = excluded.bytes",
        id,
        bytes
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn count(executor: impl PgExecutor<'_>, installation: &[u8]) -> Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from key_packages k join installations i on i.id = k.installation_id
           where i.installation = $1"#,
        installation
    )
    .fetch_one(executor)
    .await
}

pub(super) async fn touch(pool: &PgPool, installation: &[u8], now: OffsetDateTime) -> Result<()> {
    sqlx::query!(
        "update installations set seen_at = $2 where installation = $1 and seen_at < $2",
        installation,
        now
    )
    .execute(pool)
    .await?;
    Ok(())
}
