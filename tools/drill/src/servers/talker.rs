//! One installation at work: publishes in all its topics as fast as answers come, some messages at a time in each, reads all
//! of them by cursor, and begins anew whenever its socket breaks.
//!
//! As a real one it keeps the order in which it writes. What is open in a topic is always made on one commit; what must be
//! said again is said again altogether, the oldest first, and nothing newer before that.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use protocol::{ClientFrame, ErrorCode, MessageId, Seq, ServerFrame, Topic};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, sleep, sleep_until},
};

use super::{
    ledger::Ledger,
    person::{Person, Place},
    said::Said,
    socket::{Socket, Unwelcome},
};
use crate::random::Random;

/// A sign of life is asked for so often,
const PING: Duration = Duration::from_millis(800);
/// and a socket that gives none for so long is left.
const SILENCE: Duration = Duration::from_secs(4);

/// What the talkers are to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Publish the next message.
    Talk,
    /// Begin nothing new; see what is under way to its end.
    Settle,
    /// End the conversation.
    End,
}

/// What a nemesis does to one socket.
#[derive(Debug, Clone, Copy)]
pub enum Trouble {
    /// It breaks after so many more bytes, read or written.
    Cut {
        /// Read before it does.
        reading: usize,
        /// Written before it does.
        writing: usize,
    },
    /// This side goes on with a new one, and never closes the old one for so long.
    HalfOpen {
        /// How long, in milliseconds.
        for_ms: u64,
    },
    /// This side waits between any two frames that it reads.
    Slow {
        /// How long, in milliseconds,
        pause_ms: u64,
        /// and how long altogether.
        for_ms: u64,
    },
}

/// A topic as one installation sees it.
#[derive(Debug)]
struct Mine {
    topic: Topic,
    index: usize,
    cursor: u64,
    last_commit: u64,
    /// Said, and not answered; in the order in which they were said first, all on the same commit.
    open: VecDeque<Open>,
    /// How many may be.
    room: usize,
}

/// A message that was said and is not stored yet, as far as its sender knows.
#[derive(Debug)]
struct Open {
    said: Said,
    /// How many attempts on this socket are not answered.
    awaited: u32,
}

impl Mine {
    /// Something newer may be said: all that is open was made on the commit this will be made on, and nothing of it is one.
    fn has_room(&self) -> bool {
        self.open.len() < self.room
            && self
                .open
                .iter()
                .all(|open| open.awaited > 0 && !open.said.commit && open.said.last_commit == self.last_commit)
    }

    /// All that is open was refused, and the commit that it was refused for has been read.
    fn is_due(&self) -> bool {
        !self.open.is_empty()
            && self
                .open
                .iter()
                .all(|open| open.awaited == 0 && open.said.last_commit < self.last_commit)
    }

    fn find(&self, number: u32) -> Option<usize> {
        self.open.iter().position(|open| open.said.number == number)
    }
}

/// One installation that publishes and reads.
pub struct Talker {
    person: Person,
    place: Place,
    seed: u64,
    random: Random,
    number: u32,
    topics: Vec<Mine>,
    by_id: HashMap<MessageId, (usize, u32, bool)>,
    ledger: Arc<Ledger>,
    /// How many messages of all talkers are open.
    open: Arc<AtomicUsize>,
    phase: watch::Receiver<Phase>,
    troubles: mpsc::Receiver<Trouble>,
    slow: Option<(Duration, Instant)>,
    retries: Arc<AtomicUsize>,
    connects: Arc<AtomicUsize>,
}

/// What all talkers share.
#[derive(Clone)]
pub struct Shared {
    /// Where the servers are.
    pub place: Place,
    /// The drill's seed.
    pub seed: u64,
    /// The ledger that checks what is delivered.
    pub ledger: Arc<Ledger>,
    /// How many messages are open.
    pub open: Arc<AtomicUsize>,
    /// What to do.
    pub phase: watch::Receiver<Phase>,
    /// How many attempts were not the first.
    pub retries: Arc<AtomicUsize>,
    /// How many sockets were opened.
    pub connects: Arc<AtomicUsize>,
}

impl Talker {
    /// One that follows these topics from these cursors on.
    pub fn new(
        person: Person,
        topics: Vec<(usize, Topic, u64)>,
        shared: Shared,
        troubles: mpsc::Receiver<Trouble>,
    ) -> Self {
        let mut random = Random::new(shared.seed).fork(0x7a1c_0000 + u64::from(person.number));
        let topics = topics.into_iter().map(|(index, topic, cursor)| {
            shared.ledger.join(person.number, index, cursor);
            Mine {
                topic,
                index,
                cursor,
                last_commit: 1,
                open: VecDeque::new(),
                room: usize::try_from(random.between(2, 5)).unwrap_or(2),
            }
        });
        let topics: Vec<Mine> = topics.collect();
        Self {
            topics,
            person,
            place: shared.place,
            seed: shared.seed,
            random,
            number: 0,
            by_id: HashMap::new(),
            ledger: shared.ledger,
            open: shared.open,
            phase: shared.phase,
            troubles,
            slow: None,
            retries: shared.retries,
            connects: shared.connects,
        }
    }

    /// Until the phase is [`Phase::End`].
    pub async fn run(mut self) {
        while *self.phase.borrow() != Phase::End {
            let port = self.place.ports[self.random.index(self.place.ports.len())];
            let opened = tokio::select! {
                opened = Socket::open(&self.person, &self.place, port) => opened,
                () = ended(&mut self.phase) => return,
            };
            let ending = match opened {
                Ok(socket) => {
                    self.connects.fetch_add(1, Ordering::Relaxed);
                    self.talk(socket).await
                }
                Err(error) => Err(error),
            };
            if let Err(error) = ending
                && let Some(Unwelcome(code)) = error.downcast_ref()
                && !matches!(
                    code,
                    ErrorCode::Unavailable
                        | ErrorCode::TooSlow
                        | ErrorCode::Superseded
                        | ErrorCode::Restarting
                        | ErrorCode::TooMany
                )
            {
                self.ledger
                    .answer(format!("{} was sent away: {}", self.person.number, code.word()));
            }
            let pause = Duration::from_millis(self.random.between(20, 150));
            tokio::select! {
                () = sleep(pause) => {}
                () = ended(&mut self.phase) => return,
            }
        }
    }

    /// One socket, to its end.
    async fn talk(&mut self, mut socket: Socket) -> Result<()> {
        // What is behind the last cut or freeze is not for this socket.
        while self.troubles.try_recv().is_ok() {}
        let topics = self.topics.iter().map(|mine| (mine.topic, Seq(mine.cursor))).collect();
        socket.feed(&ClientFrame::Subscribe { topics }).await?;
        self.by_id.clear();
        for index in 0..self.topics.len() {
            for open in &mut self.topics[index].open {
                open.awaited = 0;
            }
            self.again(&mut socket, index).await?;
        }
        socket.flush().await?;
        let mut heard = Instant::now();
        let mut ping = heard + PING;
        loop {
            self.say_more(&mut socket).await?;
            tokio::select! {
                frame = socket.hear() => {
                    heard = Instant::now();
                    self.frame(&mut socket, frame?).await?;
                    self.dawdle().await;
                }
                Some(trouble) = self.troubles.recv() => match trouble {
                    Trouble::Cut { reading, writing } => socket.cut_after(reading, writing),
                    Trouble::HalfOpen { for_ms } => {
                        tokio::spawn(async move {
                            sleep(Duration::from_millis(for_ms)).await;
                            drop(socket);
                        });
                        return Ok(());
                    }
                    Trouble::Slow { pause_ms, for_ms } => {
                        let until = Instant::now() + Duration::from_millis(for_ms);
                        self.slow = Some((Duration::from_millis(pause_ms), until));
                    }
                },
                changed = self.phase.changed() => {
                    if changed.is_err() || *self.phase.borrow() == Phase::End {
                        return Ok(());
                    }
                }
                () = sleep_until(ping) => {
                    if heard.elapsed() > SILENCE {
                        return Ok(());
                    }
                    ping = Instant::now() + PING;
                    socket.say(&ClientFrame::Ping).await?;
                }
            }
        }
    }

    /// A slow reader, while it is one.
    async fn dawdle(&mut self) {
        if let Some((pause, until)) = self.slow {
            if Instant::now() < until && *self.phase.borrow() == Phase::Talk {
                sleep(pause).await;
            } else {
                self.slow = None;
            }
        }
    }

    /// Begins a message in every topic that has room for it. Mostly not in all of them at once: then they would come together, be
    /// stored together and be answered together for ever.
    async fn say_more(&mut self, socket: &mut Socket) -> Result<()> {
        if *self.phase.borrow() != Phase::Talk {
            return Ok(());
        }
        let mut said = false;
        for index in 0..self.topics.len() {
            let mine = &mut self.topics[index];
            if mine.has_room() && (mine.open.is_empty() || self.random.percent(40)) {
                mine.open.push_back(Open {
                    said: Said {
                        sender: self.person.number,
                        number: self.number,
                        attempt: 0,
                        commit: self.random.percent(2),
                        last_commit: mine.last_commit,
                    },
                    awaited: 0,
                });
                let place = mine.open.len() - 1;
                self.number += 1;
                self.open.fetch_add(1, Ordering::SeqCst);
                self.say(socket, index, place).await?;
                // The same at once again: two attempts under way together.
                if self.random.percent(3) {
                    self.retries.fetch_add(1, Ordering::Relaxed);
                    self.say(socket, index, place).await?;
                }
                said = true;
            }
        }
        if said {
            socket.flush().await?;
        }
        Ok(())
    }

    /// What is open in a topic is said again, on the newest commit: with the same bytes if it was made on that, or with other
    /// ones, as if it was encrypted again.
    async fn again(&mut self, socket: &mut Socket, index: usize) -> Result<()> {
        for place in 0..self.topics[index].open.len() {
            let other_bytes = self.random.percent(50);
            let mine = &mut self.topics[index];
            let said = &mut mine.open[place].said;
            if other_bytes || said.last_commit != mine.last_commit {
                said.attempt = said.attempt.wrapping_add(1);
                said.last_commit = mine.last_commit;
            }
            self.retries.fetch_add(1, Ordering::Relaxed);
            self.say(socket, index, place).await?;
        }
        Ok(())
    }

    async fn say(&mut self, socket: &mut Socket, index: usize, place: usize) -> Result<()> {
        let mine = &mut self.topics[index];
        let open = &mut mine.open[place];
        open.awaited += 1;
        let said = open.said;
        self.by_id.insert(said.id(self.seed), (index, said.number, said.commit));
        socket
            .feed(&ClientFrame::Publish(said.publish(self.seed, mine.topic)))
            .await
    }

    async fn frame(&mut self, socket: &mut Socket, frame: ServerFrame) -> Result<()> {
        match frame {
            ServerFrame::Stored { id, seq, .. } => self.stored(socket, id, seq).await,
            ServerFrame::Refused { id, code } => self.refused(socket, id, code).await,
            ServerFrame::Envelopes { topic, envelopes } => {
                let Some(index) = self.topics.iter().position(|mine| mine.topic == topic) else {
                    self.ledger
                        .answer(format!("{} got a topic it does not follow", self.person.number));
                    return Ok(());
                };
                for envelope in envelopes {
                    let mine = &mut self.topics[index];
                    self.ledger.delivered(self.person.number, mine.index, &envelope);
                    mine.cursor = mine.cursor.max(envelope.seq.0);
                    if matches!(envelope.body, protocol::Body::Commit(_)) {
                        mine.last_commit = mine.last_commit.max(envelope.seq.0);
                    }
                }
                self.again_if_due(socket, index).await?;
                Ok(())
            }
            ServerFrame::NotSubscribed { code, .. } => {
                let words = format!(
                    "{} may not follow a topic of its own: {}",
                    self.person.number,
                    code.word()
                );
                self.ledger.answer(words);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn stored(&mut self, socket: &mut Socket, id: MessageId, seq: Seq) -> Result<()> {
        let Some((index, number, commit)) = self.by_id.get(&id).copied() else {
            self.ledger.answer(format!(
                "{} was answered about {}, which it did not say",
                self.person.number,
                Ledger::name(id)
            ));
            return Ok(());
        };
        let mine = &mut self.topics[index];
        self.ledger
            .acknowledged(self.person.number, number, commit, mine.index, seq.0);
        if commit {
            mine.last_commit = mine.last_commit.max(seq.0);
        }
        if let Some(place) = mine.find(number)
            && let Some(Open { said, .. }) = mine.open.remove(place)
        {
            self.open.fetch_sub(1, Ordering::SeqCst);
            // Asked once more about what was answered, with other bytes: the answer must be the first place.
            if self.random.percent(3) && *self.phase.borrow() == Phase::Talk {
                let late = Said {
                    attempt: said.attempt.wrapping_add(1),
                    ..said
                };
                self.retries.fetch_add(1, Ordering::Relaxed);
                let publish = late.publish(self.seed, self.topics[index].topic);
                socket.say(&ClientFrame::Publish(publish)).await?;
            }
            self.again_if_due(socket, index).await?;
        }
        if self.by_id.len() > 10_000 {
            self.by_id.retain(|_, (_, known, _)| *known + 5_000 > number);
        }
        Ok(())
    }

    async fn refused(&mut self, socket: &mut Socket, id: MessageId, code: ErrorCode) -> Result<()> {
        let Some((index, number, _)) = self.by_id.get(&id).copied() else {
            return Ok(());
        };
        let mine = &mut self.topics[index];
        let open = mine.find(number).and_then(|place| mine.open.get_mut(place));
        match (code, open) {
            // Somebody committed meanwhile: read on, and say it again on top of that.
            (ErrorCode::StaleEpoch, Some(open)) => {
                open.awaited = open.awaited.saturating_sub(1);
                self.again_if_due(socket, index).await
            }
            (code, open) => {
                let what = if open.is_some() { "open" } else { "answered" };
                let words = format!("{}/{number} ({what}) was refused: {}", self.person.number, code.word());
                self.ledger.answer(words);
                Ok(())
            }
        }
    }

    async fn again_if_due(&mut self, socket: &mut Socket, index: usize) -> Result<()> {
        if self.topics[index].is_due() {
            self.again(socket, index).await?;
            socket.flush().await?;
        }
        Ok(())
    }
}

async fn ended(phase: &mut watch::Receiver<Phase>) {
    let _ = phase.wait_for(|phase| *phase == Phase::End).await;
}
