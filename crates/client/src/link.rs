//! One socket: what is known on it, what is awaited, and what is due.

use protocol::{
    Ask, AssociationHash, ClientFrame, ErrorCode, InstallationId, MessageId, Seq, Topic, UnixMillis, limits,
};

use sorted::{Map, Set};

use crate::{Client, Effect, Environment, Vault};

/// Milliseconds until an unanswered question or publish, or a socket that does not greet, is given up.
const ANSWER: i64 = 20_000;
/// No deadline lies further ahead, in milliseconds: if one seems to, the clock has jumped, and it is due.
const FARTHEST: i64 = 70_000;

/// Whether a deadline has come, also on a clock that jumps.
pub(crate) fn is_due(deadline: UnixMillis, now: UnixMillis) -> bool {
    deadline <= now || deadline.0 - now.0 > FARTHEST
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Phase {
    /// There is no socket.
    #[default]
    Down,
    /// Asked for, or waiting for the challenge.
    Opening,
    /// `Hello` is said.
    Greeting,
    /// The greeting has succeeded: frames may be sent.
    Ready,
}

/// The state of one socket. A new socket starts with a new one.
#[derive(Default)]
pub(crate) struct ConnectionState {
    pub phase: Phase,
    /// When the phase began.
    pub since: UnixMillis,
    /// When the last frame came.
    pub heard: UnixMillis,
    /// When the last frame went.
    pub spoke: UnixMillis,
    /// Deadline for a frame after a ping; later the socket is dropped.
    pub proof: Option<UnixMillis>,
    /// Everything has been read once.
    pub live: bool,
    /// The server skips frames and questions that it does not know (feature level 1).
    pub skips_unknown: bool,
    /// The reason the server gave before it closed.
    pub bye: Option<ErrorCode>,
    pub subscribed: Set<Topic>,
    /// Subscribed, not caught up.
    pub behind: Set<Topic>,
    /// Topics that cannot be read on without these associations.
    pub held: Map<Topic, Vec<AssociationHash>>,
    /// Subscribed again: envelopes sent before the server received that have gaps, and are sent again.
    pub resuming: Set<Topic>,
    /// A publish was refused because there is a commit behind this one.
    pub stale: Map<Topic, Seq>,
    /// Publishes without an answer.
    pub in_flight: Map<MessageId, UnixMillis>,
    /// Commits that are stored and not read back yet.
    pub stored: Set<MessageId>,
    /// Installations without a key package, and since when that is known.
    pub no_key_package: Map<InstallationId, UnixMillis>,
    /// Installations that are not listed and of which the server knows no revocation.
    pub not_revoked: Set<InstallationId>,
    pub asks: Map<u32, (Ask, UnixMillis)>,
    pub next_ask: u32,
    pub key_packages: u32,
    /// An upload of key packages has no answer yet.
    pub uploading_key_packages: bool,
    /// The server's key packages may belong to a copy of this vault: upload enough to displace them.
    pub replace_key_packages: bool,
    /// Nothing is published or asked before this.
    pub paused: Option<UnixMillis>,
    pub pauses: u32,
}

impl ConnectionState {
    pub fn is_ready(&self) -> bool {
        self.phase == Phase::Ready
    }

    pub fn is_paused(&self, now: UnixMillis) -> bool {
        self.paused.is_some_and(|until| !is_due(until, now))
    }

    fn deadlines(&self) -> impl Iterator<Item = UnixMillis> {
        let after = |from: UnixMillis, milliseconds: i64| UnixMillis(from.0 + milliseconds);
        let seconds = |count: u64| i64::try_from(count).unwrap_or(i64::MAX) * 1000;
        let phase = match self.phase {
            Phase::Down => [None, None],
            Phase::Opening | Phase::Greeting => [Some(after(self.since, ANSWER)), None],
            Phase::Ready => [
                Some(after(self.heard, seconds(limits::SILENCE_SECONDS))),
                Some(after(self.spoke, seconds(limits::HEARTBEAT_SECONDS))),
            ],
        };
        let sent = self
            .in_flight
            .values()
            .chain(self.asks.values().map(|(_, at)| at))
            .min();
        let answer = sent.map(|at| after(*at, ANSWER));
        phase.into_iter().chain([answer, self.proof, self.paused]).flatten()
    }
}

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// Whatever is due now.
    pub(crate) async fn tick(&mut self) {
        let now = self.environment.now();
        self.tick_txs().await;
        self.tick_proofs().await;
        if self.reconnection.retry_at.is_some_and(|at| is_due(at, now)) && self.reconnection.wanted {
            self.open_socket();
        }
        if self.link.phase == Phase::Down {
            return;
        }
        let late = |from: UnixMillis, milliseconds: i64| is_due(UnixMillis(from.0 + milliseconds), now);
        let seconds = |count: u64| i64::try_from(count).unwrap_or(i64::MAX) * 1000;
        let unanswered = self
            .link
            .in_flight
            .values()
            .chain(self.link.asks.values().map(|(_, at)| at));
        let silent = match self.link.phase {
            Phase::Ready => late(self.link.heard, seconds(limits::SILENCE_SECONDS)),
            _ => late(self.link.since, ANSWER),
        };
        if silent
            || self.link.proof.is_some_and(|at| is_due(at, now))
            || unanswered.min().is_some_and(|at| late(*at, ANSWER))
        {
            return self.drop_link();
        }
        if self.link.is_ready() && late(self.link.spoke, seconds(limits::HEARTBEAT_SECONDS)) {
            self.transmit(ClientFrame::Ping);
        }
        if self.link.paused.is_some_and(|at| is_due(at, now)) {
            self.link.paused = None;
        }
        self.pump().await;
    }

    /// Asks to be woken at the next deadline, if it is another one than before.
    pub(crate) fn plan(&mut self) {
        let now = self.environment.now();
        let resume = self.rosters.values().filter_map(|roster| roster.resume);
        let next = self.link.deadlines().chain(self.reconnection.retry_at).chain(resume);
        let next = next.chain(self.tx_deadline()).chain(self.proof_deadline()).min();
        // A wake-up that comes too early plans the next one.
        let Some(at) = next.filter(|at| self.wake_at.is_none_or(|planned| *at < planned)) else {
            return;
        };
        {
            self.wake_at = Some(at);
            let milliseconds = u32::try_from(at.0.saturating_sub(now.0).clamp(0, FARTHEST)).unwrap_or(0);
            self.effects.push(Effect::WakeIn { milliseconds });
        }
    }
}
