//! Many come to a conversation in which somebody is loud, and read; then the same many come and never read. Others talk in pairs beside them.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures::future::try_join_all;
use protocol::{ClientFrame, MessageId, Publish, Seq, ServerFrame, Topic, limits};
use serde::Serialize;
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, MissedTickBehavior, interval, sleep},
};

use super::{Stage, TEXT, Times, caught_up, publish, seconds, signed_in};
use crate::{
    random::Random,
    servers::{person::Person, socket::Socket},
};

/// How many others talk, and how often two of them exchange a message.
const PAIRS: u16 = 8;
const PACE: Duration = Duration::from_millis(64);
/// How long, before anybody comes, and once as many are there and have read everything.
const QUIET: Duration = Duration::from_secs(20);
/// After so many messages the one who only listens says that he is there.
const SIGN_OF_LIFE: u64 = 100;
/// What was written is on its way for a moment longer: it is a part of the filling.
const ON_ITS_WAY: Duration = Duration::from_secs(1);
/// More than the buffers of both kernels and the server's own take.
const LOUD: usize = 40;
/// How often it is looked how many are left: by the server's open files, and by the kernel's table of connections, which costs a core some thirty
/// milliseconds, only when almost all are gone.
const LOOK_EVERY: Duration = Duration::from_millis(200);
const ALMOST: usize = 50;
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
    /// What the kernel holds for all connections of this machine, in KiB: before they come, and at most. Both ends are here.
    kernel_before: u64,
    kernel_most: u64,
}

/// Before they come; while they are written to and read, and once they have read everything; while they are written to and do not, and from then until
/// the last of them is cut off.
#[derive(Debug, Default, Serialize)]
struct Others {
    alone: Times,
    reading: Times,
    idle: Times,
    filling: Times,
    beside: Times,
}

/// What the two who talk are beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Alone,
    /// Others come. Not measured: signing in is another matter.
    Gathering,
    /// What so many cost who do nothing wrong: both cores are theirs as well.
    Reading,
    /// The same many are there, have read everything, and nobody writes.
    Idle,
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
        let (phase, listening) = watch::channel(Phase::Gathering);
        let mut talking = Vec::new();
        for pair in 0..PAIRS {
            talking.push(tokio::spawn(talk(Pair::meet(stage, pair).await?, listening.clone())));
        }
        let _ = phase.send(Phase::Alone);
        sleep(QUIET).await;
        let _ = phase.send(Phase::Gathering);
        found.memory_before = memory(stage)?;
        found.kernel_before = kernel()?;

        let mut crowd = Crowd::gather(stage, many).await?;
        let readers = crowd.readers(stage).await?;
        let _ = phase.send(Phase::Reading);
        for _ in 0..LOUD {
            crowd.noise(stage).await?;
        }
        sleep(ON_ITS_WAY).await;
        let mut idle = Vec::new();
        for reader in readers {
            idle.push(reader.await??);
        }
        let _ = phase.send(Phase::Idle);
        sleep(QUIET).await;
        let _ = phase.send(Phase::Gathering);
        drop(idle);

        let deaf = crowd.deaf(stage).await?;
        sleep(Duration::from_secs(2)).await;
        found.memory_idle = memory(stage)?;
        let before = Open {
            files: open_files(stage)?,
            connections: served(stage)?,
        };

        let _ = phase.send(Phase::Filling);
        for _ in 0..LOUD {
            crowd.noise(stage).await?;
            found.see(stage)?;
        }
        let began = Instant::now();
        sleep(ON_ITS_WAY).await;
        let _ = phase.send(Phase::Beside);
        found.wait(stage, began, before, deaf.len()).await?;
        let _ = phase.send(Phase::Over);
        for pair in talking {
            found.others.add(pair.await??);
        }
        drop(deaf);
        Ok(found)
    }

    fn see(&mut self, stage: &Stage) -> Result<()> {
        self.memory_most = self.memory_most.max(memory(stage)?);
        self.kernel_most = self.kernel_most.max(kernel()?);
        Ok(())
    }

    /// Until all of them are cut off.
    async fn wait(&mut self, stage: &Stage, began: Instant, before: Open, deaf: usize) -> Result<()> {
        loop {
            self.see(stage)?;
            let files = before.files.saturating_sub(open_files(stage)?);
            let passed = u64::try_from(began.elapsed().as_millis())?;
            if files > 0 && self.first_cut_ms == 0 {
                self.first_cut_ms = passed;
            }
            if files + ALMOST > deaf && before.connections.saturating_sub(served(stage)?) >= deaf {
                self.all_cut_ms = passed;
                return Ok(());
            }
            if began.elapsed() > GIVEN_UP {
                bail!("some {} of them are still served", deaf.saturating_sub(files));
            }
            sleep(LOOK_EVERY).await;
        }
    }

    pub(super) fn text(&self) -> String {
        let each = |memory: u64| memory.saturating_sub(self.memory_before) / u64::from(self.many.max(1));
        format!(
            "{} that never read, {LOUD} messages of {} KiB for each; {PAIRS} pairs of others talk\n  cut off {:.1} s (the first) to {:.1} s (the last) behind the last message\n  \
             a message of one other to another\n    before they come: {}\n    while they are written to, and read: {}\n    \
             once they have read everything: {}\n    while they are written to, and do not read: {}\n    from then until the last is cut off: {}\n  \
             the server's memory: {} MiB before they come; {} KiB more for each that is there, {} KiB at most\n  \
             the kernel's, for all connections: {} MiB before they come, {} MiB at most\n",
            self.many,
            limits::PAYLOAD / 1024,
            seconds(self.first_cut_ms),
            seconds(self.all_cut_ms),
            self.others.alone.text(),
            self.others.reading.text(),
            self.others.idle.text(),
            self.others.filling.text(),
            self.others.beside.text(),
            self.memory_before / 1024,
            each(self.memory_idle),
            each(self.memory_most),
            self.kernel_before / 1024,
            self.kernel_most / 1024
        )
    }
}

/// What the server has open.
struct Open {
    files: usize,
    connections: usize,
}

/// The many, and who is loud among them.
struct Crowd {
    people: Vec<Person>,
    loud: Socket,
    topic: Topic,
    commit: Seq,
    /// What was said last.
    last: Seq,
}

impl Crowd {
    /// They sign in and are members of one conversation.
    async fn gather(stage: &mut Stage, many: u16) -> Result<Self> {
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
        Ok(Self {
            people,
            loud,
            topic,
            commit,
            last: commit,
        })
    }

    /// The largest message there may be.
    async fn noise(&mut self, stage: &mut Stage) -> Result<()> {
        let noise = stage.message(self.topic, self.commit, limits::PAYLOAD - 100);
        self.last = publish(&mut self.loud, noise).await?;
        Ok(())
    }

    /// All of them follow the conversation, and read until they have had everything that is about to be said.
    async fn readers(&self, stage: &Stage) -> Result<Vec<JoinHandle<Result<Socket>>>> {
        let mut readers = Vec::new();
        for some in self.people.chunks(20) {
            for mut socket in try_join_all(some.iter().map(|one| stage.open(one))).await? {
                caught_up(&mut socket, self.topic, self.last).await?;
                readers.push(tokio::spawn(async move {
                    let mut missing = LOUD;
                    while missing > 0 {
                        if let ServerFrame::Envelopes { envelopes, .. } = socket.hear().await? {
                            missing = missing.saturating_sub(envelopes.len());
                        }
                    }
                    Ok(socket)
                }));
            }
        }
        Ok(readers)
    }

    /// All of them follow the conversation, and never read.
    async fn deaf(&self, stage: &Stage) -> Result<Vec<Socket>> {
        let place = &stage.site.place;
        let mut deaf = Vec::new();
        for some in self.people.chunks(20) {
            let opening = some.iter().map(|one| Socket::open_small(one, place, place.ports[0]));
            deaf.extend(try_join_all(opening).await?);
        }
        for socket in &mut deaf {
            let topics = vec![(self.topic, self.last)];
            socket.say(&ClientFrame::Subscribe { topics }).await?;
        }
        Ok(deaf)
    }
}

/// Two others, in a conversation of their own.
struct Pair {
    speaks: Socket,
    hears: Socket,
    text: Publish,
    random: Random,
}

impl Pair {
    async fn meet(stage: &mut Stage, number: u16) -> Result<Self> {
        let one = signed_in(&stage.site, stage.seed, 40 + 2 * number).await?;
        let other = signed_in(&stage.site, stage.seed, 41 + 2 * number).await?;
        let topic = Topic(stage.random.bytes());
        let (mut speaks, mut hears) = (stage.open(&one).await?, stage.open(&other).await?);
        let commit = stage.found(&mut speaks, topic, &[&other]).await?;
        caught_up(&mut hears, topic, commit).await?;
        Ok(Self {
            speaks,
            hears,
            text: stage.message(topic, commit, TEXT),
            random: stage.random.fork(u64::from(number)),
        })
    }

    /// One says something, and the other hears it.
    async fn exchange(&mut self) -> Result<Duration> {
        let text = Publish {
            id: MessageId(self.random.bytes()),
            ..self.text.clone()
        };
        let began = Instant::now();
        publish(&mut self.speaks, text).await?;
        while !matches!(self.hears.hear().await?, ServerFrame::Envelopes { .. }) {}
        Ok(began.elapsed())
    }
}

/// Again and again.
async fn talk(mut pair: Pair, mut phase: watch::Receiver<Phase>) -> Result<Others> {
    let mut others = Others::default();
    // Not all pairs at once.
    sleep(PACE * u32::try_from(pair.random.below(64))? / 64).await;
    let mut ticks = interval(PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for turn in 0_u64.. {
        ticks.tick().await;
        if turn % SIGN_OF_LIFE == 0 {
            pair.hears.say(&ClientFrame::Ping).await?;
        }
        let took = pair.exchange().await?;
        match *phase.borrow_and_update() {
            Phase::Alone => others.alone.push(took),
            Phase::Gathering => {}
            Phase::Reading => others.reading.push(took),
            Phase::Idle => others.idle.push(took),
            Phase::Filling => others.filling.push(took),
            Phase::Beside => others.beside.push(took),
            Phase::Over => break,
        }
    }
    Ok(others)
}

impl Others {
    fn add(&mut self, more: Self) {
        self.alone.add(more.alone);
        self.reading.add(more.reading);
        self.idle.add(more.idle);
        self.filling.add(more.filling);
        self.beside.add(more.beside);
    }
}

fn memory(stage: &Stage) -> Result<u64> {
    stage.site.memory(0).context("the server's memory is not known")
}

/// What the kernel holds for the TCP connections of this machine, in KiB.
fn kernel() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/net/sockstat")?;
    let words = text
        .lines()
        .find_map(|line| line.strip_prefix("TCP:"))
        .unwrap_or_default();
    let mut pages = words.split_whitespace().skip_while(|word| *word != "mem").skip(1);
    let pages: u64 = pages.next().context("the kernel does not say what it holds")?.parse()?;
    Ok(pages * 4)
}

fn open_files(stage: &Stage) -> Result<usize> {
    stage.site.open_files(0).context("the server's files are not known")
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
