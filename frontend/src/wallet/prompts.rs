//! What a wallet is asked only when a person acts: to connect, to sign, to change the network, to pay. Loaded with the first of these.

use bridge::{Statement, WalletAnswer, WalletRefusal, WalletRequest};
use protocol::{Address, api::Network};

use super::{
    answer, asking,
    connected::{REMEMBERED, Wallet, storage},
    error::WalletError,
    provider::{Provider, accounts, first, text},
    refusal::refused,
    request::Request,
};
use crate::lazy::LocalBoxFuture;

type Answer<T, E = WalletError> = LocalBoxFuture<Result<T, E>>;

/// One function for each request.
pub struct Prompts {
    /// Asks a wallet for an account, and remembers the wallet.
    pub connect: fn(Wallet, String) -> Answer<Address>,
    /// Asks for a signature.
    pub sign: fn(Wallet, Statement) -> Answer<Vec<u8>>,
    /// Changes the network.
    pub switch: fn(Wallet, Network) -> Answer<()>,
    /// Puts a question of the worker.
    pub answer: fn(Result<Provider, WalletError>, WalletRequest) -> Answer<WalletAnswer, WalletRefusal>,
}

/// All of them.
pub static ALL: Prompts = Prompts {
    connect: |wallet, id| Box::pin(wallet.ask_for_accounts(id)),
    sign: |wallet, statement| Box::pin(wallet.ask_to_sign(statement)),
    switch: |wallet, network| Box::pin(wallet.ask_to_switch(network)),
    answer: |provider, request| Box::pin(async move { asking::ask(&provider.map_err(refused)?, request).await }),
};

impl Wallet {
    async fn ask_for_accounts(self, id: String) -> Result<Address, WalletError> {
        let provider = self.provider(&id).ok_or(WalletError::NoWallet)?;
        let accounts = provider.request(&Request::AskForAccounts).await?;
        let account = first(&accounts).ok_or(WalletError::NotAuthorised)?;
        if let Some(storage) = storage() {
            // A browser that keeps nothing asks again next time.
            let _ = storage.set_item(REMEMBERED, &id);
        }
        self.take(&id, provider, account).await;
        Ok(account)
    }

    async fn ask_to_sign(self, statement: Statement) -> Result<Vec<u8>, WalletError> {
        let provider = self.current()?;
        let accounts = accounts(&provider.request(&Request::Accounts).await?);
        if accounts.is_empty() {
            return Err(WalletError::NotAuthorised);
        }
        if !accounts.contains(&statement.account()) {
            return Err(WalletError::WrongAccount);
        }
        let signed = provider.request(&Request::PersonalSign(&statement)).await?;
        text(&signed)
            .as_deref()
            .and_then(answer::signature)
            .ok_or_else(|| WalletError::Other("The wallet's answer makes no sense.".to_owned()))
    }

    async fn ask_to_switch(self, network: Network) -> Result<(), WalletError> {
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
}
