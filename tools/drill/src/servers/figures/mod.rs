//! What is measured rather than broken, on one server with its private Postgres: how long coming back takes ([`back`]), and what
//! many that never read cost everybody else ([`stalled`]).

mod back;
mod far;
mod stalled;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use protocol::{ClientFrame, Kind, MessageId, Publish, Seq, ServerFrame, Topic, Welcome, limits};
use serde::Serialize;

use back::Back;
use stalled::Stalled;

use super::{
    person::Person,
    site::{Parts, Shape, Site},
    socket::Socket,
};
use crate::random::Random;

/// A text of 200 bytes, encrypted (`docs/performance.md`).
const TEXT: usize = 638;

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub struct Figures {
    seed: u64,
    back: Back,
    stalled: Stalled,
}

/// Starts a site and measures. So many never read.
pub async fn measure(parts: &Parts, seed: u64, many: u16) -> Result<Figures> {
    let site = Site::start(parts, Shape::Alone).await?;
    let mut stage = Stage {
        seed,
        alice: signed_in(&site, seed, 0).await?,
        bob: signed_in(&site, seed, 1).await?,
        random: Random::new(seed).fork(0xf165),
        site,
    };
    let back = Back::measure(&mut stage).await.context("coming back")?;
    let stalled = Stalled::measure(&mut stage, many).await;
    let stalled = stalled.context("those who never read")?;
    stage.site.stop().await;
    Ok(Figures { seed, back, stalled })
}

impl Figures {
    /// The figures as a text for people.
    pub fn text(&self) -> String {
        format!(
            "Figures, seed {}\n\n{}\n{}",
            self.seed,
            self.back.text(),
            self.stalled.text()
        )
    }
}

struct Stage {
    seed: u64,
    site: Site,
    alice: Person,
    bob: Person,
    random: Random,
}

impl Stage {
    async fn open(&self, person: &Person) -> Result<Socket> {
        Socket::open(person, &self.site.place, self.site.place.ports[0]).await
    }

    fn message(&mut self, topic: Topic, last_commit: Seq, length: usize) -> Publish {
        Publish {
            topic,
            id: MessageId(self.random.bytes()),
            last_commit,
            kind: Kind::Application,
            payload: vec![7; length],
        }
    }

    /// A conversation; gives the place of its newest commit.
    async fn found(&mut self, founder: &mut Socket, topic: Topic, others: &[&Person]) -> Result<Seq> {
        let mut newest = Seq(0);
        for some in others.chunks(limits::WELCOMES) {
            let welcomes = some.iter().map(|one| Welcome {
                installation: one.id(),
                message: b"a welcome".to_vec(),
            });
            let commit = Publish {
                kind: Kind::Commit {
                    welcomes: welcomes.collect(),
                    removed: Vec::new(),
                },
                ..self.message(topic, newest, 8)
            };
            newest = publish(founder, commit).await?;
        }
        Ok(newest)
    }
}

async fn signed_in(site: &Site, seed: u64, number: u16) -> Result<Person> {
    let mut person = Person::new(seed, number)?;
    person.sign_in(&site.place).await.context("signing in")?;
    Ok(person)
}

/// Says it, and waits until it is stored.
async fn publish(socket: &mut Socket, publish: Publish) -> Result<Seq> {
    let asked = publish.id;
    socket.say(&ClientFrame::Publish(publish)).await?;
    loop {
        match socket.hear().await? {
            ServerFrame::Stored { id, seq, .. } if id == asked => return Ok(seq),
            ServerFrame::Refused { code, .. } => bail!("refused: {}", code.word()),
            _ => {}
        }
    }
}

/// Follows a topic from behind this place on, until everything is there. How many that were, each exactly behind the last.
async fn caught_up(socket: &mut Socket, topic: Topic, after: Seq) -> Result<usize> {
    let topics = vec![(topic, after)];
    socket.say(&ClientFrame::Subscribe { topics }).await?;
    let mut cursor = after;
    loop {
        match socket.hear().await? {
            ServerFrame::Envelopes { envelopes, .. } => {
                for envelope in envelopes {
                    if envelope.seq != cursor.next() {
                        bail!("place {} came directly behind {cursor}", envelope.seq);
                    }
                    cursor = envelope.seq;
                }
            }
            ServerFrame::CaughtUp { .. } => return Ok(usize::try_from(cursor.0 - after.0)?),
            _ => {}
        }
    }
}

fn seconds(milliseconds: u64) -> f64 {
    Duration::from_millis(milliseconds).as_secs_f64()
}

fn words(micros: u64) -> String {
    format!("{}.{} ms", micros / 1_000, micros % 1_000 / 100)
}

/// How long something took each time, in µs.
#[derive(Debug, Default, Serialize)]
struct Times(Vec<u64>);

impl Times {
    fn push(&mut self, time: Duration) {
        let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let place = self.0.partition_point(|other| *other <= time);
        self.0.insert(place, time);
    }

    fn add(&mut self, more: Self) {
        self.0.extend(more.0);
        self.0.sort_unstable();
    }

    /// The one in the middle.
    fn middle(&self) -> u64 {
        self.0.get(self.0.len() / 2).copied().unwrap_or_default()
    }

    fn text(&self) -> String {
        let most = self.0.last().copied().unwrap_or_default();
        let p99 = self.0.get(self.0.len() * 99 / 100).copied().unwrap_or(most);
        format!(
            "p50 {}, p99 {}, max {} (n {})",
            words(self.middle()),
            words(p99),
            words(most),
            self.0.len()
        )
    }
}
