//! The SQL of chains and transactions.

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// A number of a chain as a `bigint`. No chain has one beyond it.
pub(crate) fn signed(number: u64) -> i64 {
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
        "select genesis, number, hash from chain_cursors where chain_id = $1",
        chain
    )
    .fetch_optional(pool)
    .await
}

/// The first of two watchers begins; the other finds its row.
pub(super) async fn begin(connection: &mut PgConnection, chain: i64, cursor: &Cursor) -> Result<bool> {
    let done = sqlx::query!(
        "insert into chain_cursors (chain_id, genesis, number, hash) values ($1, $2, $3, $4) on conflict do nothing",
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
        "update chain_cursors set number = $4, hash = $5 where chain_id = $1 and number = $2 and hash = $3",
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
        "delete from chain_cursors where chain_id = $1 and number = $2 and hash = $3",
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
        "select number, hash from chain_blocks where chain_id = $1 and number <= $2 order by number",
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
        "insert into chain_blocks (chain_id, number, hash)
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
        "delete from chain_blocks where chain_id = $1 and number < $2 and number % $3 <> 0
             and number > (select min(number) from chain_blocks where chain_id = $1)",
        chain,
        below,
        every
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes the blocks and replacements behind this block.
pub(super) async fn take_back(connection: &mut PgConnection, chain: i64, behind: i64) -> Result<()> {
    sqlx::query!(
        "delete from chain_blocks where chain_id = $1 and number > $2",
        chain,
        behind
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "delete from transaction_replacements where chain_id = $1 and block_number > $2",
        chain,
        behind
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Who signed a transaction.
pub(super) struct SignedRow {
    pub signer: Vec<u8>,
    pub nonce: i64,
}

pub(super) async fn transaction(pool: &PgPool, chain: i64, hash: &[u8]) -> Result<Option<SignedRow>> {
    sqlx::query_as!(
        SignedRow,
        "select signer, nonce from transactions where chain_id = $1 and hash = $2",
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
        "insert into transactions (chain_id, hash, signer, nonce, asked_by, at) values ($1, $2, $3, $4, $5, $6)
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
        "delete from transactions where (chain_id, hash) in (
             select chain_id, hash from transactions where asked_by = $1 order by at desc, hash offset $2)",
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
        "select replaced_by from transaction_replacements where chain_id = $1 and hash = $2",
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
        "insert into transaction_replacements (chain_id, hash, replaced_by, block_number)
         select t.chain_id, t.hash, $5, $6 from chain_cursors c join transactions t on t.chain_id = c.chain_id
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
