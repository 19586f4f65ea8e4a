//! A run from its seed to its end, and what must be true then.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Instant,
};

use bridge::{Command, ConversationId, MessageState, MessageView, Trouble};
use client::{Space, Vault as _};
use e2ee::{Installation, Randomness};
use protocol::{Address, ErrorCode, MessageId, Seq, Topic};
use stage::world::Name;

use super::{
    cast::Cast,
    crowd,
    plan::{Kind, Plan},
    play::{Counts, Play, Text},
};
use crate::random::Random;

/// Until everything that was lost on the way has been asked for again, in milliseconds.
const REST: i64 = 70_000;

/// What came of a seed.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The seed that was played.
    pub seed: u64,
    /// What it was.
    pub kind: Kind,
    /// In one sentence, if something was wrong.
    pub wrong: Option<String>,
    /// The last steps of a run that went wrong.
    pub steps: Vec<String>,
    /// How often each event happened.
    pub counts: Counts,
    /// How long it took.
    pub milliseconds: f64,
}

/// Plays a seed.
pub fn run(cast: &Cast, seed: u64) -> Outcome {
    let begun = Instant::now();
    let mut random = Random::new(seed);
    let plan = Plan::draw(seed, &mut random);
    let kind = plan.kind;
    let (wrong, steps, counts) = if kind == Kind::Crowd {
        crowd::run(seed, random)
    } else {
        let mut play = Play::new(cast, plan, seed, random);
        let wrong = play.whole().err();
        let steps = if wrong.is_some() { play.last_steps() } else { Vec::new() };
        play.counts.many("messages and commits that left", play.wire.count());
        play.counts.many("steps", play.moves);
        (wrong, steps, play.counts)
    };
    Outcome {
        seed,
        kind,
        wrong,
        steps,
        counts,
        milliseconds: begun.elapsed().as_secs_f64() * 1000.0,
    }
}

/// Threads by installation and peer.
type Threads = BTreeMap<(Name, Address), Vec<MessageView>>;

impl Play<'_> {
    fn whole(&mut self) -> Result<(), String> {
        self.storm()?;
        self.calm()?;
        let threads = self.threads()?;
        self.nothing_queued_is_lost(&threads)?;
        let places = self.places();
        if self.plan.kind == Kind::Lying {
            return self.divergence_is_shown(&threads, &places);
        }
        self.no_false_alarm()?;
        self.everything_arrived(&threads, &places)?;
        self.in_the_order_written(&threads)?;
        self.one_order(&threads)?;
        self.one_epoch()
    }

    /// Things are said, and things go wrong.
    fn storm(&mut self) -> Result<(), String> {
        let (mut texts, mut faults) = (self.plan.texts, self.plan.faults);
        let length = 80 + 80 * self.present.len() as u64;
        for step in 0..length {
            let left = length - step;
            if self.random.below(left) < texts {
                texts -= 1;
                self.say();
            }
            if self.random.below(left) < faults {
                faults -= 1;
                self.fault();
            }
            if self.random.below(left) < self.plan.later.len() as u64 {
                self.arrive();
            }
            match self.random.below(100) {
                0 => {
                    let (_, name) = self.someone();
                    self.accept(name);
                }
                1 => {
                    let (account, name) = self.someone();
                    let peer = self.peers(account).first().copied();
                    let conversation = peer.map(ConversationId::Direct);
                    self.world.tell(name, Command::Show { conversation });
                }
                2..=4 => {
                    let longest = self.random.between(1, 3_000);
                    self.idle(i64::try_from(longest).unwrap_or(1));
                }
                _ => {
                    if !self.step()? {
                        self.idle(30_000);
                    }
                }
            }
        }
        Ok(())
    }

    /// The faults end: the server is honest, vaults have room, everybody is there.
    fn calm(&mut self) -> Result<(), String> {
        self.note(|| "everything calms down".into());
        self.full.clear();
        if self.liar.take().is_some() {
            // A person who comes back is told the truth.
            self.world.server.borrow_mut().restart();
        }
        for round in 0..3 {
            for (_, name) in self.present.clone() {
                self.world.people[name].vault.set_full(false);
                self.world.tell(name, Command::Online(true));
                self.world.tell(name, Command::Connect);
            }
            self.settle()?;
            for (_, name) in self.present.clone() {
                self.accept(name);
            }
            self.pass(REST)?;
            if round > 0 && !self.retry()? {
                break;
            }
            if round == 0 {
                self.probe();
                self.pass(REST)?;
            }
        }
        Ok(())
    }

    /// Somebody, or with a lying server everybody, says one more thing.
    fn probe(&mut self) {
        for (account, name) in self.present.clone() {
            for peer in self.peers(account) {
                if self.plan.kind == Kind::Lying || self.random.percent(30) {
                    self.say_to(name, peer, false);
                }
            }
        }
    }

    /// People try again what was not sent. Whether there was something.
    fn retry(&mut self) -> Result<bool, String> {
        let mut any = false;
        for text in self.texts.clone() {
            if text.queued && !matches!(self.state(&text)?, Some(MessageState::Sent)) {
                any = true;
                if matches!(self.state(&text)?, Some(MessageState::NotSent(_))) {
                    self.again.insert(text.id);
                }
                self.world.tell(text.by, Command::Retry { id: text.id });
            }
        }
        self.settle()?;
        Ok(any)
    }

    /// A thread, as its page shows it.
    fn thread(&mut self, name: Name, peer: Address) -> Result<Vec<MessageView>, String> {
        let conversation = Some(ConversationId::Direct(peer));
        if self.world.people[name].shown != conversation {
            self.world.tell(name, Command::Show { conversation });
            self.settle()?;
        }
        Ok(self.world.people[name].thread.clone())
    }

    fn state(&mut self, text: &Text) -> Result<Option<MessageState>, String> {
        let thread = self.thread(text.by, text.to)?;
        let view = thread.iter().find(|view| view.text() == Some(&text.text[..]));
        Ok(view.map(|view| view.state))
    }

    fn threads(&mut self) -> Result<Threads, String> {
        let mut threads = Threads::new();
        for (account, name) in self.present.clone() {
            for peer in self.peers(account) {
                let conversation = Some(ConversationId::Direct(peer));
                self.world.tell(name, Command::Show { conversation });
                self.settle()?;
                let thread = self.world.people[name].thread.clone();
                threads.insert((name, peer), thread);
            }
        }
        Ok(threads)
    }

    fn nothing_queued_is_lost(&self, threads: &Threads) -> Result<(), String> {
        for text in self.texts.iter().filter(|text| !self.copied.contains(text.by)) {
            let shown = threads[&(text.by, text.to)]
                .iter()
                .find(|view| view.text() == Some(&text.text[..]));
            match (text.queued, shown.map(|view| view.state)) {
                (true, None) => {
                    return Err(format!("{:?} was queued by {} and is nowhere", text.text, text.by));
                }
                (false, Some(_)) => {
                    return Err(format!(
                        "{} was told that {:?} was not kept, and it is there",
                        text.by, text.text
                    ));
                }
                (true, Some(state)) if self.plan.kind != Kind::Lying && state != MessageState::Sent => {
                    return Err(format!(
                        "{:?} of {} is {state:?} although everything is calm",
                        text.text, text.by
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Where the server has what was said.
    fn places(&self) -> HashMap<MessageId, (Topic, Seq)> {
        let server = self.world.server.borrow();
        let mut places = HashMap::new();
        for (topic, log) in &server.logs {
            for ((_, id), seq) in &log.ids {
                places.insert(*id, (*topic, *seq));
            }
        }
        places
    }

    /// Whether this installation was in the group when this was said.
    fn was_there(&self, name: Name, (topic, seq): (Topic, Seq)) -> bool {
        let server = self.world.server.borrow();
        let since = server.logs[&topic].since.get(&self.cast.id(name));
        // Of several invitations a lying server may have kept back all but the last.
        let since = since.and_then(|since| match self.plan.kind {
            Kind::Lying => since.last(),
            _ => since.first(),
        });
        since.is_some_and(|since| *since < seq)
    }

    /// Whether this installation is in this group, by its own account. Of one whose first commit the server says to have refused,
    /// and of an invitation it keeps back, nobody can know.
    fn has(&self, name: Name, topic: Topic) -> bool {
        self.engine(name)
            .is_ok_and(|engine| engine.epoch(topic).is_some_and(|epoch| epoch > 0))
    }

    /// The encryption of this installation, as its vault has it.
    fn engine(&self, name: Name) -> Result<Installation, String> {
        let records = stage::world::now(self.world.people[name].vault.all(Space::Mls));
        let records = records.map_err(|error| format!("the vault of {name}: {error}"))?;
        Installation::load(records.rows, Box::new(Still)).map_err(|error| format!("the vault of {name}: {error}"))
    }

    /// Who should have a text, and does not.
    fn missing<'b>(
        &'b self,
        threads: &'b Threads,
        places: &'b HashMap<MessageId, (Topic, Seq)>,
    ) -> impl Iterator<Item = (&'b Text, Name, Address)> {
        self.texts.iter().flat_map(move |text| {
            let place = places.get(&text.id).copied();
            let everybody = self.present.iter().enumerate();
            everybody.filter_map(move |(number, (_, name))| {
                let own = self.world.address(name);
                let peer = match own {
                    it if it == text.from => text.to,
                    it if it == text.to => text.from,
                    _ => return None,
                };
                let from_the_start = number < self.plan.first.len() && self.plan.kind != Kind::Lying;
                let due = place.is_some_and(|place| from_the_start || self.was_there(name, place));
                let shown = threads[&(*name, peer)]
                    .iter()
                    .any(|view| view.text() == Some(&text.text[..]));
                let due = due
                    && !shown
                    && (self.plan.kind != Kind::Lying || place.is_some_and(|(topic, _)| self.has(name, topic)));
                due.then_some((text, *name, peer))
            })
        })
    }

    fn everything_arrived(&self, threads: &Threads, places: &HashMap<MessageId, (Topic, Seq)>) -> Result<(), String> {
        for text in self
            .texts
            .iter()
            .filter(|text| text.queued && !self.copied.contains(text.by))
        {
            if !places.contains_key(&text.id) {
                return Err(format!(
                    "{:?} of {} is shown as sent, and is nowhere",
                    text.text, text.by
                ));
            }
        }
        let lost = self
            .missing(threads, places)
            .find(|(_, name, _)| !self.copied.contains(name));
        match lost {
            Some((text, name, _)) => Err(format!(
                "{:?} of {} was sent, and {name} does not have it",
                text.text, text.by
            )),
            None => Ok(()),
        }
    }

    /// What an old vault that was put back sent once more into another group: it stands at its first place for who was in the first
    /// group, and at its second for who was not. Neither can know of the other.
    fn said_twice(&self) -> BTreeSet<&str> {
        let server = self.world.server.borrow();
        let logs = |text: &Text| {
            let of_it = (self.cast.id(text.by), text.id);
            server.logs.values().filter(|log| log.ids.contains_key(&of_it)).count()
        };
        let by_copies = self.texts.iter().filter(|text| self.copied.contains(text.by));
        by_copies
            .filter(|text| logs(text) > 1)
            .map(|text| &text.text[..])
            .collect()
    }

    /// What one installation wrote stands everywhere in the order in which it was written, but for what was not sent and tried
    /// again.
    fn in_the_order_written(&self, threads: &Threads) -> Result<(), String> {
        let twice = self.said_twice();
        for ((name, _), thread) in threads {
            let mut last: BTreeMap<Name, usize> = BTreeMap::new();
            for view in thread {
                let Some(number) = view.text().and_then(|text| self.by_text.get(text)).copied() else {
                    continue;
                };
                let text = &self.texts[number];
                let free = self.again.contains(&text.id) || twice.contains(&text.text[..]);
                if free || self.copied.contains(text.by) || self.copied.contains(name) {
                    continue;
                }
                if let Some(before) = last.insert(text.by, number).filter(|before| *before > number) {
                    let later = &self.texts[before].text;
                    return Err(format!(
                        "{name} sees {later:?} before {:?}, which was written first",
                        text.text
                    ));
                }
            }
        }
        Ok(())
    }

    /// Everybody sees one order.
    fn one_order(&self, threads: &Threads) -> Result<(), String> {
        let twice = self.said_twice();
        for ((name, peer), thread) in threads {
            for ((other, of), another) in threads {
                let own = self.world.address(name);
                let same = (self.world.address(other), *of) == (own, *peer)
                    || (*of, self.world.address(other)) == (own, *peer);
                if !same || name >= other || self.copied.contains(name) || self.copied.contains(other) {
                    continue;
                }
                let common = |thread: &[MessageView], in_thread: &[MessageView]| -> Vec<String> {
                    let texts = thread.iter().filter_map(|view| view.text().map(str::to_owned));
                    texts
                        .filter(|text| !twice.contains(&text[..]))
                        .filter(|text| in_thread.iter().any(|view| view.text() == Some(&text[..])))
                        .collect()
                };
                let (here, there) = (common(thread, another), common(another, thread));
                if here != there {
                    return Err(format!("{name} sees {here:?}, {other} sees {there:?}"));
                }
            }
        }
        Ok(())
    }

    /// All members of a group are in one epoch and agree on it.
    fn one_epoch(&self) -> Result<(), String> {
        let mut groups: BTreeMap<Topic, Vec<(Name, u64, Vec<u8>)>> = BTreeMap::new();
        for (_, name) in self.present.iter().filter(|(_, name)| !self.copied.contains(name)) {
            let engine = self.engine(name)?;
            let server = self.world.server.borrow();
            for topic in engine.topics() {
                let member = |topic| {
                    server
                        .logs
                        .get(&topic)
                        .is_some_and(|log| log.members.contains(&engine.id()))
                };
                if let (true, Some(epoch), Some(agreed)) =
                    (member(topic), engine.epoch(topic), engine.authenticator(topic))
                {
                    groups.entry(topic).or_default().push((name, epoch, agreed));
                }
            }
        }
        for members in groups.values() {
            for two in members.windows(2) {
                let [(one, epoch, agreed), (other, its, agreed_too)] = two else {
                    continue;
                };
                if epoch != its {
                    return Err(format!(
                        "{one} is in epoch {epoch}, {other} in epoch {its} of one group"
                    ));
                }
                if agreed != agreed_too {
                    return Err(format!("{one} and {other} do not agree on epoch {epoch}"));
                }
            }
        }
        Ok(())
    }

    /// Where the server is honest and nobody cheats or is copied, nobody is told otherwise.
    fn no_false_alarm(&self) -> Result<(), String> {
        let garbage = ["garbage commits", "garbage messages"];
        if self.plan.kind != Kind::Honest || garbage.iter().any(|what| self.counts.0.contains_key(what)) {
            return Ok(());
        }
        let alarm = |trouble: &Trouble| matches!(trouble, Trouble::Unreadable | Trouble::Copied);
        match self.troubles.iter().find(|(_, told)| told.iter().any(alarm)) {
            Some((name, told)) => Err(format!("{name} was told {told:?}, and nothing was wrong")),
            None => Ok(()),
        }
    }

    /// Who misses something has been told that something is wrong.
    fn divergence_is_shown(
        &mut self,
        threads: &Threads,
        places: &HashMap<MessageId, (Topic, Seq)>,
    ) -> Result<(), String> {
        let missing: Vec<_> = self
            .missing(threads, places)
            .map(|(text, name, peer)| (text.text.clone(), text.by, name, peer))
            .collect();
        for (text, by, name, _) in missing {
            let mut told = self.troubles.get(name).into_iter().flatten();
            let told = told.any(|trouble| {
                matches!(
                    trouble,
                    Trouble::Unreadable
                        | Trouble::Copied
                        | Trouble::Withheld
                        | Trouble::Refused(ErrorCode::CursorAhead | ErrorCode::NotAMember | ErrorCode::NoSuchTopic)
                )
            });
            if told || self.unsent.contains(name) {
                self.counts.add("divergences shown");
            } else {
                let told = self.troubles.get(name);
                return Err(format!(
                    "{name} lacks {text:?} of {by} and was told no more than {told:?}"
                ));
            }
        }
        Ok(())
    }
}

/// Nothing is drawn where nothing is made.
struct Still;

impl Randomness for Still {
    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_means_the_same_whenever_it_is_played() {
        let cast = Cast::new();
        for seed in [4, 10, 26] {
            let (once, again) = (run(&cast, seed), run(&cast, seed));
            assert_eq!((once.counts, once.wrong), (again.counts, again.wrong), "seed {seed}");
        }
    }
}
