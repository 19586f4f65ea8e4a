use std::{cell::RefCell, rc::Rc, time::Duration};

use app::{
    signal::RwSignal,
    state::{LocalBoxFuture, WalletError, WalletInfo, WalletPort},
};
use bridge::{WalletAnswer, WalletRefusal, WalletRequest};
use gloo_timers::future::sleep;
use js_sys::Object;
use protocol::{Address, U256, api::Network};
use wasm_bindgen::JsValue;
use web_sys::Storage;

use super::{
    answer,
    asking::{self, accounts, number},
    discovery::Discovery,
    provider::{Listening, Provider, text},
    refusal::refused,
    request::Request,
};

/// Where the id of the last wallet is kept. Not a secret, and not the account.
const REMEMBERED: &str = "jackdaw-wallet";
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

    fn current(&self) -> Result<Provider, WalletError> {
        let current = self.0.current.borrow();
        current
            .as_ref()
            .map(|current| current.provider.clone())
            .ok_or(WalletError::NoWallet)
    }

    /// From now on this is the wallet, and this account of it.
    async fn take(&self, id: &str, provider: Provider, account: Address) {
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
        let chain = provider.request(&Request::ChainId).await.ok();
        self.0.chain.set(chain.as_ref().and_then(number));
    }

    async fn connect(self, id: String) -> Result<Address, WalletError> {
        let provider = self.0.discovery.provider(&id).ok_or(WalletError::NoWallet)?;
        let accounts = provider.request(&Request::AskForAccounts).await?;
        let account = first(&accounts).ok_or(WalletError::NotAuthorised)?;
        if let Some(storage) = storage() {
            // A browser that keeps nothing asks again next time.
            let _ = storage.set_item(REMEMBERED, &id);
        }
        self.take(&id, provider, account).await;
        Ok(account)
    }

    async fn reconnect(self) -> Option<Address> {
        let id = storage()?.get_item(REMEMBERED).ok()??;
        for _ in 0..TRIES {
            if let Some(provider) = self.0.discovery.provider(&id) {
                let accounts = provider.request(&Request::Accounts).await.ok()?;
                let account = first(&accounts)?;
                self.take(&id, provider, account).await;
                return Some(account);
            }
            sleep(PAUSE).await;
        }
        None
    }

    async fn sign(self, text: String, account: Address) -> Result<Vec<u8>, WalletError> {
        let provider = self.current()?;
        let accounts = accounts(&provider.request(&Request::Accounts).await?);
        if accounts.is_empty() {
            return Err(WalletError::NotAuthorised);
        }
        if !accounts.contains(&account) {
            return Err(WalletError::WrongAccount);
        }
        let signed = provider.request(&Request::PersonalSign(&text, account)).await?;
        super::provider::text(&signed)
            .as_deref()
            .and_then(answer::signature)
            .ok_or_else(nonsense)
    }

    async fn switch(self, network: Network) -> Result<(), WalletError> {
        let provider = self.current()?;
        let change = Request::SwitchChain(network.chain_id);
        match provider.request(&change).await.map_err(WalletError::from) {
            Err(WalletError::UnknownChain) => {
                provider.request(&Request::AddChain(&network)).await?;
                // Most wallets change to what they have just added, some do not.
                if self.read_chain(&provider).await != Some(network.chain_id) {
                    provider.request(&change).await?;
                }
            }
            answer => drop(answer?),
        }
        self.read_chain(&provider).await;
        Ok(())
    }

    async fn read_chain(&self, provider: &Provider) -> Option<u64> {
        let chain = number(&provider.request(&Request::ChainId).await.ok()?);
        self.0.chain.set(chain);
        chain
    }

    async fn balance(self, account: Address) -> Result<U256, WalletError> {
        let wei = self.current()?.request(&Request::Balance(account)).await?;
        text(&wei).as_deref().and_then(answer::amount).ok_or_else(nonsense)
    }
}

/// Paying, and reading the chain: a file of its own, loaded with the first question.
#[cfg(feature = "split")]
#[leptos::wasm_split::wasm_split(wallet, wasm_split_path = ::leptos::wasm_split, fallible)]
fn ask(
    provider: Provider,
    request: WalletRequest,
) -> Result<LocalBoxFuture<'static, Result<WalletAnswer, WalletRefusal>>, leptos::wasm_split::SplitLoaderError> {
    Ok(Box::pin(async move { asking::ask(&provider, request).await }))
}

impl WalletPort for Wallet {
    fn wallets(&self) -> RwSignal<Vec<WalletInfo>> {
        self.0.discovery.list()
    }

    fn connect(&self, id: &str) -> LocalBoxFuture<'static, Result<Address, WalletError>> {
        Box::pin(self.clone().connect(id.to_owned()))
    }

    fn reconnect(&self) -> LocalBoxFuture<'static, Option<Address>> {
        Box::pin(self.clone().reconnect())
    }

    fn sign(&self, text: String, account: Address) -> LocalBoxFuture<'static, Result<Vec<u8>, WalletError>> {
        Box::pin(self.clone().sign(text, account))
    }

    fn switch(&self, network: &Network) -> LocalBoxFuture<'static, Result<(), WalletError>> {
        Box::pin(self.clone().switch(network.clone()))
    }

    fn account(&self) -> RwSignal<Option<Address>> {
        self.0.account
    }

    fn chain_id(&self) -> RwSignal<Option<u64>> {
        self.0.chain
    }

    fn balance(&self, account: Address) -> LocalBoxFuture<'static, Result<U256, WalletError>> {
        Box::pin(self.clone().balance(account))
    }

    fn answer(&self, request: WalletRequest) -> LocalBoxFuture<'static, Result<WalletAnswer, WalletRefusal>> {
        let provider = self.current();
        Box::pin(async move {
            let provider = provider.map_err(refused)?;
            #[cfg(feature = "split")]
            return ask(provider, request).await.map_err(|_| WalletRefusal::Offline)?.await;
            #[cfg(not(feature = "split"))]
            asking::ask(&provider, request).await
        })
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

fn first(value: &JsValue) -> Option<Address> {
    accounts(value).first().copied()
}

fn nonsense() -> WalletError {
    WalletError::Other("The wallet's answer makes no sense.".to_owned())
}

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}
