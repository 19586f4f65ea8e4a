//! Who must be in a group before it is written to: every live installation of the peer and of ourselves whose association
//! holds. Missing ones are added by a commit first.

use bridge::{ConversationId, Event, Trouble, Unsent};
use e2ee::{E2eeError, Member};
use identity::Vouched;
use protocol::{
    Address, Ask, AssociationHash, ClientFrame, ErrorCode, InstallationId, MessageId, Topic, UnixMillis, limits,
};
use serde_bytes::ByteBuf;

use sorted::{Map, Set};

use crate::{
    Client, Environment, Vault, VaultError,
    directory::Standing,
    outbox::publish_commit,
    records::{Membership, PendingCommit, TopicState},
    step::Step,
};

/// How long to wait for somebody who has no key package yet, in milliseconds.
const PATIENCE: i64 = 5_000;
/// How many installations one commit adds: a welcome repeats for each, and all must fit into a frame.
const CHUNK: usize = 4;
/// How many unused key packages the server should have of us.
const KEY_PACKAGES: u32 = 20;
/// With fewer than these it is given more.
pub(crate) const FEW_KEY_PACKAGES: u32 = 10;

/// The preparation of one conversation's group.
#[derive(Default)]
pub(crate) struct Roster {
    /// Key packages that were claimed and not used yet; `None`: the server had none.
    packages: Map<InstallationId, Option<Vec<u8>>>,
    /// Installations whose key packages are invalid or refused by the server.
    bad: Set<InstallationId>,
    /// One at a time, to find out which one is bad.
    single: bool,
    /// The group that was found complete. Another group of the conversation may take precedence at any time.
    settled: Option<Topic>,
    /// The server refuses a commit that adds no member: it is not tried again.
    pub stuck: bool,
    /// Not before this.
    pub resume: Option<UnixMillis>,
}

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// The server says that this account's installations have changed: they are asked for again before the next write.
    pub(crate) fn changed(&mut self, account: Address) {
        let rows = self
            .people
            .lists
            .remove(&account)
            .map(|list| list.rows)
            .unwrap_or_default();
        // In-flight answers may predate the change: ignore them.
        self.link.asks.retain(|_, (ask, _)| match ask {
            Ask::Installations { account: asked } => *asked != account,
            Ask::ClaimKeyPackage { installation } => !rows.iter().any(|(id, _)| id == installation),
            _ => true,
        });
        self.link.not_revoked.clear();
        let own = account == self.account;
        let concerned: Vec<_> = self.rosters.iter().map(|(of, _)| *of).collect();
        for of in concerned {
            if !own && !self.accounts(of).contains(&account) {
                continue;
            }
            let roster = self.rosters.get_or_default(of);
            // Who had no key package, or none that could be used, may have some now.
            roster.packages.retain(|_, package| package.is_some());
            *roster = Roster {
                packages: std::mem::take(&mut roster.packages),
                ..Roster::default()
            };
        }
    }

    /// The topic that can be written to now without further ado, if there is one.
    pub(crate) fn open_topic(&self, conversation: ConversationId) -> Option<Topic> {
        let ready = self.link.is_ready()
            && !self.link.is_paused(self.environment.now())
            && self
                .accounts(conversation)
                .into_iter()
                .all(|account| self.is_fresh(account));
        let settled = self.rosters.get(&conversation).and_then(|roster| roster.settled);
        self.topic_of(conversation)
            .filter(|topic| {
                ready && settled == Some(*topic) && self.is_writable(*topic) && self.doubtful(*topic).is_none()
            })
            .filter(|topic| !self.is_renewal_due(conversation, *topic))
    }

    /// Brings the conversation's group one step nearer to where it can be written to. `Some` when it is there.
    pub(crate) async fn prepare_group(&mut self, conversation: ConversationId) -> Result<Option<Topic>, VaultError> {
        loop {
            if let Some(topic) = self.open_topic(conversation) {
                return Ok(Some(topic));
            }
            let now = self.environment.now();
            let roster = self.rosters.get_or_default(conversation);
            if roster.resume.is_some_and(|resume| !crate::link::is_due(resume, now)) {
                return Ok(None);
            }
            roster.resume = None;
            roster.settled = None;
            if !self.are_listed(conversation) {
                return Ok(None);
            }
            let others = self.others(conversation);
            let topic = self.topic_of(conversation);
            let log = topic.and_then(|topic| self.state.logs.get(&topic));
            let joined = log.is_some_and(|log| log.stage == Membership::Joined);
            if joined && let Some((hash, standing)) = topic.and_then(|topic| self.doubtful(topic)) {
                if self.resolve_unverified(conversation, hash, standing).await? {
                    continue;
                }
                return Ok(None);
            }
            if log.is_some_and(|log| log.commit.is_some()) || (joined && !topic.is_some_and(|t| self.is_writable(t))) {
                return Ok(None);
            }
            if !joined && others.iter().all(|other| self.people.lists[other].rows.is_empty()) {
                self.fail_all(conversation, Unsent::NotHere).await?;
                return Ok(None);
            }
            let Some(missing) = self.missing(conversation, topic) else {
                return Ok(None);
            };
            let Some(mut gone) = self.revoked_of(conversation, topic) else {
                return Ok(None);
            };
            let Some(add) = self.claim(conversation, &missing) else {
                return Ok(None);
            };
            if let Some(resume) = self
                .awaiting_key_package(conversation, &missing)
                .filter(|resume| !crate::link::is_due(*resume, now))
            {
                self.rosters.get_or_default(conversation).resume = Some(resume);
                return Ok(None);
            }
            let stays = |member: &Member| others.contains(&member.address) && !gone.contains(&member.installation);
            let reached = others.iter().all(|other| *other == self.account)
                || topic.is_some_and(|t| self.installation.members(t).iter().any(stays))
                || add.iter().any(|(_, vouched)| others.contains(&vouched.address));
            if !reached {
                return self.unreachable(conversation, &missing).await.map(|()| None);
            }
            let stuck = self.rosters.get_or_default(conversation).stuck;
            if stuck {
                gone.clear();
            }
            let due = topic.is_some_and(|topic| self.is_renewal_due(conversation, topic));
            if stuck && due {
                // Nothing may be sealed with the keys there are, and the server takes no new ones.
                self.fail_all(conversation, Unsent::Refused(ErrorCode::Internal))
                    .await?;
                return Ok(None);
            }
            if add.is_empty() && gone.is_empty() && joined && !due {
                self.rosters.get_or_default(conversation).settled = topic;
                if self.open_topic(conversation).is_none() {
                    return Ok(None);
                }
            } else if self.commit(conversation, topic, &add, &gone).await? {
                return Ok(None);
            }
        }
    }

    /// Whether the lists of all accounts are here and fresh; asks for those that are not.
    fn are_listed(&mut self, conversation: ConversationId) -> bool {
        let mut all = true;
        for account in self.accounts(conversation) {
            all &= self.is_listed(account);
        }
        all
    }

    /// Believed installations of all accounts that are not in the group. `None` while associations are being fetched.
    fn missing(&mut self, conversation: ConversationId, topic: Option<Topic>) -> Option<Vec<Vouched>> {
        let members: Vec<_> = topic
            .map(|topic| self.installation.members(topic))
            .unwrap_or_default()
            .into_iter()
            .map(|member| member.installation)
            .chain([self.installation.id()])
            .collect();
        let (accounts, others) = (self.accounts(conversation), self.others(conversation));
        let most = accounts.len() * limits::INSTALLATIONS;
        let mut listed: Vec<_> = accounts
            .into_iter()
            .flat_map(|account| {
                self.people.lists[&account]
                    .rows
                    .iter()
                    .map(move |(id, hash)| (account, *id, *hash))
            })
            .filter(|(_, id, _)| !members.contains(id) && !self.directory.is_revoked(*id))
            .collect();
        // The others' first: they must be in it for a message to be read at all.
        listed.sort_by_key(|(account, ..)| !others.contains(account));
        listed.truncate(most);
        let roster = self.rosters.get_or_default(conversation);
        roster.packages.retain(|id, _| !members.contains(id));
        let bad = roster.bad.clone();
        let (mut missing, mut waiting) = (Vec::new(), false);
        for (account, id, hash) in listed {
            match self.directory.get(&hash) {
                Some(vouched) if vouched.address == account && vouched.installation == id && !bad.contains(&id) => {
                    missing.push(vouched);
                }
                Some(_) => {}
                None if self.is_open(account, id, &hash) => waiting |= self.want_proof(hash),
                None if self.directory.is_settled(&hash) => {}
                None => {
                    self.ask(Ask::Association { hash });
                    waiting = true;
                }
            }
        }
        (!waiting).then_some(missing)
    }

    /// Key packages of the next few that are missing. `None` while they are being claimed.
    fn claim(&mut self, conversation: ConversationId, missing: &[Vouched]) -> Option<Vec<(Vec<u8>, Vouched)>> {
        let roster = self.rosters.get_or_default(conversation);
        let chunk = if roster.single { 1 } else { CHUNK };
        let (mut add, mut wanted) = (Vec::new(), Vec::new());
        for vouched in missing {
            if add.len() + wanted.len() == chunk {
                break;
            }
            match roster.packages.get(&vouched.installation) {
                Some(Some(package)) => add.push((package.clone(), vouched.clone())),
                Some(None) => {}
                None => wanted.push(vouched.installation),
            }
        }
        let complete = wanted.is_empty();
        for installation in wanted {
            self.ask(Ask::ClaimKeyPackage { installation });
        }
        complete.then_some(add)
    }

    /// Deadline of the wait for installations without a key package, which may just have signed in. The server sends a hint when their key
    /// packages arrive.
    fn awaiting_key_package(&self, conversation: ConversationId, missing: &[Vouched]) -> Option<UnixMillis> {
        let packages = &self.rosters.get(&conversation)?.packages;
        let bare = |vouched: &&Vouched| packages.get(&vouched.installation) == Some(&None);
        let missing = missing.iter().filter(bare);
        let since = missing.filter_map(|vouched| self.link.no_key_package.get(&vouched.installation));
        since.map(|at| UnixMillis(at.0 + PATIENCE)).max()
    }

    async fn unreachable(&mut self, conversation: ConversationId, missing: &[Vouched]) -> Result<(), VaultError> {
        let others = self.others(conversation);
        if missing.iter().any(|vouched| others.contains(&vouched.address)) {
            // They have signed in and not given key packages yet: a matter of moments, or of their next visit.
            let resume = UnixMillis(self.environment.now().0 + PATIENCE);
            let roster = self.rosters.get_or_default(conversation);
            roster.packages.retain(|_, package| package.is_some());
            roster.resume = Some(resume);
            Ok(())
        } else if others.iter().all(|other| self.people.lists[other].rows.is_empty()) {
            self.fail_all(conversation, Unsent::NotHere).await
        } else {
            let unchecked = others.iter().find_map(|other| self.unchecked(*other));
            let why = unchecked.map_or(Unsent::Unverified, |chain_id| Unsent::NeedsChainCheck { chain_id });
            self.fail_all(conversation, why).await
        }
    }

    /// It is this installation of this account, if the account's chain says so.
    fn is_open(&self, account: Address, id: InstallationId, hash: &AssociationHash) -> bool {
        let stated = self.directory.stated(hash);
        let same = stated.is_some_and(|stated| stated.address == account && stated.installation == id);
        same && matches!(self.directory.standing(hash), Standing::NeedsChainCheck { .. })
    }

    /// The chain (EIP-155) that could confirm one of the account's listed installations.
    pub(crate) fn unchecked(&self, account: Address) -> Option<u64> {
        let rows = self.people.lists.get(&account)?.rows.iter();
        rows.filter(|(id, hash)| self.is_open(account, *id, hash))
            .find_map(|(_, hash)| match self.directory.standing(hash) {
                Standing::NeedsChainCheck { chain_id } => Some(chain_id),
                _ => None,
            })
    }

    /// A member of the group is not verified: nothing is written there before that is resolved. Returns whether there may be
    /// another group.
    async fn resolve_unverified(
        &mut self,
        conversation: ConversationId,
        hash: AssociationHash,
        standing: Standing,
    ) -> Result<bool, VaultError> {
        match standing {
            Standing::Unknown if !self.directory.is_withheld(&hash) => self.ask(Ask::Association { hash }),
            Standing::NeedsChainCheck { .. } if self.want_proof(hash) => {}
            Standing::NeedsChainCheck { chain_id } => {
                self.fail_all(conversation, Unsent::NeedsChainCheck { chain_id })
                    .await?
            }
            _ if conversation.peer().is_some_and(|peer| self.holds_listed(peer)) => {
                // The group is somebody else's doing, and the account itself can be reached: in another one.
                let mut step = Step::default();
                if let Some(topic) = self.topic_of(conversation) {
                    self.leave(&mut step, topic);
                }
                self.finish(step).await?;
                return Ok(true);
            }
            _ => self.fail_all(conversation, Unsent::Unverified).await?,
        }
        Ok(false)
    }

    /// Commits these members into the group, which is made if there is none, and these out of it. `false`: not done, try with what is left.
    async fn commit(
        &mut self,
        conversation: ConversationId,
        topic: Option<Topic>,
        add: &[(Vec<u8>, Vouched)],
        remove: &[InstallationId],
    ) -> Result<bool, VaultError> {
        let mut step = Step::default();
        match self.propose(&mut step, conversation, topic, add, remove) {
            Ok(()) => {
                self.finish(step).await?;
                // Each is for one invitation: in another group of this peer it would lead nowhere.
                let roster = self.rosters.get_or_default(conversation);
                roster
                    .packages
                    .retain(|id, _| !add.iter().any(|(_, vouched)| vouched.installation == *id));
                return Ok(true);
            }
            Err(error) => {
                self.give_up();
                let roster = self.rosters.get_or_default(conversation);
                match (add, error) {
                    ([_, _, ..], _) => roster.single = true,
                    // Of an older build: added once it has published key packages that advertise what the group requires.
                    ([(_, vouched)], E2eeError::NotBelieved | E2eeError::Garbage | E2eeError::LacksCapability(_)) => {
                        roster.bad.insert(vouched.installation);
                        roster.packages.remove(&vouched.installation);
                    }
                    _ => {
                        self.fail_all(conversation, Unsent::Refused(ErrorCode::Internal))
                            .await?;
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    fn propose(
        &mut self,
        step: &mut Step,
        conversation: ConversationId,
        topic: Option<Topic>,
        add: &[(Vec<u8>, Vouched)],
        remove: &[InstallationId],
    ) -> Result<(), E2eeError> {
        let known = topic.and_then(|topic| Some((topic, self.log(step, topic)?)));
        let (topic, log) = if let Some(known) = known {
            known
        } else {
            let topic = Topic(self.random());
            self.installation.create(topic)?;
            (topic, TopicState::new(Some(conversation), Membership::Made, self.now()))
        };
        let proposed = self.installation.commit(topic, add, remove)?;
        let commit = PendingCommit {
            id: MessageId(self.random()),
            last_commit: log.last_commit,
            commit: proposed.commit,
            welcomes: proposed.welcomes,
            removed: remove.to_vec(),
        };
        let frame = ClientFrame::Publish(publish_commit(topic, &commit));
        step.frames.push(frame);
        step.logs.insert(
            topic,
            TopicState {
                commit: Some(commit),
                ..log
            },
        );
        Ok(())
    }

    /// The server does not take our commit.
    pub(crate) async fn commit_refused(&mut self, topic: Topic, code: ErrorCode) -> Result<(), VaultError> {
        let mut step = Step::default();
        let Some(log) = self.log(&step, topic) else {
            return Ok(());
        };
        let (Some(conversation), Some(pending)) = (log.conversation, log.commit.clone()) else {
            return Ok(());
        };
        if self.installation.has_pending(topic) && self.installation.clear_pending(topic).is_err() {
            self.give_up();
            self.leave(&mut step, topic);
            return self.finish(step).await;
        }
        let others = self.others(conversation);
        let members = self.installation.members(topic);
        let reached = members.iter().any(|member| others.contains(&member.address));
        step.logs.insert(
            topic,
            TopicState {
                commit: None,
                ..log.clone()
            },
        );
        let mut again = false;
        match code {
            ErrorCode::StaleEpoch if log.stage == Membership::Joined => {
                self.link.stale.insert(topic, pending.last_commit);
            }
            ErrorCode::StaleEpoch => self.leave(&mut step, topic),
            ErrorCode::NotAMember | ErrorCode::NoSuchTopic => {
                self.leave(&mut step, topic);
                step.events.push(Event::Trouble(Trouble::Refused(code)));
            }
            _ => {
                let roster = self.rosters.get_or_default(conversation);
                match &pending.welcomes[..] {
                    [] => roster.stuck = true,
                    [welcome] => drop(roster.bad.insert(welcome.installation)),
                    // It is one of them: the others are not left out for it.
                    _ => {
                        roster.single = true;
                        again = true;
                    }
                }
            }
        }
        self.finish(step).await?;
        let lost = !reached && !again && code != ErrorCode::StaleEpoch;
        if lost {
            self.fail_all(conversation, Unsent::Refused(code)).await
        } else {
            Ok(())
        }
    }

    /// Gives the server more key packages if it has few.
    pub(crate) async fn top_up(&mut self) -> Result<(), VaultError> {
        let last_resort = !self.state.settings.last_resort;
        // Until the server has acknowledged the last resort, what it holds may be of an older build or of a copied vault.
        let replace = self.link.replace_key_packages || (last_resort && self.link.key_packages > 0);
        if self.link.uploading_key_packages || (self.link.key_packages >= FEW_KEY_PACKAGES && !last_resort && !replace)
        {
            return Ok(());
        }
        let count = if replace {
            limits::KEY_PACKAGES
        } else {
            KEY_PACKAGES.saturating_sub(self.link.key_packages) as usize
        };
        let made = self.installation.key_packages(count).and_then(|packages| {
            let resort = if last_resort {
                Some(self.installation.last_resort()?)
            } else {
                None
            };
            Ok((packages, resort))
        });
        let Ok((packages, mut resort)) = made else {
            self.give_up();
            return Ok(());
        };
        let packages: Vec<_> = packages.into_iter().map(ByteBuf::from).collect();
        let mut step = Step::default();
        let mut chunks: Vec<_> = packages
            .chunks(limits::KEY_PACKAGES_PER_FRAME - 1)
            .map(<[_]>::to_vec)
            .collect();
        if chunks.is_empty() {
            chunks.push(Vec::new());
        }
        // The last resort goes with the last chunk: its acknowledgement covers the whole set, and the server tells others of it only then.
        let last = chunks.len() - 1;
        for (at, key_packages) in chunks.into_iter().enumerate() {
            let last_resort = resort.take_if(|_| at == last).map(ByteBuf::from);
            step.asks.push(Ask::PublishKeyPackages {
                key_packages,
                last_resort,
            });
        }
        self.link.uploading_key_packages = true;
        self.link.replace_key_packages = false;
        self.finish(step).await
    }

    /// A claimed key package, or that there is none.
    pub(crate) fn claimed(&mut self, installation: InstallationId, package: Option<Vec<u8>>) {
        let package = package.filter(|package| package.len() <= limits::KEY_PACKAGE);
        if package.is_none() && !self.link.no_key_package.contains_key(&installation) {
            self.link.no_key_package.insert(installation, self.environment.now());
        }
        let listed = |account: &Address| self.people.lists(*account, installation);
        let mut wanting = self.rosters.iter().filter(|(conversation, roster)| {
            !roster.packages.contains_key(&installation) && self.accounts(**conversation).iter().any(listed)
        });
        if let Some(conversation) = wanting.next().map(|(conversation, _)| *conversation) {
            let roster = self.rosters.get_or_default(conversation);
            roster.packages.insert(installation, package);
        }
    }
}
