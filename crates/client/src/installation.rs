//! One installation of one account: opened, associated, driven.

use std::rc::Rc;

use bridge::{Command, ConversationId, Event, Trouble};
use e2ee::{Installation, Randomness};
use identity::{AccountKind, Association, Origin, Vouched};
use protocol::{Address, UnixMillis};

use sorted::{Map, Set};

use crate::{
    Effect, Environment, Records, SocketEvent, Space, Vault, VaultError,
    connection::Reconnection,
    directory::Directory,
    link::ConnectionState,
    people::People,
    proofs::Proofs,
    records,
    roster::Roster,
    step::{State, Step, trouble},
    tabs::{Tab, Tabs},
    tx::TxRuntime,
};

/// An installation at work. One owner feeds it one input after another and carries out the effects it answers with.
pub struct Client<V, E> {
    pub(crate) vault: V,
    pub(crate) environment: Rc<E>,
    pub(crate) account: Address,
    /// Where the page stands: all texts and signatures name this site.
    pub(crate) origin: Origin,
    pub(crate) installation: Installation,
    pub(crate) directory: Directory,
    pub(crate) state: State,
    pub(crate) link: ConnectionState,
    pub(crate) reconnection: Reconnection,
    /// The server's clock minus ours, in milliseconds.
    pub(crate) skew: i64,
    /// Our clock, when it was looked at last.
    clock: UnixMillis,
    pub(crate) people: People,
    pub(crate) rosters: Map<ConversationId, Roster>,
    /// Invitations into groups are followed.
    pub(crate) groups: bool,
    pub(crate) tx: TxRuntime,
    /// The accounts the page wants to pay, while associations are fetched.
    pub(crate) payees: Vec<Address>,
    pub(crate) proofs: Proofs,
    pub(crate) tabs: Tabs,
    /// The trouble that was reported last, until it is over.
    pub(crate) trouble: Option<Trouble>,
    pub(crate) wake_at: Option<UnixMillis>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) forgotten: bool,
    /// The vault is deleted as soon as the server has heard that this installation is no more.
    pub(crate) leaving: bool,
    /// Stored too late, on purpose ([`crate::failpoints::SAVED_AFTER_SENDING`]).
    #[cfg(feature = "drill")]
    pub(crate) late: Vec<crate::Batch>,
}

struct Random<E>(Rc<E>);

impl<E: Environment> Randomness for Random<E> {
    fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }
}

/// What could be read, and whether that was all.
struct Reader {
    damaged: bool,
}

impl Reader {
    fn take<K: Ord, T: records::Stored>(
        &mut self,
        space: Space,
        records: Records,
        key: impl Fn(&[u8]) -> Option<K>,
    ) -> Result<Map<K, T>, VaultError> {
        self.damaged |= !records.damaged.is_empty();
        let mut read = Map::default();
        for (bytes, value) in records.rows {
            match (key(&bytes), records::read(space, &bytes, &value)) {
                (Some(key), Ok(value)) => {
                    read.insert(key, value);
                }
                (_, Err(VaultError::Newer)) => return Err(VaultError::Newer),
                _ => self.damaged = true,
            }
        }
        Ok(read)
    }
}

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// Opens the vault of `account`, or makes its first contents. The effects hold `Opened`, `Conversations`, `Waiting`,
    /// and `VaultDamaged` if something could not be read.
    ///
    /// # Errors
    /// What the person must know when there is no vault to work with.
    pub async fn open(
        vault: V,
        environment: E,
        account: Address,
        origin: Origin,
    ) -> Result<(Self, Vec<Effect>), Trouble> {
        Self::load(vault, environment, account, origin)
            .await
            .map_err(|error| trouble(&error))
    }

    async fn load(
        vault: V,
        environment: E,
        account: Address,
        origin: Origin,
    ) -> Result<(Self, Vec<Effect>), VaultError> {
        let mut reader = Reader { damaged: false };
        let environment = Rc::new(environment);
        let mls = vault.all(Space::Mls).await?;
        reader.damaged |= !mls.damaged.is_empty();
        let random = Box::new(Random(Rc::clone(&environment)));
        let fresh = mls.rows.is_empty() && mls.damaged.is_empty();
        let installation = if fresh {
            Installation::generate(random)
        } else {
            Installation::load(mls.rows, random)
        };
        // Without its key an installation is nobody; a new key over an old vault would hide what is wrong.
        let installation = installation.map_err(|_| VaultError::Damaged {
            space: Space::Mls,
            key: mls.damaged.into_iter().next().unwrap_or_default(),
        })?;

        let mut directory = Directory::new(origin.domain());
        let associations = vault.all(Space::Association).await?;
        reader.damaged |= !associations.damaged.is_empty();
        for (_, value) in associations.rows {
            match records::read_association(&value) {
                Some((association, proven)) => directory.keep(association, proven),
                None => reader.damaged = true,
            }
        }
        let mut meta = vault.all(Space::Meta).await?;
        for (_, value) in meta.rows.extract_if(.., |(key, _)| records::is_revocation_key(key)) {
            match records::read_revocation(&value) {
                Some(revocation) => directory.keep_revoked(&revocation),
                None => reader.damaged = true,
            }
        }
        let mut settings = reader.take(Space::Meta, meta, |key| (key == records::SETTINGS).then_some(()))?;
        let txs = reader.take(
            Space::Tip,
            vault.all(Space::Tip).await?,
            protocol::MessageId::from_slice,
        )?;
        reader.damaged |= crate::upgrade::to_conversation_ids(&vault, &txs).await?;
        let conversations = vault.all(Space::Conversation).await?;
        let logs = vault.all(Space::Topic).await?;
        let outbox = vault.all(Space::Outbox).await?;
        let early = vault.all(Space::Early).await?;
        let mut state = State {
            settings: settings.remove(&()).unwrap_or_default(),
            conversations: reader.take(Space::Conversation, conversations, ConversationId::from_key)?,
            logs: reader.take(Space::Topic, logs, protocol::Topic::from_slice)?,
            outbox: reader.take(Space::Outbox, outbox, records::parse_order_key)?,
            early: reader.take(Space::Early, early, records::parse_early_key)?,
            open_txs: Set::default(),
            txs,
        };
        let open = state.txs.iter().filter(|(_, tx)| !tx.settled);
        state.open_txs.extend(open.map(|(id, _)| *id));
        crate::upgrade::name_tips(&mut state);
        let mut client = Self {
            vault,
            environment,
            account,
            origin,
            installation,
            directory,
            state,
            link: ConnectionState::default(),
            reconnection: Reconnection::default(),
            skew: 0,
            clock: UnixMillis(i64::MIN),
            people: People::default(),
            rosters: Map::default(),
            groups: false,
            tx: TxRuntime::default(),
            payees: Vec::new(),
            proofs: Proofs::default(),
            tabs: Tabs::default(),
            trouble: None,
            wake_at: None,
            effects: Vec::new(),
            #[cfg(feature = "drill")]
            late: Vec::new(),
            forgotten: false,
            leaving: false,
        };
        // Answers to a worker that is gone are not taken for answers to this one.
        client.tx.next = u32::from_le_bytes(client.random());
        client.finish(Step::default()).await?;
        reader.damaged |= client.take_pending_sends().await?;
        // What these told is part of what follows.
        client.effects.clear();
        client.tell_opened();
        if reader.damaged {
            client.report(Trouble::VaultDamaged);
        }
        let alert: Vec<_> = client.state.logs.values().filter_map(|log| log.alert).collect();
        for trouble in alert {
            client.report(match trouble {
                records::PendingAlert::Unreadable => Trouble::Unreadable,
                records::PendingAlert::Copied => Trouble::Copied,
            });
        }
        let effects = std::mem::take(&mut client.effects);
        Ok((client, effects))
    }

    fn tell_opened(&mut self) {
        self.reply(Event::Opened {
            account: self.account,
            installation: self.installation.id(),
            public_key: self.installation.public_key().to_vec(),
            associated: self.installation.association().is_some(),
        });
        self.reply(Event::Conversations(self.list()));
        self.reply(Event::Waiting(self.waiting()));
        self.tell_transfers();
    }

    /// A command of this tab's page. A repeated `Open` sends everything once more; another account needs another client.
    pub async fn command(&mut self, tab: Tab, command: Command) -> Vec<Effect> {
        if self.forgotten {
            return Vec::new();
        }
        self.begin().await;
        self.tabs.asking = Some(tab);
        let text = match &command {
            Command::Send { id, .. } => Some(*id),
            _ => None,
        };
        let done = match command {
            Command::Open { .. } => {
                self.tell_opened();
                self.tx.opened(tab);
                self.proofs.ask_anew();
                self.tell_unchecked_again();
                Ok(())
            }
            Command::SignIn { chain_id, challenge } => {
                self.state_sign_in(chain_id, &challenge);
                Ok(())
            }
            Command::Associate { text, signature } => self.associate(text, signature).await,
            Command::Connect => {
                self.connect();
                Ok(())
            }
            Command::Disconnect => {
                self.disconnect();
                Ok(())
            }
            Command::Online(online) => {
                self.online(online);
                Ok(())
            }
            Command::Find { account } => {
                self.find(account);
                Ok(())
            }
            Command::Show { conversation } => {
                self.show(conversation).await;
                Ok(())
            }
            Command::Older { conversation, before } => {
                self.older(conversation, before).await;
                Ok(())
            }
            Command::Send {
                conversation,
                id,
                in_reply_to,
                body,
            } => self.send(conversation, id, (in_reply_to, &body)).await,
            Command::Retry { id } => self.retry(id).await,
            Command::Discard { id } => self.discard(id).await,
            Command::Seen { conversation } => self.seen(conversation).await,
            Command::Consent { conversation, consent } => self.consent(conversation, consent).await,
            Command::Forget => {
                self.forget();
                Ok(())
            }
            Command::Revoke { installation } => {
                self.revoke(installation);
                Ok(())
            }
            Command::LeftOver => {
                self.left_over();
                Ok(())
            }
            Command::Networks(networks) => self.networks(networks).await,
            Command::WalletAt { account, chain_id } => {
                self.moved(tab, account, chain_id);
                self.try_unchecked().await
            }
            Command::Wallet { number, answer } if self.proofs.is_open(number) => self.proof_said(number, answer).await,
            Command::Wallet { number, answer } => self.wallet_said(number, answer).await,
            Command::Payee { peer } => {
                self.payee(peer);
                Ok(())
            }
            Command::Tip {
                peer,
                id,
                chain_id,
                amount,
            } => self.tip(peer, id, chain_id, amount).await,
            Command::Transfer {
                id,
                chain_id,
                to,
                amount,
            } => self.transfer(id, chain_id, to, amount).await,
            Command::TxAgain { id } => {
                self.prompt_again(id);
                Ok(())
            }
            Command::TxDrop { id } => {
                let transition = self.put_away_by_hand(id);
                self.carry_out(id, transition).await
            }
        };
        if let Err(error) = done {
            // A command that could not be kept is answered every time.
            self.trouble = None;
            self.report(trouble(&error));
            let mut last = None;
            self.effects.retain(|effect| {
                let again = matches!(
                    effect,
                    Effect::Tell {
                        event: Event::Trouble(_),
                        ..
                    }
                ) && last.as_ref() == Some(effect);
                last = Some(effect.clone());
                !again
            });
            if let Some(id) = text {
                self.reply(Event::NotKept { id });
            }
        }
        self.tabs.asking = None;
        self.pump().await;
        self.hand_out()
    }

    /// Something happened to the WebSocket.
    pub async fn socket(&mut self, event: SocketEvent) -> Vec<Effect> {
        self.begin().await;
        if !self.forgotten {
            self.socket_event(event).await;
        }
        self.hand_out()
    }

    /// The time asked for by `WakeIn` has come.
    pub async fn wake(&mut self) -> Vec<Effect> {
        self.begin().await;
        self.wake_at = None;
        if !self.forgotten {
            self.tick().await;
        }
        self.hand_out()
    }

    /// Before every input.
    async fn begin(&mut self) {
        #[cfg(feature = "drill")]
        self.save_late().await;
        // A clock that goes back must not make what is new look as if it came from the future.
        let now = self.environment.now();
        self.skew = self.skew.saturating_add((self.clock.0.saturating_sub(now.0)).max(0));
        self.clock = now;
    }

    pub(crate) fn hand_out(&mut self) -> Vec<Effect> {
        if !self.forgotten {
            self.read_txs();
            self.look_at_proofs();
        }
        self.plan();
        std::mem::take(&mut self.effects)
    }

    async fn associate(&mut self, text: String, signature: Vec<u8>) -> Result<(), VaultError> {
        let association = Association {
            text,
            signature,
            public_key: self.installation.public_key().to_vec(),
        };
        let vouched = association
            .verify(self.origin.domain())
            .ok()
            .filter(|vouched| vouched.address == self.account);
        match vouched {
            Some(vouched) => self.associated(association, &vouched).await,
            None if self.prove_own(association) => Ok(()),
            None => {
                self.reply(Event::Trouble(Trouble::WrongAssociation));
                Ok(())
            }
        }
    }

    /// Keeps our own association, by which others will know this installation.
    pub(crate) async fn associated(&mut self, association: Association, vouched: &Vouched) -> Result<(), VaultError> {
        // The first association is the one others know this installation by; a later signature only signs in.
        if self.installation.association().is_none() {
            if self.installation.associate(vouched).is_err() {
                self.give_up();
                self.reply(Event::Trouble(Trouble::WrongAssociation));
                return Ok(());
            }
            let mut step = Step::default();
            let by_code = vouched.kind() != AccountKind::Key;
            step.associations.push((association.clone(), by_code));
            self.finish(step).await?;
            self.directory.keep(association, by_code);
        }
        self.tell(Event::Associated);
        Ok(())
    }

    /// Random bytes, for ids and jitter.
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.environment.fill(&mut bytes);
        bytes
    }
}
