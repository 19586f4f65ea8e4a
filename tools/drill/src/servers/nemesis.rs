//! What goes wrong, and when: drawn from the seed before anything starts.

use std::time::Duration;

use serde::Serialize;

use super::site::Shape;
use crate::random::Random;

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "fault")]
pub enum Fault {
    /// `kill -9` of a server.
    KillServer {
        /// The index of the server.
        server: usize,
    },
    /// `kill -9` of Postgres, the whole tree of its processes.
    KillPostgres,
    /// SIGSTOP of a server, and SIGCONT later.
    StopServer {
        /// The index of the server.
        server: usize,
        /// The duration in milliseconds.
        for_ms: u64,
    },
    /// SIGSTOP of Postgres and all its processes, and SIGCONT later.
    StopPostgres {
        /// The duration in milliseconds.
        for_ms: u64,
    },
    /// Postgres ends the connections there are, and takes new ones at once.
    EndConnections,
    /// The disk under Postgres is full for a while.
    FullDisk {
        /// How much is left, in KiB.
        free: u64,
        /// The duration in milliseconds.
        for_ms: u64,
    },
    /// A socket breaks after so many more bytes.
    Cut {
        /// The index of the talker.
        who: usize,
        /// Read before it breaks.
        reading: usize,
        /// Written before it breaks.
        writing: usize,
    },
    /// A socket is left without being closed.
    HalfOpen {
        /// The index of the talker.
        who: usize,
        /// How long it stays open.
        for_ms: u64,
    },
    /// A socket is read slowly.
    Slow {
        /// The index of the talker.
        who: usize,
        /// Between two frames.
        pause_ms: u64,
        /// The duration in milliseconds.
        for_ms: u64,
    },
}

impl Fault {
    /// Its name in the report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::KillServer { .. } => "kill -9 of a server",
            Self::KillPostgres => "kill -9 of Postgres",
            Self::StopServer { .. } => "SIGSTOP of a server",
            Self::StopPostgres { .. } => "SIGSTOP of Postgres",
            Self::EndConnections => "connections to Postgres ended",
            Self::FullDisk { .. } => "full disk",
            Self::Cut { .. } => "socket cut",
            Self::HalfOpen { .. } => "socket half open",
            Self::Slow { .. } => "slow reader",
        }
    }

    /// Everybody feels it, and how long it takes until all are served again is measured.
    pub const fn is_hard(self) -> bool {
        !matches!(self, Self::Cut { .. } | Self::HalfOpen { .. } | Self::Slow { .. })
    }
}

/// A cycle: what goes wrong in it, with the time since its beginning, in order.
pub type Cycle = Vec<(Duration, Fault)>;

/// The cycle of this number. `talkers` have sockets.
pub fn cycle(seed: u64, number: u64, shape: Shape, talkers: usize) -> Cycle {
    let mut random = Random::new(seed).fork(0xc1c1_0000_0000 + number);
    let servers = if shape == Shape::Alone { 1 } else { 2 };
    let length = random.between(2_000, 4_500);
    let mut cycle = Vec::new();
    for _ in 0..random.between(1, 4) {
        let server = random.index(servers);
        cycle.push(Fault::KillServer { server });
    }
    if random.percent(35) {
        cycle.push(Fault::KillPostgres);
    }
    if random.percent(15) {
        cycle.push(Fault::StopServer {
            server: random.index(servers),
            for_ms: random.between(100, 2_500),
        });
    }
    if random.percent(10) {
        cycle.push(Fault::StopPostgres {
            for_ms: random.between(100, 2_500),
        });
    }
    if random.percent(6) {
        cycle.push(Fault::FullDisk {
            free: random.below(2_000),
            for_ms: random.between(300, 2_000),
        });
    }
    if random.percent(50) {
        for _ in 0..random.between(1, 4) {
            cycle.push(Fault::EndConnections);
        }
    }
    for _ in 0..random.between(3, 9) {
        let who = random.index(talkers);
        cycle.push(match random.below(10) {
            0..=6 => Fault::Cut {
                who,
                reading: random.index(6_000),
                writing: random.index(3_000),
            },
            7 | 8 => Fault::HalfOpen {
                who,
                for_ms: random.between(500, 5_000),
            },
            _ => Fault::Slow {
                who,
                pause_ms: random.between(5, 80),
                for_ms: random.between(300, 2_000),
            },
        });
    }
    let mut timed: Cycle = cycle
        .into_iter()
        .map(|fault| (Duration::from_millis(random.below(length)), fault))
        .collect();
    timed.sort_by_key(|(at, _)| *at);
    timed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_replays_its_schedule() {
        for number in 0..50 {
            assert_eq!(cycle(9, number, Shape::Pair, 12), cycle(9, number, Shape::Pair, 12));
        }
        assert_ne!(cycle(9, 1, Shape::Pair, 12), cycle(10, 1, Shape::Pair, 12));
    }

    #[test]
    fn every_fault_comes_in_its_time() {
        let names: std::collections::BTreeSet<_> = (0..200)
            .flat_map(|number| cycle(3, number, Shape::Alone, 4))
            .map(|(_, fault)| fault.name())
            .collect();
        assert_eq!(names.len(), 9, "{names:?}");
    }
}
