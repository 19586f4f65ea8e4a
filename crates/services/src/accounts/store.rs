//! The SQL of accounts.

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

type Result<T> = std::result::Result<T, sqlx::Error>;

pub(super) async fn keep_challenge(
    pool: &PgPool,
    nonce: &str,
    browser: &[u8],
    text: &str,
    public_key: &[u8],
    expires_at: OffsetDateTime,
) -> Result<()> {
    sqlx::query!(
        "insert into challenges (nonce, browser, text, public_key, expires_at) values ($1, $2, $3, $4, $5)",
        nonce,
        browser,
        text,
        public_key,
        expires_at
    )
    .execute(pool)
    .await?;
    Ok(())
}

pub(super) struct Issued {
    pub text: String,
    pub public_key: Vec<u8>,
    pub expires_at: OffsetDateTime,
}

pub(super) async fn challenge(pool: &PgPool, nonce: &str, browser: &[u8]) -> Result<Option<Issued>> {
    sqlx::query_as!(
        Issued,
        "select text, public_key, expires_at from challenges where nonce = $1 and browser = $2",
        nonce,
        browser
    )
    .fetch_optional(pool)
    .await
}

/// Deletes the nonce of this browser. Returns whether it existed: of several concurrent requests only one gets `true`.
pub(super) async fn spend_nonce(connection: &mut PgConnection, nonce: &str, browser: &[u8]) -> Result<bool> {
    let row = sqlx::query!(
        "delete from challenges where nonce = $1 and browser = $2 returning nonce",
        nonce,
        browser
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}

/// Counts a call to a chain about this text. Returns whether the text exists and had fewer than `most` calls.
pub(super) async fn count_question(pool: &PgPool, nonce: &str, browser: &[u8], most: i16) -> Result<bool> {
    let done = sqlx::query!(
        "update challenges set questions = questions + 1 where nonce = $1 and browser = $2 and questions < $3",
        nonce,
        browser,
        most
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) struct AccountRow {
    pub id: i64,
    pub name: String,
    /// As stored: by the row that was there before, if there was one.
    pub chain_id: Option<i64>,
}

pub(super) async fn account(
    connection: &mut PgConnection,
    address: &[u8],
    chain_id: Option<i64>,
    now: OffsetDateTime,
) -> Result<AccountRow> {
    // The update changes nothing; it makes the row come back, locked, also when it was there.
    sqlx::query_as!(
        AccountRow,
        "insert into accounts (address, chain_id, created_at) values ($1, $2, $3)
         on conflict (address) do update set address = excluded.address
         returning id, name, chain_id",
        address,
        chain_id,
        now
    )
    .fetch_one(connection)
    .await
}

/// The account is its key's from now on: what code vouched for is revoked. Gives the sessions that end by it.
pub(super) async fn give_to_key(
    connection: &mut PgConnection,
    account_id: i64,
    now: OffsetDateTime,
) -> Result<Vec<Uuid>> {
    sqlx::query!("update accounts set chain_id = null where id = $1", account_id)
        .execute(&mut *connection)
        .await?;
    sqlx::query!(
        "update installations set revoked_at = $2 where account_id = $1 and revoked_at is null",
        account_id,
        now
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query_scalar!(
        "update sessions set ended_at = $2 where account_id = $1 and ended_at is null returning id",
        account_id,
        now
    )
    .fetch_all(connection)
    .await
}

pub(super) async fn keep_association(connection: &mut PgConnection, hash: &[u8], bytes: &[u8]) -> Result<()> {
    sqlx::query!(
        "insert into associations (hash, bytes) values ($1, $2) on conflict (hash) do nothing",
        hash,
        bytes
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) struct NewInstallation<'a> {
    pub installation: &'a [u8],
    pub account_id: i64,
    pub public_key: &'a [u8],
    pub association: &'a [u8],
    pub agent: &'a str,
    pub now: OffsetDateTime,
}

pub(super) struct InstallationRow {
    pub id: i64,
    /// The association by which others know it.
    pub association: Vec<u8>,
    /// It was not there before: Postgres marks a row that was updated.
    pub new: bool,
}

/// The installation's row with its inbox, new or known; nothing if it is another account's or revoked.
pub(super) async fn installation(
    connection: &mut PgConnection,
    new: NewInstallation<'_>,
) -> Result<Option<InstallationRow>> {
    // The first association stays: key packages and credentials name it.
    let row = sqlx::query_as!(
        InstallationRow,
        r#"insert into installations as i (installation, account_id, public_key, association, agent, created_at, seen_at)
           values ($1, $2, $3, $4, $5, $6, $6)
           on conflict (installation) do update set
               seen_at = excluded.seen_at,
               agent = excluded.agent
           where i.account_id = excluded.account_id and i.revoked_at is null
           returning id, (select a.bytes from associations a where a.hash = i.association) as "association!",
                     (i.xmax = 0) as "new!""#,
        new.installation,
        new.account_id,
        new.public_key,
        new.association,
        new.agent,
        new.now
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    sqlx::query!(
        "insert into topics (topic, inbox_of) values ($1, $2) on conflict do nothing",
        new.installation,
        row.id
    )
    .execute(&mut *connection)
    .await?;
    // A conversation of this very name could only have been made by somebody who knew the key before: not an inbox.
    let inbox = sqlx::query!("select id from topics where inbox_of = $1", row.id)
        .fetch_optional(connection)
        .await?;
    Ok(inbox.map(|_| row))
}

/// Whether the account itself has revoked this installation.
pub(super) async fn is_revoked(connection: &mut PgConnection, installation: &[u8]) -> Result<bool> {
    let row = sqlx::query!(
        "select r.installation_id from revocations r join installations i on i.id = r.installation_id
         where i.installation = $1",
        installation
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}

pub(super) async fn lock_account(connection: &mut PgConnection, address: &[u8]) -> Result<Option<i64>> {
    sqlx::query_scalar!("select id from accounts where address = $1 for no key update", address)
        .fetch_optional(connection)
        .await
}

pub(super) async fn installation_of(
    connection: &mut PgConnection,
    account_id: i64,
    installation: &[u8],
) -> Result<Option<i64>> {
    sqlx::query_scalar!(
        "select id from installations where account_id = $1 and installation = $2",
        account_id,
        installation
    )
    .fetch_optional(connection)
    .await
}

pub(super) struct Signer {
    pub id: i64,
    pub association: Vec<u8>,
    pub revoked: bool,
}

/// The account's installation that is known by this association.
pub(super) async fn signer(connection: &mut PgConnection, account_id: i64, hash: &[u8]) -> Result<Option<Signer>> {
    sqlx::query_as!(
        Signer,
        r#"select i.id, a.bytes as association, (i.revoked_at is not null) as "revoked!"
           from installations i join associations a on a.hash = i.association
           where i.account_id = $1 and i.association = $2"#,
        account_id,
        hash
    )
    .fetch_optional(connection)
    .await
}

/// Keeps a revocation, with everything that follows from it; gives the sessions that end by it.
pub(super) async fn revoke(
    connection: &mut PgConnection,
    installation_id: i64,
    bytes: &[u8],
    now: OffsetDateTime,
) -> Result<Vec<Uuid>> {
    sqlx::query!(
        "insert into revocations (installation_id, bytes, at) values ($1, $2, $3) on conflict do nothing",
        installation_id,
        bytes,
        now
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "update installations set revoked_at = $2 where id = $1 and revoked_at is null",
        installation_id,
        now
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!("delete from key_packages where installation_id = $1", installation_id)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("delete from last_resorts where installation_id = $1", installation_id)
        .execute(&mut *connection)
        .await?;
    sqlx::query_scalar!(
        "update sessions set ended_at = $2
         where account_id = (select account_id from installations where id = $1) and installation_id = $1
           and ended_at is null
         returning id",
        installation_id,
        now
    )
    .fetch_all(connection)
    .await
}

pub(super) struct NewSession<'a> {
    pub id: Uuid,
    pub account_id: i64,
    pub installation_id: i64,
    pub agent: &'a str,
    pub now: OffsetDateTime,
    pub expires: OffsetDateTime,
}

pub(super) async fn session_row(connection: &mut PgConnection, new: NewSession<'_>) -> Result<()> {
    sqlx::query!(
        "insert into sessions (id, account_id, installation_id, agent, created_at, seen_at, expires_at)
         values ($1, $2, $3, $4, $5, $5, $6)",
        new.id,
        new.account_id,
        new.installation_id,
        new.agent,
        new.now,
        new.expires
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) struct SessionRow {
    pub account_id: i64,
    pub address: Vec<u8>,
    pub name: String,
    pub installation: Vec<u8>,
    pub seen_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
    pub ended: bool,
    /// The account has revoked the installation.
    pub revoked: bool,
}

pub(super) async fn session(pool: &PgPool, id: Uuid) -> Result<Option<SessionRow>> {
    sqlx::query_as!(
        SessionRow,
        r#"select s.account_id, a.address, a.name, i.installation, s.seen_at, s.expires_at,
                  (s.ended_at is not null or i.revoked_at is not null) as "ended!",
                  exists (select from revocations r where r.installation_id = i.id) as "revoked!"
           from sessions s join accounts a on a.id = s.account_id join installations i on i.id = s.installation_id
           where s.id = $1"#,
        id
    )
    .fetch_optional(pool)
    .await
}

/// Writes when a session was last used.
pub(super) async fn touch_session(pool: &PgPool, id: Uuid, now: OffsetDateTime) -> Result<()> {
    sqlx::query!(
        "update sessions set seen_at = $2 where id = $1 and seen_at < $2",
        id,
        now
    )
    .execute(pool)
    .await?;
    Ok(())
}

pub(super) async fn end_session(pool: &PgPool, account_id: i64, id: Uuid, now: OffsetDateTime) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "update sessions set ended_at = $3 where account_id = $1 and id = $2 and ended_at is null returning id",
        account_id,
        id,
        now
    )
    .fetch_all(pool)
    .await
}

pub(super) async fn end_other_sessions(
    pool: &PgPool,
    account_id: i64,
    but: Uuid,
    now: OffsetDateTime,
) -> Result<Vec<Uuid>> {
    sqlx::query_scalar!(
        "update sessions set ended_at = $3 where account_id = $1 and id <> $2 and ended_at is null returning id",
        account_id,
        but,
        now
    )
    .fetch_all(pool)
    .await
}

pub(super) struct ListedSession {
    pub id: Uuid,
    pub agent: String,
    pub created_at: OffsetDateTime,
    pub seen_at: OffsetDateTime,
}

pub(super) async fn sessions(pool: &PgPool, account_id: i64, now: OffsetDateTime) -> Result<Vec<ListedSession>> {
    sqlx::query_as!(
        ListedSession,
        "select id, agent, created_at, seen_at from sessions
         where account_id = $1 and ended_at is null and expires_at > $2 order by seen_at desc, id limit 100",
        account_id,
        now
    )
    .fetch_all(pool)
    .await
}

pub(super) struct ListedInstallation {
    pub installation: Vec<u8>,
    pub name: String,
    pub agent: String,
    pub created_at: OffsetDateTime,
    pub seen_at: OffsetDateTime,
}

pub(super) async fn installations(pool: &PgPool, account_id: i64) -> Result<Vec<ListedInstallation>> {
    sqlx::query_as!(
        ListedInstallation,
        "select installation, name, agent, created_at, seen_at from installations
         where account_id = $1 and revoked_at is null order by seen_at desc, id limit 100",
        account_id
    )
    .fetch_all(pool)
    .await
}

/// Whether the account has it.
pub(super) async fn name_installation(pool: &PgPool, account_id: i64, installation: &[u8], name: &str) -> Result<bool> {
    let done = sqlx::query!(
        "update installations set name = $3 where account_id = $1 and installation = $2 and revoked_at is null",
        account_id,
        installation,
        name
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn set_name(pool: &PgPool, account_id: i64, name: &str) -> Result<()> {
    let done = sqlx::query!("update accounts set name = $2 where id = $1", account_id, name)
        .execute(pool)
        .await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        Err(sqlx::Error::RowNotFound)
    }
}

pub(super) async fn sweep_challenges(pool: &PgPool, now: OffsetDateTime) -> Result<()> {
    sqlx::query!("delete from challenges where expires_at <= $1", now)
        .execute(pool)
        .await?;
    Ok(())
}

/// Deletes sessions whose time is over; gives those that had not been ended before.
pub(super) async fn sweep_sessions(pool: &PgPool, now: OffsetDateTime) -> Result<Vec<Uuid>> {
    let rows = sqlx::query!(
        r#"delete from sessions where expires_at <= $1 returning id, ended_at is null as "live!""#,
        now
    )
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().filter(|row| row.live).map(|row| row.id).collect())
}
