use app::place::{Place, short};
use bridge::{BodyView, Command, Connection, ConversationId, Draft, Trouble};
use protocol::{
    Address, InstallationId, MessageId, U256,
    api::{Me, Network, Site},
};
use sorted::Map;

use super::{
    Stage,
    opened::Opened,
    stores::{
        BalanceWriter, ConversationLine, ConversationLines, ConversationsWriter, DraftsWriter, FactsWriter,
        MessageLine, PeopleWriter, Revocation, ThreadWriter,
        flow::Flow,
        tips::{Tips, TipsWriter},
    },
};
use crate::{
    browser,
    engine::Engine,
    signal::{Memo, ReadSignal, RwSignal},
    wallet::Wallet,
};

/// The writers of what is read in [`State`]; each is the only one of its store.
#[derive(Clone, Copy)]
pub(super) struct Writers {
    pub(super) place: RwSignal<Place>,
    pub(super) facts: FactsWriter,
    pub(super) conversations: ConversationsWriter,
    pub(super) thread: ThreadWriter,
    pub(super) people: PeopleWriter,
    pub(super) balance: BalanceWriter,
    pub(super) drafts: DraftsWriter,
    pub(super) tips: TipsWriter,
    announcement: RwSignal<String>,
}

/// Everything the page remembers. Copy: all of it are signals. Components read; writers are reached through methods.
#[derive(Clone, Copy)]
pub struct State {
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
    /// Where we are.
    pub place: ReadSignal<Place>,
    /// How the socket is.
    pub connection: ReadSignal<Connection>,
    /// How many messages wait to be sent.
    pub waiting: ReadSignal<u32>,
    /// Smart accounts whose words wait until the wallet has been on their chain.
    pub unchecked: ReadSignal<Vec<(Address, u64)>>,
    /// What keeps the worker from working.
    pub trouble: ReadSignal<Option<Trouble>>,
    /// The conversations, newest first; `None` until the vault has been read.
    pub conversations: ReadSignal<Option<ConversationLines>>,
    /// Which conversation's messages `messages` are.
    pub thread: ReadSignal<Option<ConversationId>>,
    /// The shown messages, oldest first.
    pub messages: ReadSignal<Vec<(MessageId, MessageLine)>>,
    /// There are older ones.
    pub more: ReadSignal<bool>,
    /// Accounts that were looked for: here, not here, or unknown while offline.
    pub found: ReadSignal<Map<Address, Option<bool>>>,
    /// The names accounts gave themselves.
    pub names: ReadSignal<Map<Address, String>>,
    /// What the account has on the wallet's network, in wei; `None` while unknown.
    pub balance: ReadSignal<Option<U256>>,
    /// The answer to the last revocation.
    pub revoked: ReadSignal<Option<Revocation>>,
    /// What a browser that was removed did not send, and where it was written.
    pub left_over: ReadSignal<Vec<(ConversationId, BodyView)>>,
    /// Tips that are about to be made.
    pub tips: Tips,
    /// What the screen reader is to say next.
    pub announcement: ReadSignal<String>,
    /// Goes up when a draft changed from outside its text box.
    pub redraft: ReadSignal<u32>,
    /// The message that is being answered, and in which conversation.
    pub reply: ReadSignal<Option<(ConversationId, MessageId)>>,
    pub(super) flow: Flow,
    pub(super) write: Writers,
    engine: RwSignal<Option<Engine>>,
    wallet: RwSignal<Option<Wallet>>,
}

impl State {
    /// Nothing yet. Needs a reactive owner: call it where `App` is made.
    pub fn new() -> Self {
        let flow = Flow::new();
        let write = Writers {
            place: RwSignal::new(Place::Chats),
            facts: FactsWriter::new(),
            conversations: ConversationsWriter::new(),
            thread: ThreadWriter::new(),
            people: PeopleWriter::new(),
            balance: BalanceWriter::new(),
            drafts: DraftsWriter::new(),
            tips: TipsWriter::new(),
            announcement: RwSignal::new(String::new()),
        };
        Self {
            site: RwSignal::new(None),
            stage: flow.stage(),
            account: flow.account(),
            problem: flow.problem(),
            opened: flow.opened(),
            place: write.place.into(),
            connection: write.facts.connection(),
            waiting: write.facts.waiting(),
            unchecked: write.facts.unchecked(),
            trouble: write.facts.trouble(),
            conversations: write.conversations.all(),
            thread: write.thread.id(),
            messages: write.thread.messages(),
            more: write.thread.more(),
            found: write.people.found(),
            names: write.people.names(),
            balance: write.balance.wei(),
            revoked: write.facts.revoked(),
            left_over: write.facts.left_over(),
            tips: write.tips.signals(),
            announcement: write.announcement.into(),
            redraft: write.drafts.touched(),
            reply: write.drafts.reply(),
            flow,
            write,
            engine: RwSignal::new(None),
            wallet: RwSignal::new(None),
        }
    }

    /// Connects the page's worker and wallet. Tests do without.
    pub fn plug(self, engine: Engine, wallet: Wallet) {
        self.engine.set(Some(engine));
        self.wallet.set(Some(wallet));
    }

    /// The browser has gone to a place. Only [`crate::navigate`] and the start say so.
    pub fn arrive(self, place: Place) {
        self.write.place.set(place);
    }

    /// Says a text to the screen reader; the same twice is said twice.
    pub fn announce(self, text: String) {
        let again = self.announcement.with_untracked(|before| *before == text);
        self.write
            .announcement
            .set(if again { format!("{text}\u{a0}") } else { text });
    }

    /// The person has read what the trouble is.
    pub fn dismiss_trouble(self) {
        self.write.facts.calm(|_| true);
    }

    /// Asks the worker to revoke an installation of this account. The answer comes in `revoked`.
    pub fn revoke(self, installation: InstallationId) {
        self.write.facts.set_revoked(None);
        self.send(Command::Revoke { installation });
    }

    /// The answer to the last revocation has been read.
    pub fn dismiss_revoked(self) {
        self.write.facts.set_revoked(None);
    }

    /// Asks the worker whether an account is here. The answer comes in `found`.
    pub fn find(self, account: Address) {
        self.write.people.look_again(account);
        self.send(Command::Find { account });
    }

    /// An account has this name.
    pub fn named(self, account: Address, name: String) {
        self.write.people.named(account, name);
    }

    /// The balance, for what asks the wallet for it.
    pub fn balance_writer(self) -> BalanceWriter {
        self.write.balance
    }

    /// Nothing of the account that was open is shown any more.
    pub(super) fn clear_account(self) {
        self.write.conversations.clear();
        self.write.thread.clear();
        self.write.facts.clear();
        self.write.people.ask_again();
        self.write.drafts.clear();
        self.write.tips.clear();
    }

    /// Sends a command to the worker. Its answers come as events.
    pub fn send(self, command: Command) {
        if let Some(engine) = self.engine.get_untracked() {
            engine.send(command);
        }
    }

    /// The text of a message the worker could not keep.
    pub(super) fn take_back(self, id: MessageId) -> Option<(ConversationId, Option<MessageId>, String)> {
        self.engine.get_untracked()?.take_back(id)
    }

    /// Sets an emoji at a message, or takes it back. Returns false if the browser gave no randomness for its id: then nothing happened.
    pub fn react(self, conversation: ConversationId, message: MessageId, emoji: String, set: bool) -> bool {
        let Some(id) = browser::message_id() else { return false };
        self.send(Command::Send {
            conversation,
            id,
            in_reply_to: Some(message),
            body: Draft::Reaction { emoji, set },
        });
        true
    }

    /// The wallet, in the browser.
    pub fn wallet(self) -> Option<Wallet> {
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
