//! The WebSocket: greeting, questions and answers, heartbeat, silence, and coming back.

use bridge::{Connection, Event, Trouble};
use protocol::{
    Answer, Ask, AssociationHash, ClientFrame, ErrorCode, Incarnation, Seq, ServerFrame, Support, Topic, UnixMillis,
    codec, limits,
};

use crate::{
    Client, Effect, Environment, SocketEvent, Vault, VaultError,
    directory::Verdict,
    link::{ConnectionState, Phase},
    people::Listing,
    records::{Membership, PendingAlert, Settings, TopicState},
    step::Step,
};

/// The close code that says: this session is not accepted.
const NOT_ACCEPTED: u16 = 4401;
/// How long a connection that the browser reports as lost has to deliver a frame, in milliseconds; then it is dropped.
const PROOF: i64 = 5_000;
/// The first and the longest pause before trying again, in milliseconds.
const PAUSE: (i64, i64) = (500, 30_000);
/// A connection that lasted so long, in milliseconds, was a good one: pauses start from the shortest again.
const LASTING: i64 = 10_000;

/// Whether and when a connection is opened again.
#[derive(Default)]
pub(crate) struct Reconnection {
    /// The connection as the page knows it.
    pub told: Option<Connection>,
    /// The page wants a connection.
    pub wanted: bool,
    /// How many attempts have failed one after another.
    pub failures: u32,
    /// When the next attempt is made.
    pub retry_at: Option<UnixMillis>,
}

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// `Connect`.
    pub(crate) fn connect(&mut self) {
        if self.installation.association().is_none() {
            return self.show_connection(Connection::Off);
        }
        self.reconnection.wanted = true;
        if self.link.phase == Phase::Down {
            self.reconnection.failures = 0;
            self.open_socket();
        } else {
            // The page may be new: say how it is.
            let ready = self.link.live;
            self.reply(Event::Connection(if ready {
                Connection::Live
            } else {
                Connection::Connecting
            }));
        }
    }

    /// `Disconnect`.
    pub(crate) fn disconnect(&mut self) {
        let was = std::mem::replace(&mut self.reconnection.wanted, false);
        self.close_socket();
        self.reconnection.retry_at = None;
        if was {
            // The session is every tab's; the one that ended it knows.
            self.tell(Event::Connection(Connection::SignedOut));
        }
        self.reconnection.told = Some(Connection::Off);
        self.reply(Event::Connection(Connection::Off));
    }

    /// `Online`.
    pub(crate) fn online(&mut self, online: bool) {
        let now = self.environment.now();
        if online {
            self.link.proof = None;
            if self.reconnection.wanted && self.link.phase == Phase::Down {
                self.reconnection.failures = 0;
                self.open_socket();
            }
        } else if self.link.is_ready() {
            // The browser may be wrong (this site may be on the same machine): the server has the word.
            self.transmit(ClientFrame::Ping);
            self.link.proof = Some(UnixMillis(now.0 + PROOF));
        }
    }

    pub(crate) fn open_socket(&mut self) {
        let now = self.environment.now();
        self.reconnection.retry_at = None;
        self.link = ConnectionState {
            phase: Phase::Opening,
            since: now,
            heard: now,
            spoke: now,
            ..ConnectionState::default()
        };
        self.effects.push(Effect::OpenSocket);
        self.show_connection(Connection::Connecting);
    }

    fn close_socket(&mut self) {
        if self.link.phase != Phase::Down {
            self.effects.push(Effect::CloseSocket);
        }
        self.forget_link();
    }

    fn forget_link(&mut self) {
        let unanswered = std::mem::take(&mut self.link).asks;
        self.people.lists.clear();
        self.rosters.clear();
        self.directory.ask_again();
        for account in std::mem::take(&mut self.people.finds) {
            self.tell(Event::Found { account, here: None });
        }
        self.give_up_payees();
        self.give_up_revoking(&unanswered);
    }

    /// Gives this socket up and comes back later.
    pub(crate) fn drop_link(&mut self) {
        if self.link.phase != Phase::Down {
            self.effects.push(Effect::CloseSocket);
            self.come_back();
        }
    }

    fn come_back(&mut self) {
        let now = self.environment.now();
        if self.link.is_ready() && now.0 - self.link.since.0 > LASTING {
            self.reconnection.failures = 0;
        }
        let pause = self.pause_after(self.reconnection.failures);
        self.reconnection.failures = self.reconnection.failures.saturating_add(1);
        self.forget_link();
        self.reconnection.retry_at = Some(UnixMillis(now.0 + pause));
        let seconds = u32::try_from((pause + 999) / 1000).unwrap_or(u32::MAX);
        self.show_connection(Connection::Waiting { seconds });
    }

    /// The pause after this many failures, in milliseconds: doubled each time up to the longest, with random jitter to spread clients out.
    fn pause_after(&mut self, failures: u32) -> i64 {
        let (first, longest) = PAUSE;
        let base = (first << failures.min(10)).min(longest);
        let jitter = i64::from(u32::from_le_bytes(self.random())) % base;
        (base / 2 + jitter).clamp(first, longest)
    }

    /// Publishes and questions wait a while: the server asked for it, or could not answer.
    pub(crate) fn pause(&mut self) {
        let now = self.environment.now();
        if self.link.is_paused(now) {
            return;
        }
        let pause = self.pause_after(self.link.pauses);
        self.link.pauses += 1;
        self.link.paused = Some(UnixMillis(now.0 + pause));
    }

    fn show_connection(&mut self, connection: Connection) {
        if self.reconnection.told != Some(connection) && !self.forgotten {
            self.reconnection.told = Some(connection);
            self.tell(Event::Connection(connection));
        }
    }

    /// Whether an answer can be hoped for.
    pub(crate) fn is_connecting(&self) -> bool {
        self.link.phase != Phase::Down
    }

    /// Sends a frame if the greeting has succeeded, or if the frame is the greeting; drops it otherwise.
    pub(crate) fn transmit(&mut self, frame: ClientFrame) {
        let greeting = matches!(frame, ClientFrame::Hello { .. });
        if !self.link.is_ready() && !greeting {
            return;
        }
        let Ok(bytes) = codec::encode(&frame) else {
            return self.report(Trouble::Refused(ErrorCode::TooLarge));
        };
        let now = self.environment.now();
        match frame {
            ClientFrame::Publish(publish) => {
                self.link.in_flight.insert(publish.id, now);
            }
            ClientFrame::Subscribe { topics } => {
                for (topic, _) in topics {
                    if !self.link.subscribed.insert(topic) {
                        self.link.resuming.insert(topic);
                    }
                    self.link.behind.insert(topic);
                }
            }
            ClientFrame::Hello { .. } | ClientFrame::Ask { .. } | ClientFrame::Ping | ClientFrame::Unknown => {}
        }
        self.link.spoke = now;
        self.effects.push(Effect::Frame(bytes));
    }

    /// Asks, unless the same question is open.
    pub(crate) fn ask(&mut self, ask: Ask) {
        let now = self.environment.now();
        if !self.link.is_ready() || self.link.asks.values().any(|(open, _)| *open == ask) {
            return;
        }
        let number = self.link.next_ask;
        self.link.next_ask = number.wrapping_add(1);
        self.link.asks.insert(number, (ask.clone(), now));
        self.transmit(ClientFrame::Ask { number, ask });
    }

    pub(crate) async fn socket_event(&mut self, event: SocketEvent) {
        if self.link.phase == Phase::Down {
            return;
        }
        match event {
            SocketEvent::Closed { code } => {
                let revoked = self.link.bye == Some(ErrorCode::Revoked);
                let ended = matches!(
                    self.link.bye,
                    Some(ErrorCode::SessionEnded | ErrorCode::NotSignedIn | ErrorCode::NotYourInstallation)
                );
                if code == Some(NOT_ACCEPTED) || ended || revoked {
                    self.reconnection.wanted = false;
                    self.forget_link();
                    self.show_connection(if revoked {
                        Connection::Revoked
                    } else {
                        Connection::SignedOut
                    });
                } else {
                    if self.link.bye == Some(ErrorCode::Superseded) {
                        // Another browser tab holds this installation: no duel.
                        self.reconnection.failures = self.reconnection.failures.max(4);
                    }
                    self.come_back();
                }
            }
            SocketEvent::Frame(bytes) => {
                self.link.heard = self.environment.now();
                self.link.proof = None;
                let done = match codec::decode::<ServerFrame>(&bytes) {
                    Ok(frame) => self.frame(frame).await,
                    Err(error) => {
                        self.report(Trouble::Refused(error.into()));
                        return self.drop_link();
                    }
                };
                match done {
                    Ok(()) => self.pump().await,
                    // What was not kept is still the server's, or still in the outbox.
                    Err(_) => self.drop_link(),
                }
            }
        }
    }

    async fn frame(&mut self, frame: ServerFrame) -> Result<(), VaultError> {
        match (self.link.phase, frame) {
            // Of a newer server, which knows that older pages skip it.
            (_, ServerFrame::Unknown) => {}
            (_, ServerFrame::Bye { code }) => self.link.bye = Some(code),
            (Phase::Opening, ServerFrame::Challenge { nonce, support }) => {
                let signature = self.installation.sign_challenge(self.origin.domain(), &nonce);
                self.link.phase = Phase::Greeting;
                self.link.skips_unknown = support.is_some();
                self.transmit(ClientFrame::Hello {
                    installation: self.installation.id(),
                    signature,
                    // A server of level 0 states none, and could not read ours.
                    support: support.map(|_| Support::OURS),
                });
            }
            (
                Phase::Greeting,
                ServerFrame::Ready {
                    incarnation,
                    key_packages,
                    now,
                },
            ) => {
                self.ready(incarnation, key_packages, now).await?;
            }
            (Phase::Ready, ServerFrame::Stored { id, .. }) => {
                self.link.pauses = 0;
                self.stored(id).await?;
            }
            (Phase::Ready, ServerFrame::Refused { id, code }) => self.refused(id, code).await?,
            (Phase::Ready, ServerFrame::Envelopes { topic, envelopes }) => self.envelopes(topic, envelopes).await?,
            (Phase::Ready, ServerFrame::CaughtUp { topic, head }) => {
                let cursor = self.state.logs.get(&topic).map_or(Seq(0), |log| log.cursor);
                let early = self.link.resuming.contains(&topic) && cursor < head;
                if !early && !self.link.held.contains_key(&topic) {
                    self.link.resuming.remove(&topic);
                    self.link.behind.remove(&topic);
                    self.check_live();
                }
            }
            (Phase::Ready, ServerFrame::NotSubscribed { topic, code }) => self.not_subscribed(topic, code).await?,
            (Phase::Ready, ServerFrame::Answer { number, answer }) => {
                if let Some((ask, _)) = self.link.asks.remove(&number) {
                    self.answer(ask, answer).await?;
                }
            }
            (
                Phase::Ready,
                ServerFrame::Tip {
                    chain_id,
                    sender,
                    id,
                    report,
                },
            ) => self.tip_observed(chain_id, sender, id, report).await?,
            (Phase::Ready, ServerFrame::Transaction { chain_id, hash, report }) => {
                self.transaction_observed(chain_id, hash, report).await?
            }
            (Phase::Ready, ServerFrame::Installations { account }) => self.changed(account),
            (Phase::Ready, ServerFrame::Pong) => {}
            // Not its turn: this is not a server of ours.
            _ => self.drop_link(),
        }
        Ok(())
    }

    async fn ready(&mut self, incarnation: Incarnation, key_packages: u32, now: UnixMillis) -> Result<(), VaultError> {
        let here = self.environment.now();
        self.skew = now.0.saturating_sub(here.0);
        self.link.phase = Phase::Ready;
        self.link.since = here;
        self.link.key_packages = key_packages;
        // An older build has published them: with them nobody could take us into a group that requires what this build knows.
        let outdated = self.state.settings.last_resort && !self.installation.has_current_key_packages();
        self.link.replace_key_packages = outdated;
        if outdated || self.state.settings.incarnation != Some(incarnation) {
            // Another life of the database may know neither our key packages nor our last messages. What it has not
            // acknowledged is still in the outbox; the logs are read from where we are, or anew (`CursorAhead`).
            let mut step = Step::default();
            let mut settings = self.state.settings.clone();
            settings.last_resort &= settings.incarnation.is_none() && !outdated;
            settings.incarnation = Some(incarnation);
            step.settings = Some(settings);
            self.finish(step).await?;
        }
        self.told().await?;
        let inbox = self.installation.id().inbox();
        let mut topics: Vec<_> = self
            .state
            .logs
            .iter()
            .filter(|(_, log)| log.stage == Membership::Joined)
            .map(|(t, log)| (*t, log.cursor))
            .collect();
        if !self.state.logs.contains_key(&inbox) {
            topics.push((inbox, Seq(0)));
        }
        for chunk in topics.chunks(limits::TOPICS_PER_FRAME) {
            self.transmit(ClientFrame::Subscribe { topics: chunk.to_vec() });
        }
        self.watch_txs();
        Ok(())
    }

    /// Clears the stored alerts. This socket was opened by an effect, so the events before it, alerts among them, have been delivered.
    async fn told(&mut self) -> Result<(), VaultError> {
        let mut step = Step::default();
        for (topic, log) in self.state.logs.iter().filter(|(_, log)| log.alert.is_some()) {
            step.logs.insert(
                *topic,
                TopicState {
                    alert: None,
                    ..log.clone()
                },
            );
        }
        self.finish(step).await
    }

    pub(crate) fn check_live(&mut self) {
        if self.link.is_ready() && !self.link.live && self.link.behind.is_empty() {
            self.link.live = true;
            self.show_connection(Connection::Live);
        }
    }

    async fn not_subscribed(&mut self, topic: Topic, code: ErrorCode) -> Result<(), VaultError> {
        self.link.subscribed.remove(&topic);
        self.link.behind.remove(&topic);
        self.report(Trouble::Refused(code));
        let mut step = Step::default();
        if let Some(log) = self.log(&step, topic) {
            match code {
                ErrorCode::CursorAhead if log.cursor > Seq(0) => {
                    // The server has forgotten: read what it has from the start. What we know already is skipped.
                    step.logs.insert(
                        topic,
                        TopicState {
                            cursor: Seq(0),
                            last_commit: Seq(0),
                            reread: log.cursor.max(log.reread),
                            ..log
                        },
                    );
                    step.frames.push(ClientFrame::Subscribe {
                        topics: vec![(topic, Seq(0))],
                    });
                }
                ErrorCode::NotAMember | ErrorCode::NoSuchTopic if log.conversation.is_some() => {
                    // This is only the server's claim. The alert is stored, so that it survives a crash before a page has received it.
                    if log.stage == Membership::Joined {
                        self.queue_alert(&mut step, topic, PendingAlert::Unreadable);
                    }
                    self.leave(&mut step, topic);
                }
                // Nothing would come or go in it any more, and nobody would know: asked for again on another socket.
                _ => {
                    self.drop_link();
                    return Ok(());
                }
            }
            self.finish(step).await?;
        }
        self.check_live();
        Ok(())
    }

    async fn answer(&mut self, ask: Ask, answer: Result<Answer, ErrorCode>) -> Result<(), VaultError> {
        if let Err(code) = answer
            && crate::outbox::is_passing(code)
            && !matches!(ask, Ask::Revoke { .. })
        {
            if matches!(ask, Ask::PublishKeyPackages { .. }) {
                self.link.uploading_key_packages = false;
            }
            self.pause();
            return Ok(());
        }
        match (ask, answer) {
            (Ask::Installations { account }, Ok(Answer::Installations(mut rows))) => {
                rows.truncate(limits::INSTALLATIONS);
                self.people.lists.insert(
                    account,
                    Listing {
                        at: self.environment.now(),
                        rows,
                    },
                );
            }
            (Ask::Installations { account }, _) => {
                self.people.lists.insert(
                    account,
                    Listing {
                        at: self.environment.now(),
                        rows: Vec::new(),
                    },
                );
            }
            (Ask::Association { hash }, answer) => {
                let bytes = match answer {
                    Ok(Answer::Association(bytes)) => bytes,
                    _ => None,
                };
                if let Verdict::Holds(association) = self.directory.judge(hash, bytes.as_ref().map(|bytes| &bytes[..]))
                {
                    let mut step = Step::default();
                    step.associations.push((association, false));
                    self.finish(step).await?;
                }
                self.release(hash);
            }
            (Ask::ClaimKeyPackage { installation }, answer) => {
                let package = match answer {
                    Ok(Answer::KeyPackage(package)) => package.map(serde_bytes::ByteBuf::into_vec),
                    _ => None,
                };
                self.claimed(installation, package);
            }
            (Ask::PublishKeyPackages { last_resort, .. }, Ok(Answer::KeyPackagesKept(kept))) => {
                self.link.key_packages = kept;
                let more = self
                    .link
                    .asks
                    .values()
                    .any(|(ask, _)| matches!(ask, Ask::PublishKeyPackages { .. }));
                self.link.uploading_key_packages = more || kept < crate::roster::FEW_KEY_PACKAGES;
                if last_resort.is_some() && !self.state.settings.last_resort {
                    let settings = Settings {
                        last_resort: true,
                        ..self.state.settings.clone()
                    };
                    let step = Step {
                        settings: Some(settings),
                        ..Step::default()
                    };
                    self.finish(step).await?;
                }
            }
            (
                Ask::Tip {
                    chain_id, sender, id, ..
                },
                Ok(Answer::Tip(report)),
            ) => self.tip_observed(chain_id, sender, id, report).await?,
            (Ask::Transaction { chain_id, hash }, Ok(Answer::Transaction(report))) => {
                self.transaction_observed(chain_id, hash, report).await?;
            }
            (Ask::Revocations { installations }, answer) => self.revocations(installations, answer).await?,
            (Ask::Revoke { revocation }, answer) => self.revoke_answered(&revocation, answer.err()),
            (Ask::PublishKeyPackages { .. } | Ask::Tip { .. } | Ask::Transaction { .. } | Ask::Unknown, _) => {}
        }
        Ok(())
    }

    /// Reads on where an association was waited for, if it is settled now and nothing else is.
    pub(crate) fn release(&mut self, hash: AssociationHash) {
        let inbox = self.installation.id().inbox();
        // Known is enough to read on; whether its words may be shown is seen when they are read.
        let settled = self.directory.stated(&hash).is_some() || self.directory.is_rejected(&hash);
        let held = self.link.held.iter().filter(|(_, held)| held.contains(&hash));
        let held: Vec<_> = held.map(|(topic, held)| (*topic, held.clone())).collect();
        for (topic, mut held) in held {
            held.retain(|other| *other != hash);
            let withheld = held.iter().any(|other| self.directory.is_withheld(other));
            // In the inbox a withheld association is a withheld invitation; in a log all members must agree: it waits.
            if (settled && held.is_empty()) || (!settled && topic == inbox) {
                self.link.held.remove(&topic);
                let cursor = self.state.logs.get(&topic).map_or(Seq(0), |log| log.cursor);
                self.transmit(ClientFrame::Subscribe {
                    topics: vec![(topic, cursor)],
                });
                continue;
            }
            if settled {
                self.link.held.insert(topic, held);
            } else if !withheld {
                self.report(Trouble::Withheld);
            }
            if !settled || withheld {
                // Nobody knows for how long; the rest is as it should be.
                self.link.behind.remove(&topic);
            }
        }
        self.check_live();
    }
}
