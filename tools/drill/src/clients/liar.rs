//! A server that lies: it withholds, reorders, replays, forges, mixes topics, lists falsely, and tells stale places.

use std::collections::BTreeMap;

use protocol::{Answer, Body, Envelope, ErrorCode, Incarnation, InstallationId, Seq, ServerFrame, Topic, codec};
use serde_bytes::ByteBuf;
use stage::server::Server;

use crate::random::Random;

/// How often it lies, in a hundred frames.
const OFTEN: u64 = 6;

/// Draws the lies of a server from a seed.
pub struct Liar {
    random: Random,
    /// Frames of before, by whom they were for.
    heard: BTreeMap<InstallationId, Vec<ServerFrame>>,
}

impl Liar {
    pub(super) fn new(random: Random) -> Self {
        Self {
            random,
            heard: BTreeMap::new(),
        }
    }

    /// Changes the next frame of this socket, or leaves it. Says what it did.
    pub(super) fn twist(&mut self, server: &mut Server, socket: u32) -> Option<&'static str> {
        let who = server.sockets.get(&socket)?.who?;
        let bytes = server.sockets.get_mut(&socket)?.out.pop_front()?;
        let frame = codec::decode::<ServerFrame>(&bytes).ok()?;
        let heard = self.heard.entry(who).or_default();
        if heard.len() < 40 {
            heard.push(frame.clone());
        }
        let (frames, what) = if self.random.percent(OFTEN) {
            self.lie(server, who, frame)
        } else {
            (vec![frame], None)
        };
        let out = &mut server.sockets.get_mut(&socket)?.out;
        for frame in frames.into_iter().rev() {
            if let Ok(bytes) = codec::encode(&frame) {
                out.push_front(bytes);
            }
        }
        if out.is_empty() {
            // Something must be there to be heard.
            out.push_front(codec::encode(&ServerFrame::Pong).ok()?);
        }
        what
    }

    fn lie(
        &mut self,
        server: &Server,
        who: InstallationId,
        frame: ServerFrame,
    ) -> (Vec<ServerFrame>, Option<&'static str>) {
        let (frames, what) = match self.random.below(10) {
            0 => (vec![], "a frame is withheld"),
            1 => (vec![frame.clone(), frame], "a frame comes twice"),
            2 => {
                let heard = &self.heard[&who];
                let old = heard[self.random.index(heard.len())].clone();
                // A challenge in the middle is no lie but a mistake.
                if matches!(old, ServerFrame::Ready { .. } | ServerFrame::Challenge { .. }) {
                    return (vec![frame], None);
                }
                (vec![old, frame], "an old frame comes again")
            }
            _ => return self.change(server, who, frame),
        };
        (frames, Some(what))
    }

    fn change(
        &mut self,
        server: &Server,
        who: InstallationId,
        frame: ServerFrame,
    ) -> (Vec<ServerFrame>, Option<&'static str>) {
        const CODES: [ErrorCode; 8] = [
            ErrorCode::StaleEpoch,
            ErrorCode::NotAMember,
            ErrorCode::NoSuchTopic,
            ErrorCode::Unavailable,
            ErrorCode::Internal,
            ErrorCode::TooLarge,
            ErrorCode::NoSuchInstallation,
            ErrorCode::Malformed,
        ];
        let (frame, what) = match frame {
            ServerFrame::Envelopes { topic, mut envelopes } => {
                let (topic, what) = self.envelopes(server, topic, &mut envelopes);
                (ServerFrame::Envelopes { topic, envelopes }, what)
            }
            ServerFrame::CaughtUp { topic, head } => match self.random.below(3) {
                0 => (
                    ServerFrame::CaughtUp {
                        topic,
                        head: Seq(head.0 + 5),
                    },
                    "a head that is too far",
                ),
                1 => (ServerFrame::CaughtUp { topic, head: Seq(0) }, "a head that is too near"),
                _ => {
                    let code = [ErrorCode::CursorAhead, ErrorCode::NotAMember][self.random.index(2)];
                    (ServerFrame::NotSubscribed { topic, code }, "a subscription is refused")
                }
            },
            ServerFrame::Stored { id, .. } => {
                let code = CODES[self.random.index(CODES.len())];
                (ServerFrame::Refused { id, code }, "what is stored is refused")
            }
            ServerFrame::Refused { id, .. } => (
                ServerFrame::Stored {
                    id,
                    seq: Seq(1),
                    at: protocol::UnixMillis(0),
                },
                "what is refused is acknowledged",
            ),
            ServerFrame::Ready { now, .. } => (
                ServerFrame::Ready {
                    incarnation: Incarnation([9; 16]),
                    key_packages: 3,
                    now: protocol::UnixMillis(now.0 + 4_000_000_000),
                },
                "another life, another time",
            ),
            ServerFrame::Answer {
                number,
                answer: Ok(answer),
            } => {
                let (answer, what) = self.answer(server, answer);
                (ServerFrame::Answer { number, answer }, what)
            }
            other => return (vec![other], None),
        };
        let _ = who;
        (vec![frame], Some(what))
    }

    fn envelopes(&mut self, server: &Server, topic: Topic, envelopes: &mut Vec<Envelope>) -> (Topic, &'static str) {
        let place = self.random.index(envelopes.len());
        let topics: Vec<Topic> = server.logs.keys().copied().collect();
        let other = topics[self.random.index(topics.len())];
        let anything = |random: &mut Random, topic: Topic| {
            let log = &server.logs[&topic].envelopes;
            (!log.is_empty()).then(|| log[random.index(log.len())].clone())
        };
        match self.random.below(9) {
            0 => {
                envelopes.remove(place);
                (topic, "an envelope is withheld")
            }
            1 => {
                for envelope in envelopes.iter_mut() {
                    envelope.seq.0 += 1;
                }
                (topic, "places are moved")
            }
            2 => {
                let seqs: Vec<Seq> = envelopes.iter().map(|envelope| envelope.seq).collect();
                envelopes.reverse();
                for (envelope, seq) in envelopes.iter_mut().zip(seqs) {
                    envelope.seq = seq;
                }
                (topic, "envelopes change places")
            }
            3 | 4 => {
                if let Some(old) = anything(&mut self.random, topic) {
                    let seq = envelopes[place].seq;
                    envelopes[place] = Envelope { seq, ..old };
                }
                (topic, "an old envelope stands in the place of another")
            }
            5 => {
                if let Some(of_other) = anything(&mut self.random, other) {
                    envelopes[place].body = of_other.body;
                }
                (topic, "an envelope of another topic stands here")
            }
            6 => {
                let (Body::Application(bytes) | Body::Commit(bytes) | Body::Welcome { message: bytes, .. }) =
                    &mut envelopes[place].body
                else {
                    unreachable!("the stage sends no unknown kind");
                };
                let at = self.random.index(bytes.len().max(1));
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 0x20;
                }
                (topic, "an envelope is changed")
            }
            7 => {
                envelopes[place].id = protocol::MessageId(self.random.bytes());
                (topic, "an envelope gets another id")
            }
            _ => (other, "envelopes come in another topic"),
        }
    }

    fn answer(&mut self, server: &Server, answer: Answer) -> (Result<Answer, ErrorCode>, &'static str) {
        let installed: Vec<_> = server.installed.iter().collect();
        let (id, other) = installed[self.random.index(installed.len())];
        match answer {
            Answer::Installations(mut rows) => match self.random.below(3) {
                0 => {
                    rows.pop();
                    (Ok(Answer::Installations(rows)), "an installation is not listed")
                }
                1 => {
                    rows.push((*id, other.association.hash()));
                    (Ok(Answer::Installations(rows)), "a stranger's installation is listed")
                }
                _ => {
                    if let Some(row) = rows.first_mut() {
                        row.1 = other.association.hash();
                    }
                    (Ok(Answer::Installations(rows)), "another association is listed")
                }
            },
            Answer::Association(_) if self.random.percent(50) => {
                (Ok(Answer::Association(None)), "an association is withheld")
            }
            Answer::Association(_) => (
                Ok(Answer::Association(Some(ByteBuf::from(other.association.to_bytes())))),
                "another association is given",
            ),
            Answer::KeyPackage(_) => {
                let given = other
                    .last_resort
                    .clone()
                    .or_else(|| other.key_packages.front().cloned());
                (
                    Ok(Answer::KeyPackage(given.map(ByteBuf::from))),
                    "another's key package is given",
                )
            }
            other => {
                let _ = other;
                (Err(ErrorCode::Unavailable), "an answer is refused")
            }
        }
    }
}
