//! Requests that show a prompt or read the chain. Their code is loaded with the first one.

use bridge::{Statement, WalletAnswer, WalletRefusal, WalletRequest};
use protocol::{Address, api::Network};

use super::{
    connected::Wallet,
    error::WalletError,
    prompts::{self, Prompts},
};
use crate::lazy::{LocalBoxFuture, lazy};

lazy! {
    /// What a wallet is asked when a person acts.
    PROMPTS in wallet = load_prompts, get_prompts: &'static Prompts => &prompts::ALL
}

/// Puts a request once its code is there, and gives `missing` if it cannot be loaded.
async fn request<T, E>(missing: E, put: impl FnOnce(&Prompts) -> LocalBoxFuture<Result<T, E>>) -> Result<T, E> {
    match PROMPTS.get().await {
        Ok(prompts) => put(prompts).await,
        Err(_) => Err(missing),
    }
}

impl Wallet {
    /// Loads the code of the requests before a person acts.
    pub fn prepare(&self) {
        PROMPTS.preload();
    }

    /// Asks the wallet with this id for an account, and remembers the wallet for [`Wallet::reconnect`].
    pub async fn connect(&self, id: &str) -> Result<Address, WalletError> {
        request(WalletError::Missing, |prompts| {
            (prompts.connect)(self.clone(), id.to_owned())
        })
        .await
    }

    /// Asks the statement's account for its signature (`personal_sign`, EIP-191). Nothing else can be put to a wallet to be signed (ADR 22).
    pub async fn sign(&self, statement: Statement) -> Result<Vec<u8>, WalletError> {
        request(WalletError::Missing, |prompts| (prompts.sign)(self.clone(), statement)).await
    }

    /// Changes the wallet's network, adding it first if the wallet does not know it (EIP-3326, EIP-3085).
    pub async fn switch(&self, network: &Network) -> Result<(), WalletError> {
        request(WalletError::Missing, |prompts| {
            (prompts.switch)(self.clone(), network.clone())
        })
        .await
    }

    /// Puts a question of the worker, or of the page (fees: `WalletRequest::Try`), to the wallet. Chain and account are read
    /// right before, and after a reading too. A question that shows a prompt is put once, whatever comes of it.
    pub async fn answer(&self, question: WalletRequest) -> Result<WalletAnswer, WalletRefusal> {
        let provider = self.current();
        request(WalletRefusal::Offline, |prompts| (prompts.answer)(provider, question)).await
    }
}
