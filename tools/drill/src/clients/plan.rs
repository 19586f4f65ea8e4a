//! What a seed means.

use stage::world::Name;

use super::cast::NAMES;
use crate::random::Random;

/// One seed in so many is a group of fifty.
pub const CROWD: u64 = 500;

/// What is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The server keeps its word.
    Honest,
    /// The server lies for a while.
    Lying,
    /// Old vaults are put back, and installations are copied.
    Copies,
    /// Fifty installations in one group, on the encryption and a log alone.
    Crowd,
}

/// Who is there, and how much happens.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What is played.
    pub kind: Kind,
    /// Installations that are there from the start, each with its account's place.
    pub first: Vec<(usize, Name)>,
    /// Installations that come later.
    pub later: Vec<(usize, Name)>,
    /// Who talks with whom.
    pub pairs: Vec<(usize, usize)>,
    /// How much is said.
    pub texts: u64,
    /// How often something goes wrong.
    pub faults: u64,
}

impl Plan {
    /// Draws a plan from the seed.
    pub fn draw(seed: u64, random: &mut Random) -> Self {
        let kind = if seed % CROWD == CROWD - 1 {
            Kind::Crowd
        } else {
            match random.below(10) {
                0..=5 => Kind::Honest,
                6..=8 => Kind::Lying,
                _ => Kind::Copies,
            }
        };
        let accounts = match random.below(20) {
            0..=12 => 2,
            13..=16 => 3,
            17..=18 => 4,
            _ => 5,
        };
        let (mut first, mut later) = (Vec::new(), Vec::new());
        for (account, names) in NAMES.iter().enumerate().take(accounts) {
            let there = match random.below(20) {
                0..=11 => 1,
                12..=17 => 2,
                _ => 3,
            };
            first.extend(names[..there].iter().map(|name| (account, *name)));
            if there < names.len() && random.percent(20) {
                later.push((account, names[there]));
            }
        }
        let mut pairs = vec![(0, 1)];
        for account in 2..accounts {
            pairs.push((random.index(account), account));
        }
        if accounts > 2 && random.percent(30) {
            pairs.push((0, accounts - 1));
            pairs.dedup();
        }
        pairs.sort_unstable();
        pairs.dedup();
        Self {
            kind,
            first,
            later,
            pairs,
            texts: random.between(3, 11),
            faults: random.between(1, 13),
        }
    }
}
