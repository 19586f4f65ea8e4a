//! The SQL of pushes.

use sqlx::PgPool;

/// Sends these notifications to every node that listens. Does not wait for the disk: losing one is harmless.
pub(super) async fn notify(pool: &PgPool, channel: &str, hints: &[String]) -> Result<(), sqlx::Error> {
    sqlx::query!(
        r#"select pg_notify($1, hint)::text as "said?"
           from (select set_config('synchronous_commit', 'off', true)) as quickly, unnest($2::text[]) as hint"#,
        channel,
        hints
    )
    .fetch_all(pool)
    .await?;
    Ok(())
}
