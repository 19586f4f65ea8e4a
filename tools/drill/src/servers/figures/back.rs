//! Somebody comes back: after a moment from far away, and after a long time from nearby.

use std::time::Duration;

use anyhow::{Result, bail};
use futures::future::try_join_all;
use protocol::{ClientFrame, Publish, Seq, ServerFrame, Topic};
use serde::Serialize;
use tokio::time::Instant;

use super::{Stage, TEXT, Times, caught_up, far, publish, signed_in, words};
use crate::servers::{person::Person, socket::Socket};

/// A way there and back, when somebody comes back from far away.
const ROUND_TRIP: Duration = Duration::from_millis(100);
/// How often he does, and what was said meanwhile each time.
const RETURNS: usize = 20;
const MISSED: usize = 20;

/// What somebody has to catch up with who was away for long, by how many it was written, and how often it is read.
const LONG: usize = 10_000;
const WRITERS: u16 = 20;
const READINGS: usize = 5;

/// How long it takes.
#[derive(Debug, Default, Serialize)]
pub(super) struct Back {
    /// From the first byte until the server believes who it is, far away.
    believed: Times,
    /// From then until everything that was missed is there.
    resumed: Times,
    /// Until a long log is there, nearby.
    caught_up: Times,
}

impl Back {
    pub(super) async fn measure(stage: &mut Stage) -> Result<Self> {
        let mut back = Self::default();
        back.soon(stage).await?;
        back.late(stage).await?;
        Ok(back)
    }

    pub(super) fn text(&self) -> String {
        let trip = ROUND_TRIP.as_micros().try_into().unwrap_or(u64::MAX);
        let trips = |times: &Times| {
            let (trips, rest) = (times.middle() / trip, times.middle() % trip);
            format!("{}: {trips} × {} and {}", times.text(), words(trip), words(rest))
        };
        format!(
            "Coming back over a round trip of {}, {MISSED} messages missed\n  until believed: {}\n  from then until caught up: {}\n\
             Catching up with {LONG} messages of {TEXT} bytes, nearby\n  {}\n",
            words(trip),
            trips(&self.believed),
            trips(&self.resumed),
            self.caught_up.text()
        )
    }

    async fn soon(&mut self, stage: &mut Stage) -> Result<()> {
        let topic = Topic(stage.random.bytes());
        let mut a = stage.open(&stage.alice).await?;
        let bob = stage.bob.clone();
        let commit = stage.found(&mut a, topic, &[&bob]).await?;
        let far = far::way(stage.site.place.ports[0], ROUND_TRIP / 2).await?;
        let mut cursor = commit;
        for _ in 0..RETURNS {
            for _ in 0..MISSED {
                publish(&mut a, stage.message(topic, commit, TEXT)).await?;
            }
            let began = Instant::now();
            let mut b = Socket::open(&bob, &stage.site.place, far.port()).await?;
            let believed = Instant::now();
            let read = caught_up(&mut b, topic, cursor).await?;
            self.believed.push(believed - began);
            self.resumed.push(believed.elapsed());
            if read != MISSED {
                bail!("{read} messages came instead of {MISSED}");
            }
            cursor = Seq(cursor.0 + MISSED as u64);
        }
        Ok(())
    }

    async fn late(&mut self, stage: &mut Stage) -> Result<()> {
        let topic = Topic(stage.random.bytes());
        let bob = stage.bob.clone();
        let mut writers = Vec::new();
        for number in 2..2 + WRITERS {
            writers.push(signed_in(&stage.site, stage.seed, number).await?);
        }
        let mut a = stage.open(&stage.alice).await?;
        let others: Vec<&Person> = writers.iter().chain([&bob]).collect();
        let commit = stage.found(&mut a, topic, &others).await?;
        let mut writing = Vec::new();
        for writer in writers {
            let texts = (0..LONG / usize::from(WRITERS)).map(|_| stage.message(topic, commit, TEXT));
            let texts: Vec<Publish> = texts.collect();
            let socket = stage.open(&writer).await?;
            writing.push(write(socket, texts));
        }
        try_join_all(writing).await?;
        for _ in 0..READINGS {
            let mut b = stage.open(&bob).await?;
            let began = Instant::now();
            let read = caught_up(&mut b, topic, commit).await?;
            self.caught_up.push(began.elapsed());
            if read != LONG {
                bail!("{read} messages came instead of {LONG}");
            }
        }
        Ok(())
    }
}

/// All of these at once.
async fn write(mut socket: Socket, texts: Vec<Publish>) -> Result<()> {
    let mut waiting = texts.len();
    for text in texts {
        socket.feed(&ClientFrame::Publish(text)).await?;
    }
    socket.flush().await?;
    while waiting > 0 {
        waiting -= usize::from(matches!(socket.hear().await?, ServerFrame::Stored { .. }));
    }
    Ok(())
}
