//! One stage of a drill: a site, people who talk, what goes wrong, and the count.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, bail};
use nix::sys::signal::Signal;
use protocol::{ClientFrame, Kind, Publish, Seq, ServerFrame, Topic, Welcome};
use serde::Serialize;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};

use super::{
    ledger::{Findings, Ledger, Totals},
    nemesis::{self, Fault},
    person::Person,
    site::{Parts, Shape, Site},
    socket::Socket,
    talker::{Phase, Shared, Talker, Trouble},
};
use crate::random::Random;

/// How long it may take until everybody has everything, once nothing goes wrong any more.
const REST: Duration = Duration::from_secs(45);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// What to do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The processes that are started.
    pub shape: Shape,
    /// The seed of all randomness.
    pub seed: u64,
    /// How many installations.
    pub people: u16,
    /// How many conversations.
    pub topics: usize,
    /// No new cycle is begun after so long.
    pub length: Duration,
    /// Nor after so many.
    pub cycles: u64,
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// The processes that are started.
    pub shape: Shape,
    /// How long it took.
    pub seconds: u64,
    /// Cycles, the last one included.
    pub cycles: u64,
    /// The cycle in which something was wrong for the first time.
    pub wrong_in_cycle: Option<u64>,
    /// What went wrong on purpose, and how often.
    pub faults: BTreeMap<&'static str, u64>,
    /// What was not done, and why.
    pub left_out: Vec<String>,
    /// What was said.
    pub totals: Totals,
    /// Attempts that were not the first.
    pub retries: usize,
    /// Number of sockets opened.
    pub connects: usize,
    /// How often servers were started again.
    pub restarts: u64,
    /// From a kill (or the end of another fault) until somebody was answered again, and until all were, in ms, sorted.
    pub first_answer_ms: BTreeMap<&'static str, Vec<u64>>,
    /// The same until everybody was.
    pub all_answered_ms: BTreeMap<&'static str, Vec<u64>>,
    /// From the end of a cycle until everybody had everything, in ms, sorted.
    pub rest_ms: Vec<u64>,
    /// What was wrong.
    pub findings: Findings,
}

struct Stage {
    site: Site,
    ledger: Arc<Ledger>,
    open: Arc<AtomicUsize>,
    phase: watch::Sender<Phase>,
    troubles: Vec<mpsc::Sender<Trouble>>,
    people: u16,
    outcome: Outcome,
}

/// Runs it to its end; stops early at the first thing that is wrong.
#[expect(clippy::too_many_lines, reason = "one road, from the start to the count")]
pub async fn run(plan: &Plan, parts: &Parts, mut tell: impl FnMut(&str)) -> Result<Outcome> {
    let began = Instant::now();
    let site = Site::start(parts, plan.shape).await?;
    let ledger = Arc::new(Ledger::new(plan.seed, plan.topics));
    let (phase, listening) = watch::channel(Phase::Talk);
    let shared = Shared {
        place: site.place.clone(),
        seed: plan.seed,
        ledger: ledger.clone(),
        open: Arc::default(),
        phase: listening,
        retries: Arc::default(),
        connects: Arc::default(),
    };
    let (retries, connects, open) = (shared.retries.clone(), shared.connects.clone(), shared.open.clone());
    let mut talkers = JoinSet::new();
    let mut troubles = Vec::new();
    for (person, topics) in gather(plan, &site).await? {
        let (sender, receiver) = mpsc::channel(16);
        troubles.push(sender);
        talkers.spawn(Talker::new(person, topics, shared.clone(), receiver).run());
    }
    drop(shared);
    let mut left_out = Vec::new();
    if let Err(why) = &site.disk {
        left_out.push(format!("full disk: a small disk cannot be mounted here ({why})"));
    }
    let mut stage = Stage {
        site,
        ledger,
        open,
        phase,
        troubles,
        people: plan.people,
        outcome: Outcome {
            shape: plan.shape,
            seconds: 0,
            cycles: 0,
            wrong_in_cycle: None,
            faults: BTreeMap::new(),
            left_out,
            totals: Totals::default(),
            retries: 0,
            connects: 0,
            restarts: 0,
            first_answer_ms: BTreeMap::new(),
            all_answered_ms: BTreeMap::new(),
            rest_ms: Vec::new(),
            findings: Findings::default(),
        },
    };
    let mut told = Instant::now();
    while began.elapsed() < plan.length && stage.outcome.cycles < plan.cycles && !stage.ledger.is_wrong() {
        stage.outcome.cycles += 1;
        let number = stage.outcome.cycles;
        stage
            .cycle(nemesis::cycle(plan.seed, number, plan.shape, usize::from(plan.people)))
            .await?;
        if stage.ledger.is_wrong() {
            stage.outcome.wrong_in_cycle = Some(number);
        }
        if told.elapsed() > Duration::from_mins(1) {
            told = Instant::now();
            let totals = stage.ledger.totals();
            tell(&format!(
                "{} s: {number} cycles, {} acknowledged, {} delivered",
                began.elapsed().as_secs(),
                totals.acknowledged,
                totals.delivered
            ));
        }
    }
    let _ = stage.phase.send(Phase::End);
    while talkers.join_next().await.is_some() {}
    let mut outcome = stage.outcome;
    outcome.totals = stage.ledger.totals();
    outcome.findings = stage.ledger.findings();
    outcome.retries = retries.load(Ordering::Relaxed);
    outcome.connects = connects.load(Ordering::Relaxed);
    outcome.restarts = stage.site.restarts();
    outcome.seconds = began.elapsed().as_secs();
    outcome.rest_ms.sort_unstable();
    for times in outcome
        .first_answer_ms
        .values_mut()
        .chain(outcome.all_answered_ms.values_mut())
    {
        times.sort_unstable();
    }
    if !outcome.findings.none() {
        for log in stage.site.logs() {
            if let Ok(text) = std::fs::read_to_string(&log)
                && let Some(name) = log.file_name()
            {
                let _ = std::fs::create_dir_all(&parts.logs);
                let _ = std::fs::write(parts.logs.join(name), text);
            }
        }
    }
    stage.site.stop().await;
    Ok(outcome)
}

impl Stage {
    /// Trouble, then rest, then the count.
    async fn cycle(&mut self, cycle: nemesis::Cycle) -> Result<()> {
        let began = Instant::now();
        let mut measuring = JoinSet::new();
        let mut ending: Vec<(Instant, Fault)> = Vec::new();
        let mut coming = cycle.into_iter().map(|(at, fault)| (began + at, fault)).peekable();
        loop {
            ending.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
            let next = match (coming.peek(), ending.last()) {
                (Some((at, _)), Some((end, _))) => (*at).min(*end),
                (Some((at, _)), None) => *at,
                (None, Some((end, _))) => *end,
                (None, None) => break,
            };
            sleep_until(next).await;
            while let Some((_, fault)) = ending.pop_if(|(at, _)| *at <= next) {
                self.end(fault)?;
                self.measure(fault, &mut measuring);
            }
            while let Some((_, fault)) = coming.next_if(|(at, _)| *at <= next) {
                if self.begin(fault)? {
                    *self.outcome.faults.entry(fault.name()).or_default() += 1;
                    match fault {
                        Fault::StopServer { for_ms, .. }
                        | Fault::StopPostgres { for_ms }
                        | Fault::FullDisk { for_ms, .. } => {
                            ending.push((next + Duration::from_millis(for_ms), fault));
                        }
                        _ if fault.is_hard() => self.measure(fault, &mut measuring),
                        _ => {}
                    }
                }
            }
        }
        // Everybody is served again, whatever came together.
        while let Some(measured) = measuring.join_next().await {
            let (fault, first, all) = measured.context("measuring")?;
            if let Some(first) = first {
                self.outcome
                    .first_answer_ms
                    .entry(fault.name())
                    .or_default()
                    .push(first);
            }
            if let Some(all) = all {
                self.outcome.all_answered_ms.entry(fault.name()).or_default().push(all);
            }
        }
        self.rest().await;
        Ok(())
    }

    fn begin(&self, fault: Fault) -> Result<bool> {
        Ok(match fault {
            Fault::KillServer { server } => self.site.signal_server(server, Signal::SIGKILL),
            Fault::KillPostgres => self.site.signal_postgres(Signal::SIGKILL),
            Fault::StopServer { server, .. } => self.site.signal_server(server, Signal::SIGSTOP),
            Fault::StopPostgres { .. } => self.site.signal_postgres(Signal::SIGSTOP),
            Fault::EndConnections => self.site.end_connections(),
            Fault::FullDisk { free, .. } => match &self.site.disk {
                Ok(disk) => {
                    disk.fill(free)?;
                    true
                }
                Err(_) => false,
            },
            Fault::Cut { who, reading, writing } => self.trouble(who, Trouble::Cut { reading, writing }),
            Fault::HalfOpen { who, for_ms } => self.trouble(who, Trouble::HalfOpen { for_ms }),
            Fault::Slow { who, pause_ms, for_ms } => self.trouble(who, Trouble::Slow { pause_ms, for_ms }),
        })
    }

    fn end(&self, fault: Fault) -> Result<()> {
        match fault {
            Fault::StopServer { server, .. } => {
                self.site.signal_server(server, Signal::SIGCONT);
            }
            Fault::StopPostgres { .. } => {
                self.site.signal_postgres(Signal::SIGCONT);
            }
            Fault::FullDisk { .. } => {
                if let Ok(disk) = &self.site.disk {
                    disk.empty()?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn trouble(&self, who: usize, trouble: Trouble) -> bool {
        self.troubles[who].try_send(trouble).is_ok()
    }

    fn measure(&self, fault: Fault, measuring: &mut JoinSet<(Fault, Option<u64>, Option<u64>)>) {
        let then = std::time::Instant::now();
        let (ledger, people) = (self.ledger.clone(), self.people);
        measuring.spawn(async move {
            let (mut first, mut all) = (None, None);
            while all.is_none() && then.elapsed() < REST && !ledger.is_wrong() {
                let passed = u64::try_from(then.elapsed().as_millis()).unwrap_or(u64::MAX);
                if first.is_none() && ledger.any_answered_since(then) {
                    first = Some(passed);
                }
                if ledger.all_answered_since(people, then) {
                    all = Some(passed);
                }
                sleep(LOOK_EVERY).await;
            }
            (fault, first, all)
        });
    }

    async fn rest(&mut self) {
        let began = Instant::now();
        let _ = self.phase.send(Phase::Settle);
        let settled = || self.open.load(Ordering::SeqCst) == 0 && self.ledger.all_read();
        while !settled() && began.elapsed() < REST && !self.ledger.is_wrong() {
            sleep(LOOK_EVERY).await;
        }
        let passed = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.outcome.rest_ms.push(passed);
        let open = self.open.load(Ordering::SeqCst);
        if open > 0 && !self.ledger.is_wrong() {
            self.ledger
                .answer(format!("{open} messages were not answered within {} s", REST.as_secs()));
        }
        self.ledger.missing();
        self.ledger.check_at_rest();
        let _ = self.phase.send(Phase::Talk);
    }
}

type Gathered = Vec<(Person, Vec<(usize, Topic, u64)>)>;

/// Everybody signs in, and the conversations are made: each by one of its members, with welcomes for the others.
async fn gather(plan: &Plan, site: &Site) -> Result<Gathered> {
    let mut people = Vec::new();
    for number in 0..plan.people {
        let mut person = Person::new(plan.seed, number)?;
        person.sign_in(&site.place).await.context("signing in")?;
        people.push((person, Vec::new()));
    }
    let mut random = Random::new(plan.seed).fork(0x70b1);
    for index in 0..plan.topics {
        let topic = Topic(random.bytes());
        let mut members: Vec<usize> = (0..people.len()).collect();
        let count = usize::try_from(random.between(2, 6)).unwrap_or(2);
        let members: Vec<usize> = (0..count.min(members.len()))
            .map(|_| members.swap_remove(random.index(members.len())))
            .collect();
        let welcomes = members[1..].iter().map(|member| Welcome {
            installation: people[*member].0.id(),
            message: b"a welcome".to_vec(),
        });
        let founding = Publish {
            topic,
            id: protocol::MessageId(random.bytes()),
            last_commit: Seq(0),
            kind: Kind::Commit {
                welcomes: welcomes.collect(),
                removed: Vec::new(),
            },
            payload: b"a commit".to_vec(),
        };
        found(&people[members[0]].0, site, founding).await?;
        for (place, member) in members.into_iter().enumerate() {
            // Who founds reads from the beginning, who is invited from behind the commit.
            people[member].1.push((index, topic, u64::from(place > 0)));
        }
    }
    Ok(people)
}

async fn found(person: &Person, site: &Site, founding: Publish) -> Result<()> {
    let mut socket = Socket::open(person, &site.place, site.place.ports[0]).await?;
    socket.say(&ClientFrame::Publish(founding)).await?;
    loop {
        match socket.hear().await? {
            ServerFrame::Stored { seq: Seq(1), .. } => return Ok(()),
            ServerFrame::Stored { .. } | ServerFrame::Refused { .. } => bail!("a conversation could not be made"),
            _ => {}
        }
    }
}
