use std::collections::VecDeque;

use app::place::{Place, short};
use bridge::{BodyView, Command, Connection, ConversationId, ConversationView, Event, Trouble};
use leptos::prelude::use_context;
use protocol::{
    Address, ErrorCode, InstallationId, MessageId, U256,
    api::{Me, Network, Site},
};
use sorted::{Map, Set};

use super::{
    EngineHandle, Stage, Tips, WalletHandle,
    flow::Flow,
    timeline::{Row, Timeline},
};
use crate::signal::{ArcRwSignal, Memo, RwSignal};

/// The vault that is open in the worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Whose.
    pub account: Address,
    /// The installation in it.
    pub installation: InstallationId,
    /// Its public key, for the sign-in.
    pub public_key: Vec<u8>,
    /// A wallet has vouched for it.
    pub associated: bool,
}

/// One line of the conversation list, as it changes.
pub type ConversationLine = ArcRwSignal<ConversationView>;
/// One message of the thread, as it changes.
pub type MessageLine = ArcRwSignal<Row>;

/// What nobody looks at directly: no signal needed.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) queue: VecDeque<Event>,
    pub(super) flushing: bool,
    pub(super) timeline: Timeline,
    pub(super) drafts: Map<ConversationId, String>,
    pub(super) unechoed: Map<MessageId, (ConversationId, String)>,
    pub(super) asked: Set<Address>,
    pub(super) to_ask: Vec<Address>,
}

/// Everything the face remembers. Copy: all of it are signals. The fields that come from the worker have one writer, [`super::apply`].
#[derive(Clone, Copy)]
pub struct State {
    /// Where we are.
    pub place: RwSignal<Place>,
    /// What the server said about itself and who is signed in.
    pub site: RwSignal<Option<Site>>,
    /// How far we have come.
    pub stage: Memo<Stage>,
    /// The account whose vault is open or being opened.
    pub account: Memo<Option<Address>>,
    /// Why the last step towards signing in did not work, in words.
    pub problem: Memo<Option<String>>,
    /// The open vault.
    pub opened: Memo<Option<Opened>>,
    /// How the socket is.
    pub connection: RwSignal<Connection>,
    /// Messages that wait to be sent.
    pub waiting: RwSignal<u32>,
    /// Smart accounts whose words wait until the wallet has been on their chain.
    pub unchecked: RwSignal<Vec<(Address, u64)>>,
    /// What keeps the worker from working.
    pub trouble: RwSignal<Option<Trouble>>,
    /// The conversations, newest first; `None` until the vault has been read.
    pub conversations: RwSignal<Option<Vec<(ConversationId, ConversationLine)>>>,
    /// Which conversation's messages `messages` are.
    pub thread: RwSignal<Option<ConversationId>>,
    /// The shown messages, oldest first.
    pub messages: RwSignal<Vec<(MessageId, MessageLine)>>,
    /// There are older ones.
    pub more: RwSignal<bool>,
    /// Accounts that were looked for: here, not here, or unknown while offline.
    pub found: RwSignal<Map<Address, Option<bool>>>,
    /// The names accounts gave themselves.
    pub names: RwSignal<Map<Address, String>>,
    /// What the account has on the wallet's network, in the smallest unit; `None` while unknown.
    pub balance: RwSignal<Option<U256>>,
    /// Of the installation that was to be revoked last: why it was not, or that it is.
    pub revoked: RwSignal<Option<(InstallationId, Option<ErrorCode>)>>,
    /// What a browser that was removed did not send, and where it was written.
    pub left_over: RwSignal<Vec<(ConversationId, BodyView)>>,
    /// Tips that are about to be made.
    pub tips: Tips,
    /// What the screen reader is to say next.
    pub announcement: RwSignal<String>,
    /// Goes up when a draft changed from outside its text box.
    pub redraft: RwSignal<u32>,
    pub(super) flow: Flow,
    pub(super) memory: RwSignal<Memory>,
    engine: RwSignal<Option<EngineHandle>>,
    wallet: RwSignal<Option<WalletHandle>>,
}

impl State {
    /// Nothing yet. Needs a reactive owner: call it where `App` is made.
    pub fn new() -> Self {
        let flow = Flow::new();
        Self {
            place: RwSignal::new(Place::Chats),
            site: RwSignal::new(None),
            stage: flow.stage(),
            account: flow.account(),
            problem: flow.problem(),
            opened: flow.opened(),
            connection: RwSignal::new(Connection::Off),
            waiting: RwSignal::new(0),
            unchecked: RwSignal::new(Vec::new()),
            trouble: RwSignal::new(None),
            conversations: RwSignal::new(None),
            thread: RwSignal::new(None),
            messages: RwSignal::new(Vec::new()),
            more: RwSignal::new(false),
            found: RwSignal::new(Map::default()),
            names: RwSignal::new(Map::default()),
            revoked: RwSignal::new(None),
            left_over: RwSignal::new(Vec::new()),
            balance: RwSignal::new(None),
            tips: Tips::new(),
            announcement: RwSignal::new(String::new()),
            redraft: RwSignal::new(0),
            flow,
            memory: RwSignal::new(Memory::default()),
            engine: RwSignal::new(None),
            wallet: RwSignal::new(None),
        }
    }

    /// Takes the ports from the context.
    pub(crate) fn plug(self) {
        self.engine.set(use_context());
        self.wallet.set(use_context());
    }

    /// Sends a command to the worker.
    pub fn send(self, command: Command) {
        if let Some(engine) = self.engine.get_untracked() {
            engine.send(command);
        }
    }

    /// The wallet, in the browser.
    pub fn wallet(self) -> Option<WalletHandle> {
        self.wallet.get_untracked()
    }

    /// Who is signed in, reactive.
    pub fn me(self) -> Option<Me> {
        self.site.with(|site| site.as_ref().and_then(|site| site.me.clone()))
    }

    /// The network new people start on, reactive.
    pub fn network(self) -> Option<Network> {
        self.site
            .with(|site| site.as_ref().and_then(|site| site.networks.first().cloned()))
    }

    /// All networks served here. Reactive.
    pub fn networks(self) -> Vec<Network> {
        self.site
            .with(|site| site.as_ref().map(|site| site.networks.clone()))
            .unwrap_or_default()
    }

    /// The served network with this chain id. Reactive.
    pub fn network_of(self, chain_id: u64) -> Option<Network> {
        self.site.with(|site| {
            site.as_ref()?
                .networks
                .iter()
                .find(|network| network.chain_id == chain_id)
                .cloned()
        })
    }

    /// The chain the wallet is on, if it is connected. Reactive.
    pub fn wallet_chain(self) -> Option<u64> {
        self.wallet()?.chain_id().get()
    }

    /// The wallet is connected, as the account that is signed in. Reactive.
    pub fn wallet_connected(self) -> bool {
        let mine = self.wallet().and_then(|wallet| wallet.account().get());
        mine.is_some() && mine == self.account.get()
    }

    /// The served network the wallet is on, if it is on one. Reactive.
    pub fn served(self) -> Option<Network> {
        self.network_of(self.wallet_chain()?)
    }

    /// The network that a sign-in names: the wallet's if it is served here, else the first. Reactive.
    pub fn sign_in_network(self) -> Option<Network> {
        self.served().or_else(|| self.network())
    }

    /// The wallet is on a network that is not served here. Reactive.
    pub fn wallet_elsewhere(self) -> bool {
        self.wallet_chain().is_some() && self.served().is_none()
    }

    /// The name an account gave itself, or its short address. Reactive.
    pub fn name(self, account: Address) -> String {
        self.names
            .with(|names| names.get(&account).filter(|name| !name.is_empty()).cloned())
            .unwrap_or_else(|| short(account))
    }

    /// What a conversation is called: the name of the other account, or the names of all others. Reactive.
    pub fn title(self, conversation: ConversationId) -> String {
        if let ConversationId::Direct(peer) = conversation {
            return self.name(peer);
        }
        let line = self.conversation(conversation);
        let others = line.map(|line| line.with(|view| view.participants.clone()));
        let names: Vec<_> = others
            .unwrap_or_default()
            .into_iter()
            .map(|other| self.name(other))
            .collect();
        names.join(", ")
    }

    /// Whether the account has given itself a name. Reactive.
    pub fn is_named(self, account: Address) -> bool {
        self.names
            .with(|names| names.get(&account).is_some_and(|name| !name.is_empty()))
    }

    /// The line of a conversation, if there is one. Reactive in whether there is.
    pub fn conversation(self, conversation: ConversationId) -> Option<ConversationLine> {
        self.conversations.with(|all| {
            all.as_ref()?
                .iter()
                .find(|(known, _)| *known == conversation)
                .map(|(_, line)| line.clone())
        })
    }

    /// Nobody stands in the list of conversations; `None` until the vault has been read. Reactive.
    pub fn is_alone(self) -> Option<bool> {
        self.conversations.with(|all| {
            all.as_ref()
                .map(|all| !all.iter().any(|(_, line)| line.with(|view| view.consent.is_listed())))
        })
    }

    /// All unseen messages. Reactive.
    pub fn unread(self) -> u32 {
        self.conversations.with(|all| {
            all.as_ref()
                .map_or(0, |all| all.iter().map(|(_, line)| line.with(|view| view.unread)).sum())
        })
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

/// The thread's rows as signals: what is unchanged keeps its signal, so that only what changed is drawn again.
pub(super) fn lines(old: &[(MessageId, MessageLine)], rows: Vec<Row>) -> Vec<(MessageId, MessageLine)> {
    // Both are in the same order, but for the few that came or moved.
    let mut next = 0;
    rows.into_iter()
        .map(|row| {
            let id = row.message.id;
            let place = match old.get(next) {
                Some((known, _)) if *known == id => Some(next),
                _ => old.iter().position(|(known, _)| *known == id),
            };
            let Some(place) = place else {
                return (id, ArcRwSignal::new(row));
            };
            next = place + 1;
            let line = &old[place].1;
            if line.with_untracked(|before| *before != row) {
                line.set(row);
            }
            (id, ArcRwSignal::clone(line))
        })
        .collect()
}
