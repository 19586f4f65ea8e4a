//! The wallet this page is connected to: its account and chain as they change, and what is read without a prompt.

use std::{cell::RefCell, rc::Rc, time::Duration};

use gloo_timers::future::sleep;
use js_sys::Object;
use protocol::{Address, U256};
use web_sys::Storage;

use super::{
    answer,
    discovery::{Discovery, WalletInfo},
    error::WalletError,
    provider::{Listening, Provider, first, number, text},
    request,
};
use crate::signal::RwSignal;

/// Where the id of the last wallet is kept. Not a secret, and not the account.
pub const REMEMBERED: &str = "jackdaw-wallet";
/// How long a remembered wallet may take to announce itself when the page opens: tries, and milliseconds between them.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// The page's wallet. Clones share one connection.
#[derive(Clone)]
pub struct Wallet(Rc<Inner>);

struct Inner {
    discovery: Discovery,
    current: RefCell<Option<Current>>,
    account: RwSignal<Option<Address>>,
    chain: RwSignal<Option<u64>>,
}

/// The wallet in use.
struct Current {
    id: String,
    provider: Provider,
    _listening: [Listening; 2],
}

impl Wallet {
    /// Look for wallets. Needs a reactive owner.
    pub fn discover() -> Self {
        Self(Rc::new(Inner {
            discovery: Discovery::start(),
            current: RefCell::default(),
            account: RwSignal::new(None),
            chain: RwSignal::new(None),
        }))
    }

    pub(super) fn current(&self) -> Result<Provider, WalletError> {
        let current = self.0.current.borrow();
        current
            .as_ref()
            .map(|current| current.provider.clone())
            .ok_or(WalletError::NoWallet)
    }

    /// From now on this is the wallet, and this account of it.
    pub(super) async fn take(&self, id: &str, provider: Provider, account: Address) {
        let same = |current: &Current| current.id == id && Object::is(&current.provider, &provider);
        let known = self.0.current.borrow().as_ref().is_some_and(same);
        if !known {
            let (accounts, chain) = (self.0.account, self.0.chain);
            let listening = [
                // None at all: the person took the permission back, or locked the wallet.
                provider.listen("accountsChanged", move |answer| accounts.set(first(&answer))),
                provider.listen("chainChanged", move |answer| chain.set(number(&answer))),
                // `disconnect` is not listened to: MetaMask says it on every change of chain.
            ];
            let current = Current {
                id: id.to_owned(),
                provider: provider.clone(),
                _listening: listening,
            };
            *self.0.current.borrow_mut() = Some(current);
        }
        self.0.account.set(Some(account));
        self.read_chain(&provider).await;
    }

    /// On which chain the wallet is.
    pub(super) async fn read_chain(&self, provider: &Provider) -> Option<u64> {
        let chain = provider.ask(&request::chain_id()).await.ok();
        let chain = chain.as_ref().and_then(number);
        self.0.chain.set(chain);
        chain
    }

    /// The provider of a wallet that was found.
    pub(super) fn provider(&self, id: &str) -> Option<Provider> {
        self.0.discovery.provider(id)
    }

    /// The wallets that are there; more may announce themselves later.
    pub fn wallets(&self) -> RwSignal<Vec<WalletInfo>> {
        self.0.discovery.list()
    }

    /// The wallet's account, as it changes.
    pub fn account(&self) -> RwSignal<Option<Address>> {
        self.0.account
    }

    /// The wallet's chain, as it changes.
    pub fn chain_id(&self) -> RwSignal<Option<u64>> {
        self.0.chain
    }

    /// The account of the wallet of last time, if it still allows it, without a prompt.
    pub async fn reconnect(&self) -> Option<Address> {
        let id = storage()?.get_item(REMEMBERED).ok()??;
        for _ in 0..TRIES {
            if let Some(provider) = self.0.discovery.provider(&id) {
                let accounts = provider.ask(&request::accounts()).await.ok()?;
                let account = first(&accounts)?;
                self.take(&id, provider, account).await;
                return Some(account);
            }
            sleep(PAUSE).await;
        }
        None
    }

    /// What the account has on the wallet's chain, in wei, if the wallet says so.
    pub async fn balance(&self, account: Address) -> Option<U256> {
        let wei = self.current().ok()?.ask(&request::balance(account)).await.ok()?;
        text(&wei).as_deref().and_then(answer::amount)
    }

    /// Forgets which wallet was connected.
    pub fn forget(&self) {
        self.0.current.borrow_mut().take();
        self.0.account.set(None);
        self.0.chain.set(None);
        if let Some(storage) = storage() {
            let _ = storage.remove_item(REMEMBERED);
        }
    }
}

/// What the browser keeps for this site.
pub fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}
