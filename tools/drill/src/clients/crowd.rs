//! Fifty installations in one group: adds, removes and updates at once, on the encryption and a log alone. A conversation of the
//! client has two accounts; nothing in the encryption knows that.

use std::collections::{BTreeMap, HashMap};

use e2ee::{Associations, E2eeError, Installation, Processed, Randomness};
use identity::{Association, Stated, Vouched};
use protocol::{AssociationHash, InstallationId, MessageId, Topic};
use stage::wallet::{DOMAIN, Wallet};

use super::{play::Counts, wire::Wire};
use crate::random::Random;

const TOPIC: Topic = Topic([50; 32]);
/// So many are in the group when everything begins.
const MEMBERS: usize = 50;
/// So many wait to be added.
const RESERVE: usize = 8;
/// So many are added at once while the group is small: a welcome repeats for each, and must fit into a frame.
const AT_ONCE: usize = 4;
/// So often something happens.
const ROUNDS: u64 = 24;

struct Dice(Random);

impl Randomness for Dice {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }
}

#[derive(Default)]
struct Known(HashMap<AssociationHash, Vouched>);

impl Associations for Known {
    fn stated(&self, hash: &AssociationHash) -> Option<Stated> {
        self.0.get(hash).map(|vouched| (**vouched).clone())
    }
}

/// One installation with its disk.
struct Member {
    it: Installation,
    vouched: Vouched,
    disk: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The next entry it reads; `None`: not in the group.
    cursor: Option<usize>,
    /// Its commit that is on its way.
    pending: Option<Vec<u8>>,
    read: Vec<MessageId>,
}

impl Member {
    /// What was done is durable.
    fn keep(&mut self) {
        let changes = self.it.take_changes();
        self.disk.extend(changes.puts);
        for key in changes.deletes {
            self.disk.remove(&key);
        }
        self.it.changes_persisted();
    }
}

/// One entry of the log.
struct Entry {
    by: usize,
    id: MessageId,
    payload: Vec<u8>,
    commit: bool,
    welcomes: Vec<(usize, Vec<u8>)>,
    removed: Vec<usize>,
}

struct Crowd {
    random: Random,
    known: Known,
    members: Vec<Member>,
    log: Vec<Entry>,
    last_commit: usize,
    wire: Wire,
    counts: Counts,
}

type Step = Result<(), String>;

/// Plays a seed.
pub(super) fn run(seed: u64, random: Random) -> (Option<String>, Vec<String>, Counts) {
    let mut crowd = Crowd {
        random,
        known: Known::default(),
        members: Vec::new(),
        log: Vec::new(),
        last_commit: 0,
        wire: Wire::new(),
        counts: Counts::default(),
    };
    let wrong = crowd.whole(seed).err();
    let steps = crowd.log.iter().enumerate().rev().take(20).map(|(place, entry)| {
        let (added, removed) = (entry.welcomes.len(), entry.removed.len());
        let what = if entry.commit { "commits" } else { "says something" };
        format!("{place}: {} {what}, {added} come, {removed} go", entry.by)
    });
    let mut steps: Vec<_> = steps.collect();
    steps.reverse();
    crowd.counts.many("messages and commits that left", crowd.wire.count());
    (wrong, steps, crowd.counts)
}

fn words(what: &str) -> impl Fn(E2eeError) -> String {
    move |error| format!("{what}: {error}")
}

impl Crowd {
    fn whole(&mut self, seed: u64) -> Step {
        for number in 0..MEMBERS + RESERVE {
            self.enter(seed, number)?;
        }
        self.members[0].it.create(TOPIC).map_err(words("a group is made"))?;
        self.members[0].keep();
        self.members[0].cursor = Some(0);
        let mut next = 1;
        while next < MEMBERS {
            let some = if next < MEMBERS / 3 { AT_ONCE } else { 1 };
            let some: Vec<usize> = (next..MEMBERS).take(some).collect();
            next += some.len();
            self.commit(0, &some, &[])?;
            self.read(0, usize::MAX)?;
        }
        for _ in 0..ROUNDS {
            self.round()?;
        }
        for number in 0..self.members.len() {
            self.read(number, usize::MAX)?;
        }
        self.agree()
    }

    fn enter(&mut self, seed: u64, number: usize) -> Step {
        let dice = Dice(Random::new(seed).fork(number as u64 + 1));
        let mut it = Installation::generate(Box::new(dice)).map_err(words("an installation is made"))?;
        let (text, signature) = Wallet::new(u8::try_from(number + 1).unwrap_or(1)).vouch(it.id());
        let public_key = it.public_key().to_vec();
        let association = Association {
            text,
            signature,
            public_key,
        };
        let vouched = association.verify(DOMAIN).map_err(|error| error.to_string())?;
        it.associate(&vouched).map_err(words("an installation is associated"))?;
        self.known.0.insert(vouched.hash, vouched.clone());
        let mut member = Member {
            it,
            vouched,
            disk: BTreeMap::new(),
            cursor: None,
            pending: None,
            read: Vec::new(),
        };
        member.keep();
        self.members.push(member);
        Ok(())
    }

    /// Something happens, or several things at once.
    fn round(&mut self) -> Step {
        for _ in 0..self.random.below(6) {
            let number = self.inside();
            let entries = self.random.index(5);
            self.read(number, entries)?;
        }
        match self.random.below(10) {
            0..=3 => {
                let number = self.inside();
                self.read(number, usize::MAX)?;
                self.say(number)
            }
            4 => {
                // It dies, and what was not kept never was.
                let number = self.inside();
                self.counts.add("crashes");
                self.revive(number)
            }
            _ => {
                self.counts.add("commits at once");
                for _ in 0..self.random.between(1, 4) {
                    let number = self.inside();
                    // Some have not read everything: theirs is refused.
                    let entries = if self.random.percent(85) { usize::MAX } else { 1 };
                    self.read(number, entries)?;
                    let (add, remove) = self.change(number);
                    self.commit(number, &add, &remove)?;
                }
                Ok(())
            }
        }
    }

    /// A member, by its own account.
    fn inside(&mut self) -> usize {
        loop {
            let number = self.random.index(self.members.len());
            if self.members[number].cursor.is_some() {
                return number;
            }
        }
    }

    /// Whom this one adds and removes; nobody: it renews its keys.
    fn change(&mut self, number: usize) -> (Vec<usize>, Vec<InstallationId>) {
        let in_group: Vec<InstallationId> = self.ids(number);
        let (mut add, mut remove) = (Vec::new(), Vec::new());
        let kind = self.random.below(4);
        if kind == 1 || kind == 3 {
            let outside = self.members.iter().enumerate();
            let outside: Vec<usize> = outside
                .filter(|(_, member)| member.cursor.is_none() && !in_group.contains(&member.it.id()))
                .map(|(number, _)| number)
                .collect();
            if !outside.is_empty() {
                add.push(outside[self.random.index(outside.len())]);
            }
        }
        if kind >= 2 && in_group.len() > MEMBERS - RESERVE {
            let own = self.members[number].it.id();
            let other = in_group[self.random.index(in_group.len())];
            remove.extend((other != own).then_some(other));
        }
        (add, remove)
    }

    fn ids(&self, number: usize) -> Vec<InstallationId> {
        let members = self.members[number].it.members(TOPIC);
        members.into_iter().map(|member| member.installation).collect()
    }

    fn commit(&mut self, number: usize, add: &[usize], remove: &[InstallationId]) -> Step {
        if self.members[number].pending.is_some() || self.members[number].cursor.is_none() {
            return Ok(());
        }
        let mut packages = Vec::new();
        for other in add {
            let other = &mut self.members[*other];
            let made = other.it.key_packages(1).map_err(words("a key package is made"))?;
            other.keep();
            packages.extend(made.into_iter().map(|package| (package, other.vouched.clone())));
        }
        let last_commit = self.last_read_commit(number);
        let proposed = self.members[number]
            .it
            .commit(TOPIC, &packages, remove)
            .map_err(words("a commit is made"))?;
        let member = &mut self.members[number];
        if self.random.percent(8) {
            // It dies before it is kept.
            return self.revive(number);
        }
        member.keep();
        member.pending = Some(proposed.commit.clone());
        self.wire.leaves(&proposed.commit)?;
        if self.random.percent(8) {
            self.revive(number)?;
        }
        if last_commit < self.last_commit {
            self.counts.add("commits refused");
            let member = &mut self.members[number];
            member.pending = None;
            member.it.clear_pending(TOPIC).map_err(words("a commit is cleared"))?;
            member.keep();
            return Ok(());
        }
        let removed = self.members.iter().enumerate();
        let removed = removed
            .filter(|(_, member)| remove.contains(&member.it.id()))
            .map(|(at, _)| at)
            .collect();
        let welcomes = add
            .iter()
            .copied()
            .zip(proposed.welcomes.into_iter().map(|welcome| welcome.message));
        let entry = Entry {
            by: number,
            id: MessageId(self.random.bytes()),
            payload: proposed.commit,
            commit: true,
            welcomes: welcomes.collect(),
            removed,
        };
        self.counts.add("commits");
        self.log.push(entry);
        self.last_commit = self.log.len();
        // Invitations are read at once; the log behind them is not.
        let place = self.log.len();
        for (other, message) in self.log[place - 1].welcomes.clone() {
            let other = &mut self.members[other];
            other
                .it
                .join(TOPIC, &message, &self.known)
                .map_err(words("somebody joins"))?;
            other.keep();
            other.cursor = Some(place);
        }
        Ok(())
    }

    /// Behind the last commit this one has read.
    fn last_read_commit(&self, number: usize) -> usize {
        let cursor = self.members[number].cursor.unwrap_or_default();
        let commits = self.log[..cursor].iter().rposition(|entry| entry.commit);
        commits.map_or(0, |place| place + 1)
    }

    fn say(&mut self, number: usize) -> Step {
        if self.members[number].pending.is_some() || self.members[number].cursor.is_none() {
            return Ok(());
        }
        let id = MessageId(self.random.bytes());
        let member = &mut self.members[number];
        let payload = member
            .it
            .encrypt(TOPIC, id, format!("{number}").into_bytes())
            .map_err(words("a message is sealed"))?;
        if self.random.percent(10) {
            return self.revive(number);
        }
        let member = &mut self.members[number];
        member.keep();
        self.wire.leaves(&payload)?;
        self.counts.add("texts");
        self.log.push(Entry {
            by: number,
            id,
            payload,
            commit: false,
            welcomes: Vec::new(),
            removed: Vec::new(),
        });
        Ok(())
    }

    /// It opens again with what is on its disk.
    fn revive(&mut self, number: usize) -> Step {
        let dice = Dice(self.random.fork(number as u64));
        let _ = self.random.number();
        let member = &mut self.members[number];
        member.it = Installation::load(member.disk.clone(), Box::new(dice)).map_err(words("a disk is read"))?;
        Ok(())
    }

    /// Reads so many entries.
    fn read(&mut self, number: usize, entries: usize) -> Step {
        let member = &mut self.members[number];
        let Some(cursor) = member.cursor else { return Ok(()) };
        for (place, entry) in self.log.iter().enumerate().skip(cursor).take(entries) {
            member.cursor = Some(place + 1);
            if entry.by == number && !entry.commit {
                member.read.push(entry.id);
                continue;
            }
            if member.pending.as_ref() == Some(&entry.payload) {
                member.it.merge_pending(TOPIC).map_err(words("a commit is merged"))?;
                member.pending = None;
                member.keep();
                continue;
            }
            match member.it.process(TOPIC, &entry.payload, &self.known) {
                Ok(Processed::Message { id, .. }) => member.read.push(id),
                Ok(Processed::Commit { left, .. }) => {
                    member.pending = None;
                    if left {
                        member.cursor = None;
                    }
                }
                Err(error) => return Err(format!("{number} cannot read entry {place} of {}: {error}", entry.by)),
            }
            member.keep();
            if member.cursor.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// All members agree on epoch and text.
    fn agree(&self) -> Step {
        let mut agreed: Option<(usize, Option<u64>, Option<Vec<u8>>)> = None;
        for (number, member) in self
            .members
            .iter()
            .enumerate()
            .filter(|(_, member)| member.cursor.is_some())
        {
            let its = (member.it.epoch(TOPIC), member.it.authenticator(TOPIC));
            match &agreed {
                Some((first, epoch, authenticator)) if (*epoch, authenticator.clone()) != its => {
                    return Err(format!(
                        "{first} is in epoch {epoch:?}, {number} in {:?}, or they do not agree on it",
                        its.0
                    ));
                }
                Some(_) => {}
                None => agreed = Some((number, its.0, its.1)),
            }
            let mut there = number == 0;
            let mut due = Vec::new();
            for entry in &self.log {
                there |= entry.welcomes.iter().any(|(other, _)| *other == number);
                there &= !entry.removed.contains(&number);
                if there && !entry.commit {
                    due.push(entry.id);
                }
            }
            if member.read != due {
                return Err(format!(
                    "{number} has read {} messages, {} were said",
                    member.read.len(),
                    due.len()
                ));
            }
        }
        Ok(())
    }
}
