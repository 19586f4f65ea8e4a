use std::{future::Future, ops::Deref, pin::Pin, rc::Rc};

use bridge::{Statement, WalletAnswer, WalletRefusal, WalletRequest};
use protocol::{Address, U256, api::Network};
use send_wrapper::SendWrapper;

use crate::signal::RwSignal;

/// A future of the browser's one thread (the same type as `futures::future::LocalBoxFuture`).
pub type LocalBoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// A wallet that announced itself (EIP-6963), or the one behind `window.ethereum`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletInfo {
    /// Its reverse domain name, or another stable id.
    pub id: String,
    /// What it calls itself.
    pub name: String,
    /// Its picture, a `data:` URL; empty for none.
    pub icon: String,
}

/// Why a wallet did not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WalletError {
    /// 4001: the person said no.
    Rejected,
    /// -32002: a prompt is already open.
    Busy,
    /// 4100: the account is not connected to this site.
    NotAuthorised,
    /// 4902: the wallet does not know the chain.
    UnknownChain,
    /// 4900, 4901: the wallet lost its connection to the chain.
    Offline,
    /// It answered for another account than the one that was asked for.
    WrongAccount,
    /// There is no such wallet (any more).
    NoWallet,
    /// The code that asks it could not be loaded.
    Missing,
    /// Anything else, in the wallet's words.
    Other(String),
}

/// What the face asks of a wallet. Nothing here is an error of ours: people may say no.
pub trait WalletPort {
    /// The wallets that are there; more may announce themselves later.
    fn wallets(&self) -> RwSignal<Vec<WalletInfo>>;
    /// Loads what is needed to ask a wallet, before somebody wishes for something.
    fn prepare(&self);
    /// Asks this wallet for an account. It is remembered for [`WalletPort::reconnect`].
    fn connect(&self, id: &str) -> LocalBoxFuture<'static, Result<Address, WalletError>>;
    /// The account of the wallet of last time, if it still allows it, without a prompt.
    fn reconnect(&self) -> LocalBoxFuture<'static, Option<Address>>;
    /// Asks the statement's account for its signature (`personal_sign`). Nothing else can be put to a wallet to be signed (ADR 22).
    fn sign(&self, statement: Statement) -> LocalBoxFuture<'static, Result<Vec<u8>, WalletError>>;
    /// Changes the wallet's network, adding it first if the wallet does not know it.
    fn switch(&self, network: &Network) -> LocalBoxFuture<'static, Result<(), WalletError>>;
    /// The wallet's account, as it changes.
    fn account(&self) -> RwSignal<Option<Address>>;
    /// The wallet's chain, as it changes.
    fn chain_id(&self) -> RwSignal<Option<u64>>;
    /// What the account has on the wallet's chain, in wei, if the wallet says so.
    fn balance(&self, account: Address) -> LocalBoxFuture<'static, Option<U256>>;
    /// Puts a question of the worker, or of the face (fees: `WalletRequest::Try`), to the wallet. Chain and account are looked at right
    /// before, and after a reading too. A question that shows a prompt is put once, whatever comes of it.
    fn answer(&self, request: WalletRequest) -> LocalBoxFuture<'static, Result<WalletAnswer, WalletRefusal>>;
    /// Forgets which wallet was connected.
    fn forget(&self);
}

/// The wallet, as it stands in the context. Only on the browser's one thread.
#[derive(Clone)]
pub struct WalletHandle(SendWrapper<Rc<dyn WalletPort>>);

impl WalletHandle {
    /// Wraps a port.
    pub fn new(port: impl WalletPort + 'static) -> Self {
        Self(SendWrapper::new(Rc::new(port)))
    }
}

impl Deref for WalletHandle {
    type Target = dyn WalletPort;

    fn deref(&self) -> &Self::Target {
        &**self.0
    }
}
