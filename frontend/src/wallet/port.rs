use std::{cell::RefCell, future::ready, rc::Rc, time::Duration};

use bridge::{Statement, WalletAnswer, WalletRefusal, WalletRequest};
use gloo_timers::future::sleep;
use js_sys::Object;
use protocol::{Address, U256, api::Network};
use web_sys::Storage;

use super::{
    answer,
    discovery::Discovery,
    provider::{Listening, Provider, first, number, text},
    request,
    wishes::{self, Wishes},
};
use crate::{
    signal::RwSignal,
    state::{LocalBoxFuture, WalletError, WalletInfo, WalletPort},
};

/// Where the id of the last wallet is kept. Not a secret, and not the account.
pub const REMEMBERED: &str = "jackdaw-wallet";
/// How long a remembered wallet may take to announce itself when the page opens: tries, and milliseconds between them.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(50);

/// The face's wallet; clones are the same.
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

    async fn reconnect(self) -> Option<Address> {
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
}

/// What is asked of a wallet when somebody wishes for something: a file of its own, loaded with the first wish.
#[cfg_attr(
    feature = "split",
    leptos::wasm_split::wasm_split(wallet, wasm_split_path = ::leptos::wasm_split, fallible)
)]
#[cfg_attr(
    not(feature = "split"),
    expect(clippy::unnecessary_wraps, reason = "only a file can be missing")
)]
fn wishes() -> Result<&'static Wishes, Missing> {
    Ok(&wishes::ALL)
}

#[cfg(feature = "split")]
type Missing = leptos::wasm_split::SplitLoaderError;
#[cfg(not(feature = "split"))]
type Missing = std::convert::Infallible;

/// Puts a wish, once its code is there.
fn wish<T: 'static, E: 'static>(
    missing: E,
    put: impl FnOnce(&Wishes) -> LocalBoxFuture<'static, Result<T, E>> + 'static,
) -> LocalBoxFuture<'static, Result<T, E>> {
    Box::pin(async move {
        #[cfg(feature = "split")]
        let wishes = wishes().await;
        #[cfg(not(feature = "split"))]
        let wishes = wishes();
        match wishes {
            Ok(wishes) => put(wishes).await,
            Err(_) => Err(missing),
        }
    })
}

impl WalletPort for Wallet {
    fn wallets(&self) -> RwSignal<Vec<WalletInfo>> {
        self.0.discovery.list()
    }

    fn prepare(&self) {
        leptos::task::spawn_local(async {
            // A failure is nobody's matter yet.
            let _: Result<(), ()> = wish((), |_| Box::pin(ready(Ok(())))).await;
        });
    }

    fn connect(&self, id: &str) -> LocalBoxFuture<'static, Result<Address, WalletError>> {
        let (wallet, id) = (self.clone(), id.to_owned());
        wish(WalletError::Missing, move |wishes| (wishes.connect)(wallet, id))
    }

    fn reconnect(&self) -> LocalBoxFuture<'static, Option<Address>> {
        Box::pin(self.clone().reconnect())
    }

    fn sign(&self, statement: Statement) -> LocalBoxFuture<'static, Result<Vec<u8>, WalletError>> {
        let wallet = self.clone();
        wish(WalletError::Missing, move |wishes| (wishes.sign)(wallet, statement))
    }

    fn switch(&self, network: &Network) -> LocalBoxFuture<'static, Result<(), WalletError>> {
        let (wallet, network) = (self.clone(), network.clone());
        wish(WalletError::Missing, move |wishes| (wishes.switch)(wallet, network))
    }

    fn account(&self) -> RwSignal<Option<Address>> {
        self.0.account
    }

    fn chain_id(&self) -> RwSignal<Option<u64>> {
        self.0.chain
    }

    fn balance(&self, account: Address) -> LocalBoxFuture<'static, Option<U256>> {
        let provider = self.current().ok();
        Box::pin(async move {
            let wei = provider?.ask(&request::balance(account)).await.ok()?;
            text(&wei).as_deref().and_then(answer::amount)
        })
    }

    fn answer(&self, request: WalletRequest) -> LocalBoxFuture<'static, Result<WalletAnswer, WalletRefusal>> {
        let provider = self.current();
        wish(WalletRefusal::Offline, move |wishes| (wishes.answer)(provider, request))
    }

    fn forget(&self) {
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
