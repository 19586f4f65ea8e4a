//! The SQL of delivery.

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// `envelopes.kind` of a message.
pub(super) const APPLICATION: i16 = 0;
/// `envelopes.kind` of a commit.
pub(super) const COMMIT: i16 = 1;
/// `envelopes.kind` of a welcome.
pub(super) const WELCOME: i16 = 2;

pub(super) async fn incarnation(pool: &PgPool) -> Result<Vec<u8>> {
    sqlx::query_scalar!("select id from incarnation").fetch_one(pool).await
}

pub(super) struct Access {
    pub id: i64,
    pub last_seq: i64,
    pub inbox: bool,
    pub since: Option<i64>,
    pub until: Option<i64>,
}

pub(super) async fn access(pool: &PgPool, topic: &[u8], installation: &[u8]) -> Result<Option<Access>> {
    sqlx::query_as!(
        Access,
        r#"select t.id, t.last_seq, coalesce(t.inbox_of = i.id, false) as "inbox!", m.since as "since?", m.until
           from topics t
           left join installations i on i.installation = $2 and i.revoked_at is null
           left join members m on m.topic_id = t.id and m.installation_id = i.id
           where t.topic = $1"#,
        topic,
        installation
    )
    .fetch_optional(pool)
    .await
}

pub(super) struct EnvelopeRow {
    pub seq: i64,
    pub message_id: Vec<u8>,
    pub at: OffsetDateTime,
    pub kind: i16,
    pub payload: Vec<u8>,
    pub welcome_topic: Option<Vec<u8>>,
    pub welcome_commit: Option<i64>,
}

pub(super) async fn envelopes(
    pool: &PgPool,
    topic: i64,
    after: i64,
    head: i64,
    limit: i64,
) -> Result<Vec<EnvelopeRow>> {
    sqlx::query_as!(
        EnvelopeRow,
        "select seq, message_id, at, kind, payload, welcome_topic, welcome_commit from envelopes
         where topic_id = $1 and seq > $2 and seq <= $3 order by seq limit $4",
        topic,
        after,
        head,
        limit
    )
    .fetch_all(pool)
    .await
}

/// Makes the rows of topics that may be new. In one order everywhere, so that two transactions cannot wait for each other.
pub(super) async fn make_topics(connection: &mut PgConnection, topics: &[&[u8]]) -> Result<()> {
    sqlx::query!(
        "insert into topics (topic) select distinct t from unnest($1::bytea[]) as t order by t on conflict do nothing",
        topics as _
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) struct TopicRow {
    pub id: i64,
    pub topic: Vec<u8>,
    pub inbox: bool,
    pub last_seq: i64,
    pub last_commit: i64,
}

/// Locks the topics in order of their ids and reads them as they are then. Whatever is looked for or written comes behind it, in
/// statements of their own.
pub(super) async fn lock_topics(connection: &mut PgConnection, topics: &[&[u8]]) -> Result<Vec<TopicRow>> {
    sqlx::query_as!(
        TopicRow,
        r#"select id, topic, inbox_of is not null as "inbox!", last_seq, last_commit from topics
           where topic = any($1::bytea[]) order by id for no key update"#,
        topics as _
    )
    .fetch_all(connection)
    .await
}

pub(super) struct Found {
    pub sender: Option<i64>,
    pub seq: Option<i64>,
    pub at: Option<OffsetDateTime>,
    pub member: bool,
}

/// For each publish, in their order: who sends it, where it stands already, whether its sender may write. A statement of its
/// own behind the lock: one that waits for a lock does not see what the other transaction has just written.
///
/// One row of each table at a time, by its index: as plain joins they are planned once for a connection, and one that was planned while
/// the log was short reads all of it for every publish until the database looks at its statistics again.
pub(super) async fn look(
    connection: &mut PgConnection,
    senders: &[&[u8]],
    message_ids: &[&[u8]],
    topics: &[i64],
) -> Result<Vec<Found>> {
    sqlx::query_as!(
        Found,
        r#"select i.id as "sender?", e.seq as "seq?", e.at as "at?", m.topic_id is not null as "member!"
           from unnest($1::bytea[], $2::bytea[], $3::bigint[]) with ordinality as r (sender, message_id, topic_id, n)
           left join lateral (select id from installations
               where installation = r.sender and revoked_at is null limit 1) i on true
           left join lateral (select seq, at from envelopes
               where sender = i.id and message_id = r.message_id and topic_id = r.topic_id limit 1) e on true
           left join lateral (select topic_id from members
               where topic_id = r.topic_id and installation_id = i.id and until is null limit 1) m on true
           order by r.n"#,
        senders as _,
        message_ids as _,
        topics
    )
    .fetch_all(connection)
    .await
}

pub(super) struct Known {
    pub id: i64,
    pub installation: Vec<u8>,
    /// Not revoked: it may be invited. Who is revoked may still be removed.
    pub live: bool,
}

pub(super) async fn known(connection: &mut PgConnection, installations: &[&[u8]]) -> Result<Vec<Known>> {
    sqlx::query_as!(
        Known,
        r#"select id, installation, revoked_at is null as "live!" from installations
           where installation = any($1::bytea[])"#,
        installations as _
    )
    .fetch_all(connection)
    .await
}

/// Columns of new envelopes and of the topics they stand in.
#[derive(Default)]
pub(super) struct Rows<'a> {
    pub topic_id: Vec<i64>,
    pub seq: Vec<i64>,
    pub sender: Vec<i64>,
    pub message_id: Vec<&'a [u8]>,
    pub kind: Vec<i16>,
    pub payload: Vec<&'a [u8]>,
    pub welcome_topic: Vec<Option<&'a [u8]>>,
    pub welcome_commit: Vec<Option<i64>>,
    pub topics: Vec<i64>,
    pub last_seq: Vec<i64>,
    pub last_commit: Vec<i64>,
}

/// Writes the envelopes and moves the topics on, in one statement.
pub(super) async fn write(connection: &mut PgConnection, rows: &Rows<'_>, at: OffsetDateTime) -> Result<()> {
    let done = sqlx::query!(
        "with put as (
             insert into envelopes
                 (topic_id, seq, sender, message_id, at, kind, payload, welcome_topic, welcome_commit)
             select topic_id, seq, sender, message_id, $1, kind, payload, welcome_topic, welcome_commit
             from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[], $6::smallint[], $7::bytea[], $8::bytea[],
                 $9::bigint[]) as r (topic_id, seq, sender, message_id, kind, payload, welcome_topic, welcome_commit))
         update topics t set last_seq = n.last_seq, last_commit = n.last_commit
         from unnest($10::bigint[], $11::bigint[], $12::bigint[]) as n (id, last_seq, last_commit) where t.id = n.id",
        at,
        &rows.topic_id,
        &rows.seq,
        &rows.sender,
        &rows.message_id as _,
        &rows.kind,
        &rows.payload as _,
        &rows.welcome_topic as _,
        &rows.welcome_commit as _,
        &rows.topics,
        &rows.last_seq,
        &rows.last_commit
    )
    .execute(connection)
    .await?;
    if done.rows_affected() == rows.topics.len() as u64 {
        Ok(())
    } else {
        Err(sqlx::Error::RowNotFound)
    }
}

/// Columns of changes of who is a member: (topic, installation, place).
#[derive(Default)]
pub(super) struct Changes {
    pub topic_id: Vec<i64>,
    pub installation: Vec<i64>,
    pub place: Vec<i64>,
}

pub(super) async fn leave(connection: &mut PgConnection, changes: &Changes) -> Result<()> {
    sqlx::query!(
        "update members m set until = c.place
         from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as c (topic_id, installation_id, place)
         where m.topic_id = c.topic_id and m.installation_id = c.installation_id and m.until is null",
        &changes.topic_id,
        &changes.installation,
        &changes.place
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// New members read from behind their place; who is a member already keeps what it could read.
pub(super) async fn join(connection: &mut PgConnection, changes: &Changes) -> Result<()> {
    sqlx::query!(
        "insert into members (topic_id, installation_id, since)
         select * from unnest($1::bigint[], $2::bigint[], $3::bigint[])
         on conflict (topic_id, installation_id) do update set since = excluded.since, until = null
         where members.until is not null",
        &changes.topic_id,
        &changes.installation,
        &changes.place
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes back the rows of topics whose first commit was refused. They are locked by this transaction.
pub(super) async fn drop_empty(connection: &mut PgConnection, topics: &[i64]) -> Result<()> {
    sqlx::query!(
        "delete from topics where id = any($1) and last_seq = 0 and inbox_of is null",
        topics
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) struct Head {
    pub topic: Vec<u8>,
    pub last_seq: i64,
}

pub(super) async fn heads(pool: &PgPool, topics: &[&[u8]]) -> Result<Vec<Head>> {
    sqlx::query_as!(
        Head,
        "select topic, last_seq from topics where topic = any($1::bytea[])",
        topics as _
    )
    .fetch_all(pool)
    .await
}

/// For a drill of what happens without it: the database keeps a message from standing twice, too.
pub(super) async fn allow_twice(pool: &PgPool) -> Result<()> {
    sqlx::query!("drop index if exists envelopes_once")
        .execute(pool)
        .await?;
    Ok(())
}
