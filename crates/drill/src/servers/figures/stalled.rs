//! Many come to a conversation in which somebody is loud, and never read; two others talk beside them.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures::future::try_join_all;
use protocol::{ClientFrame, MessageId, Publish, ServerFrame, Topic, limits};
use serde::Serialize;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, sleep},
};

use super::{Stage, TEXT, Times, caught_up, publish, seconds, signed_in};
use crate::{random::Random, servers::socket::Socket};

/// How often two others exchange a message: fewer than a socket may.
const PACE: Duration = Duration::from_millis(8);
/// How many times, before anybody comes who does not read.
const ALONE: u32 = 1_500;
/// After so many of them the one who only listens says that he is there.
const SIGN_OF_LIFE: u64 = 1_000;
/// More than the buffers of both kernels and the server's own take.
const LOUD: usize = 40;
/// Nobody waits longer for those who never read.
const GIVEN_UP: Duration = Duration::from_mins(1);

/// What they cost.
#[derive(Debug, Default, Serialize)]
pub(super) struct Stalled {
    /// How many never read.
    many: u16,
    /// How long a message takes from one other to another.
    others: Others,
    /// From the last thing that was written to them until the first, and the last of them, is cut off, in ms.
    first_cut_ms: u64,
    all_cut_ms: u64,
    /// The server's memory in KiB: before they come, when they are there, and at most.
    memory_before: u64,
    memory_idle: u64,
    memory_most: u64,
}

/// Before they come, while they are written to, and until the last of them is cut off.
#[derive(Debug, Default, Serialize)]
struct Others {
    alone: Times,
    filling: Times,
    beside: Times,
}

/// What the two who talk are beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Alone,
    /// The others come. Not measured: signing in is another matter.
    Gathering,
    Filling,
    Beside,
    Over,
}

impl Stalled {
    pub(super) async fn measure(stage: &mut Stage, many: u16) -> Result<Self> {
        let mut found = Self {
            many,
            ..Self::default()
        };
        let topic = Topic(stage.random.bytes());
        let bob = stage.bob.clone();
        let (mut a, mut b) = (stage.open(&stage.alice).await?, stage.open(&bob).await?);
        let commit = stage.found(&mut a, topic, &[&bob]).await?;
        caught_up(&mut b, topic, commit).await?;
        let (phase, listening) = watch::channel(Phase::Alone);
        let texts = stage.message(topic, commit, TEXT);
        let talking = tokio::spawn(talk(a, b, texts, stage.random.fork(1), listening));
        sleep(PACE * ALONE).await;
        let _ = phase.send(Phase::Gathering);
        found.memory_before = memory(stage)?;

        let (mut loud, noise, deaf) = gather(stage, many).await?;
        sleep(Duration::from_secs(2)).await;
        found.memory_idle = memory(stage)?;
        let served = served(stage)?;

        let _ = phase.send(Phase::Filling);
        for _ in 0..LOUD {
            let noise = stage.message(noise.topic, noise.last_commit, noise.payload.len());
            publish(&mut loud, noise).await?;
            found.memory_most = found.memory_most.max(memory(stage)?);
        }
        let _ = phase.send(Phase::Beside);
        let began = Instant::now();
        found.wait(stage, began, served, deaf.len()).await?;
        let _ = phase.send(Phase::Over);
        found.others = talking.await??;
        drop(deaf);
        Ok(found)
    }

    /// Until all of them are cut off.
    async fn wait(&mut self, stage: &Stage, began: Instant, before: usize, deaf: usize) -> Result<()> {
        loop {
            self.memory_most = self.memory_most.max(memory(stage)?);
            let cut = before.saturating_sub(served(stage)?);
            let passed = u64::try_from(began.elapsed().as_millis())?;
            if cut > 0 && self.first_cut_ms == 0 {
                self.first_cut_ms = passed;
            }
            if cut >= deaf {
                self.all_cut_ms = passed;
                return Ok(());
            }
            if began.elapsed() > GIVEN_UP {
                bail!("{} of them are still served", deaf - cut);
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    pub(super) fn text(&self) -> String {
        let each = |memory: u64| memory.saturating_sub(self.memory_before) / u64::from(self.many.max(1));
        format!(
            "{} that never read, {LOUD} messages of {} KiB for each\n  cut off {:.1} s (the first) to {:.1} s (the last) behind the last message\n  \
             a message of one other to another\n    before they come: {}\n    while they are written to: {}\n    until the last is cut off: {}\n  \
             the server's memory: {} MiB before they come; {} KiB more for each that is there, {} KiB at most\n",
            self.many,
            limits::PAYLOAD / 1024,
            seconds(self.first_cut_ms),
            seconds(self.all_cut_ms),
            self.others.alone.text(),
            self.others.filling.text(),
            self.others.beside.text(),
            self.memory_before / 1024,
            each(self.memory_idle),
            each(self.memory_most)
        )
    }
}

/// They sign in and follow a conversation. Gives who is loud in it, what is said there, and them.
async fn gather(stage: &mut Stage, many: u16) -> Result<(Socket, Publish, Vec<Socket>)> {
    let loud = signed_in(&stage.site, stage.seed, 100).await?;
    let mut people = Vec::new();
    let numbers: Vec<u16> = (0..many).map(|number| 200 + number).collect();
    for some in numbers.chunks(20) {
        people.extend(try_join_all(some.iter().map(|number| signed_in(&stage.site, stage.seed, *number))).await?);
    }
    let mut loud = stage.open(&loud).await?;
    let topic = Topic(stage.random.bytes());
    let commit = stage
        .found(&mut loud, topic, &people.iter().collect::<Vec<_>>())
        .await?;
    let place = &stage.site.place;
    let mut deaf = Vec::new();
    for some in people.chunks(20) {
        let opening = some.iter().map(|one| Socket::open_small(one, place, place.ports[0]));
        deaf.extend(try_join_all(opening).await?);
    }
    for socket in &mut deaf {
        let topics = vec![(topic, commit)];
        socket.say(&ClientFrame::Subscribe { topics }).await?;
    }
    Ok((loud, stage.message(topic, commit, limits::PAYLOAD - 100), deaf))
}

/// Alice says something, and Bob hears it, again and again.
async fn talk(
    mut a: Socket,
    mut b: Socket,
    text: Publish,
    mut random: Random,
    mut phase: watch::Receiver<Phase>,
) -> Result<Others> {
    let mut others = Others::default();
    let mut ticks = interval(PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for turn in 0_u64.. {
        ticks.tick().await;
        if turn % SIGN_OF_LIFE == 0 {
            b.say(&ClientFrame::Ping).await?;
        }
        let text = Publish {
            id: MessageId(random.bytes()),
            ..text.clone()
        };
        let began = Instant::now();
        publish(&mut a, text).await?;
        while !matches!(b.hear().await?, ServerFrame::Envelopes { .. }) {}
        let took = began.elapsed();
        match *phase.borrow_and_update() {
            Phase::Alone => others.alone.push(took),
            Phase::Gathering => {}
            Phase::Filling => others.filling.push(took),
            Phase::Beside => others.beside.push(took),
            Phase::Over => break,
        }
    }
    Ok(others)
}

fn memory(stage: &Stage) -> Result<u64> {
    stage.site.memory(0).context("the server's memory is not known")
}

/// How many connections the server has open.
fn served(stage: &Stage) -> Result<usize> {
    let own = format!("0100007F:{:04X}", stage.site.place.ports[0]);
    let table = std::fs::read_to_string("/proc/net/tcp")?;
    // Number, local address, remote address, state: 01 is open on both sides.
    let open = table.lines().filter(|line| {
        let mut words = line.split_whitespace().skip(1);
        words.next() == Some(own.as_str()) && words.nth(1) == Some("01")
    });
    Ok(open.count())
}
