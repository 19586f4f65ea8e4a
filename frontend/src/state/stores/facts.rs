//! What the worker reports about itself and the server.

use bridge::{BodyView, Connection, ConversationId, Trouble};
use protocol::{Address, ErrorCode, InstallationId};

use crate::signal::{ReadSignal, RwSignal};

/// The answer to a revocation: of which installation, and why it was refused; `None`: it is revoked.
pub type Revocation = (InstallationId, Option<ErrorCode>);

/// The only writer of the worker's reports.
#[derive(Clone, Copy)]
pub struct FactsWriter {
    connection: RwSignal<Connection>,
    waiting: RwSignal<u32>,
    unchecked: RwSignal<Vec<(Address, u64)>>,
    trouble: RwSignal<Option<Trouble>>,
    revoked: RwSignal<Option<Revocation>>,
    left_over: RwSignal<Vec<(ConversationId, BodyView)>>,
}

impl FactsWriter {
    /// Nothing was reported.
    pub fn new() -> Self {
        Self {
            connection: RwSignal::new(Connection::Off),
            waiting: RwSignal::new(0),
            unchecked: RwSignal::new(Vec::new()),
            trouble: RwSignal::new(None),
            revoked: RwSignal::new(None),
            left_over: RwSignal::new(Vec::new()),
        }
    }

    /// How the socket is.
    pub fn connection(self) -> ReadSignal<Connection> {
        self.connection.into()
    }

    /// How many messages wait to be sent.
    pub fn waiting(self) -> ReadSignal<u32> {
        self.waiting.into()
    }

    /// Smart accounts whose words wait until the wallet has been on their chain (EIP-155 id).
    pub fn unchecked(self) -> ReadSignal<Vec<(Address, u64)>> {
        self.unchecked.into()
    }

    /// What keeps the worker from working.
    pub fn trouble(self) -> ReadSignal<Option<Trouble>> {
        self.trouble.into()
    }

    /// The answer to the last revocation.
    pub fn revoked(self) -> ReadSignal<Option<Revocation>> {
        self.revoked.into()
    }

    /// Where and what a browser that was removed did not send.
    pub fn left_over(self) -> ReadSignal<Vec<(ConversationId, BodyView)>> {
        self.left_over.into()
    }

    /// Another vault is being opened, or none.
    pub fn clear(self) {
        self.unchecked.set(Vec::new());
        self.waiting.set(0);
        self.trouble.set(None);
    }

    /// The socket has changed.
    pub fn set_connection(self, connection: Connection) {
        self.connection.set(connection);
    }

    /// So many messages wait.
    pub fn set_waiting(self, waiting: u32) {
        self.waiting.set(waiting);
    }

    /// These accounts wait for the wallet.
    pub fn set_unchecked(self, accounts: Vec<(Address, u64)>) {
        self.unchecked.set(accounts);
    }

    /// Something keeps the worker from working.
    pub fn set_trouble(self, trouble: Trouble) {
        self.trouble.set(Some(trouble));
    }

    /// Takes a trouble away that is over.
    pub fn calm(self, over: impl Fn(&Trouble) -> bool) {
        if self
            .trouble
            .with_untracked(|trouble| trouble.as_ref().is_some_and(over))
        {
            self.trouble.set(None);
        }
    }

    /// The answer to a revocation; `None`: another one begins.
    pub fn set_revoked(self, answer: Option<Revocation>) {
        self.revoked.set(answer);
    }

    /// What was not sent.
    pub fn set_left_over(self, texts: Vec<(ConversationId, BodyView)>) {
        self.left_over.set(texts);
    }
}
