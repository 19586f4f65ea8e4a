//! Prints how many messages a second the delivery room stores durably, in a closed loop of writers, and how long one waits:
//! `DATABASE_URL=… cargo run --release -p services --example publish [writers] [seconds]`.
//!
//! Uses its own database `jackdaw_bench` on that server and drops it afterwards. People and conversations are put in
//! directly; the publishes go the way a socket's go.

mod store;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use protocol::{InstallationId, Kind, MessageId, Publish, Seq, Topic};
use services::{db, delivery::Delivery, push::Notifier, time::SystemClock};
use sqlx::{ConnectOptions, Connection, postgres::PgConnectOptions};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Ciphertext and signature of a short message.
const PAYLOAD: usize = 320;

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let writers: u32 = arguments.next().map_or(Ok(400), |text| text.parse())?;
    let seconds: u64 = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let url = std::env::var("DATABASE_URL").map_err(|_| "DATABASE_URL names no Postgres")?;
    let outside: PgConnectOptions = url.parse()?;

    let mut admin = outside.connect().await?;
    store::make(&mut admin).await?;
    let pool = db::pool(outside.database("jackdaw_bench"), 8);
    db::migrate(&pool).await?;
    store::people(&pool, i32::try_from(writers)?).await?;

    let delivery = Delivery::start(pool.clone(), Arc::new(SystemClock), Notifier::new(false)).await?;
    for writer in 0..writers {
        delivery
            .publish(installation(writer), publish(writer, 0))
            .await
            .map_err(|code| code.to_string())?;
    }
    let end = Instant::now() + Duration::from_secs(seconds);
    let tasks: Vec<_> = (0..writers)
        .map(|writer| {
            let delivery = delivery.clone();
            tokio::spawn(async move {
                let mut waits = Vec::new();
                while Instant::now() < end {
                    let begin = Instant::now();
                    let number = u32::try_from(waits.len()).unwrap_or(u32::MAX) + 1;
                    let stored = delivery.publish(installation(writer), publish(writer, number)).await;
                    stored.expect("a member writes on the newest epoch");
                    waits.push(begin.elapsed());
                }
                waits
            })
        })
        .collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await?);
    }
    waits.sort_unstable();
    let place = |percent: usize| waits[(waits.len() * percent / 100).min(waits.len() - 1)];
    println!(
        "{writers} writers: {} messages/s, p50 {:.1?}, p99 {:.1?}",
        waits.len() as u64 / seconds,
        place(50),
        place(99)
    );

    drop(delivery);
    pool.close().await;
    store::drop(&mut admin).await?;
    admin.close().await?;
    Ok(())
}

fn installation(writer: u32) -> InstallationId {
    let mut bytes = [0; 32];
    bytes[28..].copy_from_slice(&writer.to_be_bytes());
    InstallationId(bytes)
}

/// The first makes the writer's conversation, the others are messages in it.
fn publish(writer: u32, number: u32) -> Publish {
    let mut topic = [0xaa; 32];
    topic[..4].copy_from_slice(&writer.to_le_bytes());
    let mut id = [0; 16];
    id[12..].copy_from_slice(&number.to_be_bytes());
    let first = number == 0;
    let kind = if first {
        Kind::Commit {
            welcomes: Vec::new(),
            removed: Vec::new(),
        }
    } else {
        Kind::Application
    };
    Publish {
        topic: Topic(topic),
        id: MessageId(id),
        last_commit: Seq(u64::from(!first)),
        kind,
        payload: vec![7; PAYLOAD],
    }
}
