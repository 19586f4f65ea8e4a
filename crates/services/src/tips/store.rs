//! The SQL of tips. Amounts go through text: `numeric` holds them whole.

use sqlx::{PgConnection, PgPool};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Columns of tips.
#[derive(Debug, Default)]
pub(super) struct Rows<'a> {
    pub block_number: Vec<i64>,
    pub block_hash: Vec<&'a [u8]>,
    pub log_index: Vec<i64>,
    pub hash: Vec<&'a [u8]>,
    pub tip_id: Vec<&'a [u8]>,
    pub sender: Vec<&'a [u8]>,
    pub recipient: Vec<&'a [u8]>,
    pub token: Vec<&'a [u8]>,
    pub amount: Vec<String>,
}

/// Inserts the tips and keeps existing rows unchanged. A conflict is the same log read again, or a second tip with one sender and id, which
/// the contract cannot have emitted.
pub(super) async fn put_tips(connection: &mut PgConnection, chain: i64, rows: &Rows<'_>) -> Result<()> {
    sqlx::query!(
        "insert into tips (chain_id, block_number, block_hash, log_index, hash, tip_id, sender, recipient, token, amount)
         select $1, block_number, block_hash, log_index, hash, tip_id, sender, recipient, token, amount::numeric
         from unnest($2::bigint[], $3::bytea[], $4::bigint[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[],
             $9::bytea[], $10::text[])
             as r (block_number, block_hash, log_index, hash, tip_id, sender, recipient, token, amount)
         order by block_number, log_index
         on conflict do nothing",
        chain,
        &rows.block_number,
        &rows.block_hash as _,
        &rows.log_index,
        &rows.hash as _,
        &rows.tip_id as _,
        &rows.sender as _,
        &rows.recipient as _,
        &rows.token as _,
        &rows.amount
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes the tips behind this block; returns how many there were.
pub(super) async fn take_back(connection: &mut PgConnection, chain: i64, behind: i64) -> Result<u64> {
    let done = sqlx::query!(
        "delete from tips where chain_id = $1 and block_number > $2",
        chain,
        behind
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

/// A tip in a block.
pub(super) struct TipRow {
    pub id: i64,
    pub block_number: i64,
    pub hash: Vec<u8>,
    pub tip_id: Vec<u8>,
    pub sender: Vec<u8>,
    pub recipient: Vec<u8>,
    /// In decimal digits.
    pub amount: String,
}

/// Those of these senders and ids that stand.
pub(super) async fn tips(pool: &PgPool, chain: i64, senders: &[&[u8]], ids: &[&[u8]]) -> Result<Vec<TipRow>> {
    sqlx::query_as!(
        TipRow,
        r#"select t.id, t.block_number, t.hash, t.tip_id, t.sender, t.recipient, t.amount::text as "amount!"
           from unnest($2::bytea[], $3::bytea[]) as r (sender, tip_id)
           join tips t on t.chain_id = $1 and t.sender = r.sender and t.tip_id = r.tip_id"#,
        chain,
        senders as _,
        ids as _
    )
    .fetch_all(pool)
    .await
}

/// Those written behind this one, oldest first. One watcher writes at a time, so none with a smaller number follows later.
pub(super) async fn fresh(pool: &PgPool, chain: i64, behind: i64, limit: i64) -> Result<Vec<TipRow>> {
    sqlx::query_as!(
        TipRow,
        r#"select id, block_number, hash, tip_id, sender, recipient, amount::text as "amount!" from tips
           where chain_id = $1 and id > $2 order by id limit $3"#,
        chain,
        behind,
        limit
    )
    .fetch_all(pool)
    .await
}

pub(super) async fn newest(pool: &PgPool, chain: i64) -> Result<i64> {
    sqlx::query_scalar!(
        r#"select coalesce(max(id), 0) as "id!" from tips where chain_id = $1"#,
        chain
    )
    .fetch_one(pool)
    .await
}
