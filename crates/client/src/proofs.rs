//! Asking chains whether accounts without a key of their own have signed, through the page's wallet.
//!
//! Until its chain has said yes, nothing is encrypted for such an account's browsers, and what they say is left in the log,
//! unread: nothing is lost, and nothing is shown that may be somebody else's. Merging does not wait (see `directory`).

use bridge::{Event, Trouble, Unsent, WalletAnswer, WalletRefusal, WalletRequest};
use chain::validator;
use identity::{Association, Stated};
use protocol::{Address, AssociationHash, Topic, UnixMillis};

use sorted::{Map, Set};

use crate::{Client, Environment, Vault, VaultError, directory::Standing, link::is_due, step::Step};

/// An answer that takes longer is not waited for, in milliseconds.
const PATIENCE: i64 = 30_000;
/// After a question that was not answered, the same is not asked for so long, in milliseconds.
const PAUSE: i64 = 15_000;
/// How many calls may be open at once: their cost is chosen by the account under verification.
const AT_ONCE: usize = 2;

/// What is asked, and what waits for it.
#[derive(Default)]
pub(crate) struct Proofs {
    open: Map<u32, (AssociationHash, UnixMillis)>,
    /// Not asked again before this.
    later: Map<AssociationHash, UnixMillis>,
    /// When each was asked last: those never asked come first, then the one asked longest ago.
    asked: Map<AssociationHash, UnixMillis>,
    /// Somebody waits for it.
    wanted: Set<AssociationHash>,
    /// Our own association, accepted by the server.
    own: Option<Association>,
    /// What the page was told of, last.
    told: Vec<(Address, u64)>,
}

impl Proofs {
    pub fn is_open(&self, number: u32) -> bool {
        self.open.contains_key(&number)
    }

    /// Called when the page or its wallet has changed: open calls will not be answered, and refused ones may succeed now.
    pub fn ask_anew(&mut self) {
        self.open.clear();
        self.later.clear();
    }
}

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// Requests a chain check of this association. Returns whether the connected wallet can perform it.
    pub(crate) fn want_proof(&mut self, hash: AssociationHash) -> bool {
        self.proofs.wanted.insert(hash);
        let Some(stated) = self.directory.stated(&hash) else {
            return false;
        };
        self.can_ask(&hash, stated.sign_in().chain_id)
    }

    /// The wallet is on this chain, which is one of the site's, and answers.
    fn can_ask(&self, hash: &AssociationHash, chain_id: u64) -> bool {
        let now = self.environment.now();
        let here = self.tx.account.is_some() && self.tx.chain_id == Some(chain_id);
        let later = self.proofs.later.get(hash);
        here && self.tx.network(chain_id).is_some() && later.is_none_or(|later| is_due(*later, now))
    }

    /// Asks what is wanted and can be asked now; tells the page what cannot.
    pub(crate) fn look_at_proofs(&mut self) {
        let now = self.environment.now();
        let held: Vec<_> = self.link.held.values().flatten().copied().collect();
        let mut wanted: Vec<_> = held.iter().chain(self.proofs.wanted.iter()).copied().collect();
        wanted.sort_unstable();
        wanted.dedup();
        // Code that never ends keeps its place until it is given up, and then is last.
        wanted.sort_by_key(|hash| self.proofs.asked.get(hash).copied());
        for hash in wanted {
            let asked = self.proofs.open.values().any(|(open, _)| *open == hash);
            if asked || self.proofs.open.len() >= AT_ONCE {
                continue;
            }
            let Standing::NeedsChainCheck { chain_id } = self.directory.standing(&hash) else {
                self.proofs.wanted.remove(&hash);
                continue;
            };
            if let Some(stated) = self.directory.stated(&hash).filter(|_| self.can_ask(&hash, chain_id)) {
                self.ask_chain(hash, &stated, now);
            }
        }
        self.tell_unchecked(&held);
    }

    fn ask_chain(&mut self, hash: AssociationHash, stated: &Stated, now: UnixMillis) {
        let number = self.free_number();
        self.proofs.open.insert(number, (hash, now));
        self.proofs.asked.insert(hash, now);
        let data = validator::input(stated.address, stated.digest(), stated.signature());
        let request = WalletRequest::Call {
            chain_id: stated.sign_in().chain_id,
            to: None,
            data,
        };
        self.put_to_wallet(None, number, request);
    }

    /// Tells the page which accounts have messages waiting for a chain check, if that has changed.
    fn tell_unchecked(&mut self, held: &[AssociationHash]) {
        let mut waiting: Vec<_> = held
            .iter()
            .filter_map(|hash| match self.directory.standing(hash) {
                Standing::NeedsChainCheck { chain_id } => Some((self.directory.stated(hash)?.address, chain_id)),
                _ => None,
            })
            .collect();
        waiting.sort_unstable();
        waiting.dedup();
        // A connection that is being opened has not come to what is held yet.
        if waiting != self.proofs.told && (self.link.live || !waiting.is_empty()) {
            self.proofs.told.clone_from(&waiting);
            self.tell(Event::NeedsChainCheck(waiting));
        }
    }

    /// Repeats the unchecked accounts for a page that has just opened.
    pub(crate) fn tell_unchecked_again(&mut self) {
        if !self.proofs.told.is_empty() {
            self.reply(Event::NeedsChainCheck(self.proofs.told.clone()));
        }
    }

    /// When there is something to be asked, or given up, next.
    pub(crate) fn proof_deadline(&self) -> Option<UnixMillis> {
        let lost = self
            .proofs
            .open
            .values()
            .map(|(_, since)| UnixMillis(since.0 + PATIENCE));
        let waits = |hash: &AssociationHash| {
            self.proofs.wanted.contains(hash) || self.link.held.values().flatten().any(|held| held == hash)
        };
        let later = self.proofs.later.iter().filter(|(hash, _)| waits(hash));
        lost.chain(later.map(|(_, later)| *later)).min()
    }

    /// What is due by the clock.
    pub(crate) async fn tick_proofs(&mut self) {
        let now = self.environment.now();
        let lost = |since: UnixMillis| is_due(UnixMillis(since.0 + PATIENCE), now);
        let open = self.proofs.open.iter().filter(|(_, (_, since))| lost(*since));
        let late: Vec<_> = open.map(|(number, _)| *number).collect();
        for number in late {
            // A vault that fails has said so.
            let _ = self.proof_said(number, Err(WalletRefusal::Offline)).await;
        }
        self.proofs.later.retain(|_, later| !is_due(*later, now));
    }

    /// `Wallet`, for a question of ours.
    pub(crate) async fn proof_said(
        &mut self,
        number: u32,
        answer: Result<WalletAnswer, WalletRefusal>,
    ) -> Result<(), VaultError> {
        let Some((hash, _)) = self.proofs.open.remove(&number) else {
            return Ok(());
        };
        let said = match answer {
            Ok(WalletAnswer::Returned(bytes)) => validator::verdict(&bytes),
            _ => None,
        };
        let own = self.proofs.own.take_if(|own| own.hash() == hash);
        let Some(yes) = said else {
            let later = UnixMillis(self.environment.now().0 + PAUSE);
            self.proofs.later.insert(hash, later);
            if own.is_some() {
                self.reply(Event::Trouble(Trouble::WrongAssociation));
            }
            return Ok(());
        };
        self.proofs.wanted.remove(&hash);
        let proven = self.directory.prove(hash, yes);
        if let Some(own) = own {
            return self.own_proven(own, proven).await;
        }
        if proven {
            let mut step = Step::default();
            step.associations
                .extend(self.directory.kept(&hash).map(|(kept, _)| (kept.clone(), true)));
            self.finish(step).await?;
        }
        self.release(hash);
        Ok(())
    }

    /// Asks our own wallet about our own association, which the server has accepted, if code signs for the account. Returns whether the
    /// wallet could be asked.
    pub(crate) fn prove_own(&mut self, association: Association) -> bool {
        let hash = association.hash();
        let Ok(stated) = association.stated(self.origin.domain()) else {
            return false;
        };
        self.proofs.later.remove(&hash);
        if stated.address != self.account || !self.can_ask(&hash, stated.sign_in().chain_id) {
            return false;
        }
        self.directory.keep(association.clone(), false);
        if matches!(self.directory.standing(&hash), Standing::Rejected) {
            return false;
        }
        self.proofs.own = Some(association);
        let now = self.environment.now();
        self.ask_chain(hash, &stated, now);
        true
    }

    async fn own_proven(&mut self, own: Association, proven: bool) -> Result<(), VaultError> {
        if let Some(vouched) = self.directory.get(&own.hash()).filter(|_| proven) {
            return self.associated(own, &vouched).await;
        }
        self.reply(Event::Trouble(Trouble::WrongAssociation));
        Ok(())
    }

    /// The first member of a group, other than ourselves, whose association is not proved, with its standing.
    pub(crate) fn doubtful(&self, topic: Topic) -> Option<(AssociationHash, Standing)> {
        let members = self.installation.members(topic);
        let others = members
            .into_iter()
            .filter(|member| member.installation != self.installation.id());
        let standings = others.map(|member| (member.association, self.directory.standing(&member.association)));
        standings
            .into_iter()
            .find(|(_, standing)| *standing != Standing::Proven)
    }

    /// The only chain (EIP-155) on which the account's identity is proved; `None` for an account with a key, which is valid on all chains.
    pub(crate) fn only(&self, peer: Address) -> Option<u64> {
        self.directory.pin(peer)?.chain_id()
    }

    /// `WalletAt`: what could not be checked on another chain may be sent now.
    pub(crate) async fn try_unchecked(&mut self) -> Result<(), VaultError> {
        let waiting = |why: Option<Unsent>| match why {
            Some(Unsent::NeedsChainCheck { chain_id }) => self.tx.chain_id == Some(chain_id),
            _ => false,
        };
        let intents = self.state.outbox.values().filter(|intent| waiting(intent.unsent));
        let ids: Vec<_> = intents.map(|intent| intent.id).collect();
        for id in ids {
            self.retry(id).await?;
        }
        Ok(())
    }
}
