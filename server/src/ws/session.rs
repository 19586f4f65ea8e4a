//! A socket after `Ready`.

use std::time::Duration;

use futures::{FutureExt, StreamExt, stream::FuturesUnordered};
use protocol::{Ask, ClientFrame, ErrorCode, ServerFrame, limits};
use services::{accounts::Session, delivery::Writer, push::Push, pushes::Pushes, tx::SocketTransactions};
use tokio::time::{Instant, sleep_until, timeout};

use super::{
    close_signal::CloseSignal,
    dispatch::{self, Work},
    ending::Ending,
    frame_socket::{FrameSocket, Heard},
};
use crate::{
    http::limits::{Bucket, Rate},
    state::Server,
};

/// Failpoint: panics when a frame is taken.
pub const FRAME: &str = "frame";
/// How many answers may be in flight for one socket before its next frame is read.
const IN_FLIGHT: usize = 64;
/// How many topics one socket may follow.
const TOPICS: usize = 10_000;
/// How many frames go out before the socket is read again.
const GATHERED: usize = 64;
/// How many frames an installation may send. Beyond that it is read more slowly, not refused.
const FRAMES: Rate = Rate {
    burst: 500.0,
    per_second: 200.0,
};
/// How many key packages of others it may claim.
const CLAIMS: Rate = Rate {
    burst: 100.0,
    per_second: 1.0,
};
/// How many questions about tips and other transactions it may ask: one for each when it connects.
const TIPS: Rate = Rate {
    burst: 250.0,
    per_second: 5.0,
};
/// How long reading pauses after a frame over the rate.
const PAUSE: Duration = Duration::from_millis(50);
/// How long publishes that were handed in may take once the server ends.
const LAST_ANSWERS: Duration = Duration::from_secs(5);

struct Talk<'a> {
    server: &'a Server,
    session: &'a Session,
    writer: Writer,
    pushes: Pushes,
    socket_transactions: SocketTransactions,
    work: FuturesUnordered<Work>,
    outgoing: Vec<ServerFrame>,
    frames: Bucket,
    claims: Bucket,
    tips: Bucket,
    /// Until then the next frame is not read.
    paused: Option<Instant>,
    /// When the socket is closed for silence.
    silence: Instant,
}

/// Something for the loop of a socket to handle.
enum Event {
    Heard(Heard),
    Done(Result<ServerFrame, Ending>),
    Push(Push),
    Resume,
}

/// Serves the installation until the socket has to end, and says why it has to.
pub async fn run(
    server: &Server,
    link: &mut FrameSocket,
    close: &CloseSignal,
    session: &Session,
    pushes: Pushes,
) -> Ending {
    let now = std::time::Instant::now();
    let mut talk = Talk {
        server,
        session,
        writer: server.services().delivery.writer(session.installation),
        socket_transactions: server
            .services()
            .transactions
            .for_socket(pushes.subscription().subscriber()),
        pushes,
        work: FuturesUnordered::new(),
        outgoing: Vec::new(),
        frames: Bucket::full(FRAMES, now),
        claims: Bucket::full(CLAIMS, now),
        tips: Bucket::full(TIPS, now),
        paused: None,
        silence: Instant::now() + server.patience().silence,
    };
    let ending = loop {
        let turn = tokio::select! {
            ending = close.fires() => Err(ending),
            turn = talk.turn(link) => turn,
        };
        if let Err(ending) = turn {
            break ending;
        }
    };
    if ending == Ending::Restarting {
        talk.answer_the_rest(link).await;
    }
    ending
}

impl Talk<'_> {
    /// Handles one event and everything that is ready with it, then writes. May be dropped at
    /// any point: only the socket's end does that.
    async fn turn(&mut self, link: &mut FrameSocket) -> Result<(), Ending> {
        let event = self.event(link).await?;
        self.handle(event).await?;
        while self.outgoing.len() < GATHERED {
            let Some(event) = self.ready() else { break };
            self.handle(event).await?;
        }
        self.send(link).await
    }

    async fn event(&mut self, link: &mut FrameSocket) -> Result<Event, Ending> {
        let listening = self.paused.is_none() && self.work.len() < IN_FLIGHT;
        let resume = self.paused;
        tokio::select! {
            heard = link.hear(), if listening => Ok(Event::Heard(heard)),
            Some(done) = self.work.next(), if !self.work.is_empty() => Ok(Event::Done(done)),
            push = self.pushes.next() => Ok(Event::Push(push)),
            () = sleep_until(resume.unwrap_or(self.silence)), if resume.is_some() => Ok(Event::Resume),
            () = sleep_until(self.silence), if listening => Err(Ending::Silence),
        }
    }

    /// What has happened already, so that it goes out in the same write.
    fn ready(&mut self) -> Option<Event> {
        if !self.work.is_empty()
            && let Some(Some(done)) = self.work.next().now_or_never()
        {
            return Some(Event::Done(done));
        }
        self.pushes.ready().map(Event::Push)
    }

    async fn handle(&mut self, event: Event) -> Result<(), Ending> {
        match event {
            Event::Heard(heard) => {
                let now = std::time::Instant::now();
                if !self.frames.take(FRAMES, now) {
                    self.paused = Some(Instant::now() + PAUSE);
                }
                self.silence = Instant::now() + self.server.patience().silence;
                match heard {
                    Heard::Frame(frame) => self.frame(frame).await?,
                    Heard::Life => {}
                    Heard::End(ending) => return Err(ending),
                }
            }
            Event::Done(done) => {
                // Reading was paused while too much was in flight: the client was not silent.
                self.silence = self.silence.max(
                    Instant::now() + Duration::from_secs(limits::HEARTBEAT_SECONDS).min(self.server.patience().silence),
                );
                self.outgoing.push(done?);
            }
            Event::Push(push) => {
                let is_own = matches!(push, Push::Installations { account } if account == self.session.address);
                let frame = dispatch::frame(push);
                if is_own {
                    let (server, session) = (self.server.clone(), self.session.clone());
                    self.work.push(dispatch::unless_ended(server, session, frame));
                } else {
                    self.outgoing.push(frame);
                }
            }
            Event::Resume => {
                self.paused = None;
                self.silence = Instant::now() + self.server.patience().silence;
            }
        }
        Ok(())
    }

    async fn frame(&mut self, frame: ClientFrame) -> Result<(), Ending> {
        failpoint::panic_point(FRAME);
        match frame {
            ClientFrame::Publish(publish) => {
                let id = publish.id;
                // Handed in at once and in order; answered whenever it is stored.
                match self.writer.submit(publish).await {
                    Ok(pending) => self.work.push(dispatch::publish(id, pending)),
                    Err(code) => self.outgoing.push(dispatch::refused(id, code)?),
                }
            }
            ClientFrame::Subscribe { topics } => {
                if topics.len() > limits::TOPICS_PER_FRAME {
                    return Err(Ending::BadFrame(ErrorCode::TooLarge));
                }
                for (topic, cursor) in topics {
                    if self.pushes.followed() < TOPICS {
                        self.pushes.follow(topic, cursor);
                    } else {
                        self.outgoing.push(ServerFrame::NotSubscribed {
                            topic,
                            code: ErrorCode::TooMany,
                        });
                    }
                }
            }
            ClientFrame::Ask { number, ask } => {
                let now = std::time::Instant::now();
                let allowed = match ask {
                    // A new last resort is pushed to everybody who watches the account.
                    Ask::ClaimKeyPackage { .. }
                    | Ask::PublishKeyPackages {
                        last_resort: Some(_), ..
                    } => self.claims.take(CLAIMS, now),
                    Ask::Tip { .. } | Ask::Transaction { .. } => self.tips.take(TIPS, now),
                    _ => true,
                };
                if !allowed {
                    self.outgoing.push(ServerFrame::Answer {
                        number,
                        answer: Err(ErrorCode::TooMany),
                    });
                } else {
                    if let Ask::Installations { account } = ask {
                        // Before the list is read: no change falls between the two.
                        self.pushes.watch(account);
                    }
                    let transactions = self.socket_transactions.asker();
                    let server = self.server.clone();
                    self.work
                        .push(dispatch::ask(server, self.session.clone(), transactions, number, ask));
                }
            }
            ClientFrame::Ping => self.outgoing.push(ServerFrame::Pong),
            // Of a newer page, which does without an answer.
            ClientFrame::Unknown => {}
            // `Hello` comes once, in the handshake.
            ClientFrame::Hello { .. } => return Err(Ending::BadFrame(ErrorCode::Malformed)),
        }
        Ok(())
    }

    async fn send(&mut self, link: &mut FrameSocket) -> Result<(), Ending> {
        if self.outgoing.is_empty() {
            return Ok(());
        }
        for frame in self.outgoing.drain(..) {
            link.feed(&frame).await?;
        }
        link.flush().await
    }

    /// The server ends: publishes that were handed in are still answered.
    async fn answer_the_rest(&mut self, link: &mut FrameSocket) {
        let rest = async {
            self.send(link).await?;
            while let Some(done) = self.work.next().await {
                self.outgoing.push(done?);
                self.send(link).await?;
            }
            Ok::<(), Ending>(())
        };
        let _ = timeout(LAST_ANSWERS, rest).await;
    }
}
