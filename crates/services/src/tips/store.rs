//! The SQL of tips. Amounts go through text: `numeric` holds them whole.

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// A number of a chain as a `bigint`. No chain has one beyond it.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A block by number and hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BlockRow {
    pub number: i64,
    pub hash: Vec<u8>,
}

/// How far a chain has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    pub genesis: Vec<u8>,
    pub number: i64,
    pub hash: Vec<u8>,
}

pub(super) async fn cursor(pool: &PgPool, chain: i64) -> Result<Option<Cursor>> {
    sqlx::query_as!(
        Cursor,
        "select genesis, number, hash from tip_chains where chain_id = $1",
        chain
    )
    .fetch_optional(pool)
    .await
}

/// The first of two watchers begins; the other finds its row.
pub(super) async fn begin(connection: &mut PgConnection, chain: i64, cursor: &Cursor) -> Result<bool> {
    let done = sqlx::query!(
        "insert into tip_chains (chain_id, genesis, number, hash) values ($1, $2, $3, $4) on conflict do nothing",
        chain,
        cursor.genesis,
        cursor.number,
        cursor.hash
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Moves the cursor if nobody else has, and locks its row.
pub(super) async fn move_cursor(
    connection: &mut PgConnection,
    chain: i64,
    from: &Cursor,
    number: i64,
    hash: &[u8],
) -> Result<bool> {
    let done = sqlx::query!(
        "update tip_chains set number = $4, hash = $5 where chain_id = $1 and number = $2 and hash = $3",
        chain,
        from.number,
        from.hash,
        number,
        hash
    )
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets a chain with all that was read of it, if nobody else has moved its cursor.
pub(super) async fn forget(pool: &PgPool, chain: i64, at: &Cursor) -> Result<bool> {
    let done = sqlx::query!(
        "delete from tip_chains where chain_id = $1 and number = $2 and hash = $3",
        chain,
        at.number,
        at.hash
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The blocks that were read up to this one, in order.
pub(super) async fn blocks(pool: &PgPool, chain: i64, up_to: i64) -> Result<Vec<BlockRow>> {
    sqlx::query_as!(
        BlockRow,
        "select number, hash from tip_blocks where chain_id = $1 and number <= $2 order by number",
        chain,
        up_to
    )
    .fetch_all(pool)
    .await
}

pub(super) async fn put_blocks(
    connection: &mut PgConnection,
    chain: i64,
    numbers: &[i64],
    hashes: &[&[u8]],
) -> Result<()> {
    sqlx::query!(
        "insert into tip_blocks (chain_id, number, hash)
         select $1, number, hash from unnest($2::bigint[], $3::bytea[]) as r (number, hash)",
        chain,
        numbers,
        hashes as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Thins out what is older than the newest: every so many blocks one stays, and the first.
pub(super) async fn thin_out(connection: &mut PgConnection, chain: i64, below: i64, every: i64) -> Result<()> {
    sqlx::query!(
        "delete from tip_blocks where chain_id = $1 and number < $2 and number % $3 <> 0
             and number > (select min(number) from tip_blocks where chain_id = $1)",
        chain,
        below,
        every
    )
    .execute(connection)
    .await?;
    Ok(())
}

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

/// What is there already stays as it is: the same log again, or a second tip of one sender and id, which the contract has not
/// made.
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

/// Takes back what stands behind this block; gives how many tips that were.
pub(super) async fn take_back(connection: &mut PgConnection, chain: i64, behind: i64) -> Result<u64> {
    sqlx::query!(
        "delete from tip_blocks where chain_id = $1 and number > $2",
        chain,
        behind
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "delete from tip_replacements where chain_id = $1 and block_number > $2",
        chain,
        behind
    )
    .execute(&mut *connection)
    .await?;
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

/// Who signed a transaction.
pub(super) struct SignedRow {
    pub signer: Vec<u8>,
    pub nonce: i64,
}

pub(super) async fn transaction(pool: &PgPool, chain: i64, hash: &[u8]) -> Result<Option<SignedRow>> {
    sqlx::query_as!(
        SignedRow,
        "select signer, nonce from tip_transactions where chain_id = $1 and hash = $2",
        chain,
        hash
    )
    .fetch_optional(pool)
    .await
}

/// A transaction at first sight.
pub(super) struct Sighted<'a> {
    pub chain: i64,
    pub hash: &'a [u8],
    pub signer: &'a [u8],
    pub nonce: i64,
    pub asked_by: &'a [u8],
    pub at: OffsetDateTime,
}

/// Keeps it, and of each installation the newest so many.
pub(super) async fn put_transaction(pool: &PgPool, row: &Sighted<'_>, keep: i64) -> Result<()> {
    sqlx::query!(
        "insert into tip_transactions (chain_id, hash, signer, nonce, asked_by, at) values ($1, $2, $3, $4, $5, $6)
         on conflict do nothing",
        row.chain,
        row.hash,
        row.signer,
        row.nonce,
        row.asked_by,
        row.at
    )
    .execute(pool)
    .await?;
    sqlx::query!(
        "delete from tip_transactions where (chain_id, hash) in (
             select chain_id, hash from tip_transactions where asked_by = $1 order by at desc, hash offset $2)",
        row.asked_by,
        keep
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Which transaction is in a block instead of this one, as far as that has been found out.
pub(super) async fn replacement(pool: &PgPool, chain: i64, hash: &[u8]) -> Result<Option<Vec<u8>>> {
    sqlx::query_scalar!(
        "select replaced_by from tip_replacements where chain_id = $1 and hash = $2",
        chain,
        hash
    )
    .fetch_optional(pool)
    .await
}

/// Keeps it, if the cursor still is where it was while it was searched for: else its block may have been taken back already.
pub(super) async fn put_replacement(
    pool: &PgPool,
    chain: i64,
    at: &Cursor,
    hash: &[u8],
    replaced_by: &[u8],
    block: i64,
) -> Result<()> {
    sqlx::query!(
        "insert into tip_replacements (chain_id, hash, replaced_by, block_number)
         select t.chain_id, t.hash, $5, $6 from tip_chains c join tip_transactions t on t.chain_id = c.chain_id
         where c.chain_id = $1 and c.number = $2 and c.hash = $3 and t.hash = $4
         for share
         on conflict do nothing",
        chain,
        at.number,
        at.hash,
        hash,
        replaced_by,
        block
    )
    .execute(pool)
    .await?;
    Ok(())
}
