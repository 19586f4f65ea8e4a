//! Test coins on a development chain, from the account the chain itself has unlocked.

use std::time::Duration;

use alloy_provider::Provider;
use alloy_rpc_types_eth::TransactionRequest;
use alloy_transport::TransportResult;
use protocol::{Address, ErrorCode, TxHash, U256};

use crate::{
    reader::Reader,
    rpc::{Rpc, RpcError},
};

/// One coin, in its smallest unit.
const ONE: u64 = 1_000_000_000_000_000_000;
/// How long the chain may take for one gift.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often the receipt is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Why there are no coins.
#[derive(Debug, thiserror::Error)]
pub enum FaucetError {
    /// Not a URL.
    #[error("not the address of a chain's RPC")]
    BadUrl,
    /// Gifts are for those who have less than one coin.
    #[error("the account has test coins already")]
    Enough,
    /// It does not answer, or not as a development chain does.
    #[error("the development chain does not answer: {0}")]
    ChainDown(String),
}

impl From<&FaucetError> for ErrorCode {
    fn from(error: &FaucetError) -> Self {
        match error {
            FaucetError::BadUrl => Self::Internal,
            FaucetError::Enough => Self::EnoughCoins,
            FaucetError::ChainDown(_) => Self::ChainDown,
        }
    }
}

/// Gives test coins. Cheap to clone.
#[derive(Clone)]
pub struct Faucet {
    rpc: Rpc,
    patience: Duration,
}

impl std::fmt::Debug for Faucet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Faucet").finish_non_exhaustive()
    }
}

impl Faucet {
    /// For the development chain with this RPC. Does not ask it yet.
    ///
    /// # Errors
    /// `BadUrl`.
    pub fn new(rpc_url: &str) -> Result<Self, FaucetError> {
        let rpc = Rpc::new(rpc_url).map_err(|error| match error {
            RpcError::BadUrl => FaucetError::BadUrl,
            other => down(&other),
        })?;
        Ok(Self {
            rpc,
            patience: PATIENCE,
        })
    }

    /// As it is, but giving the chain up after this time.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Sends one coin to an account that has less than one, and waits until it has arrived.
    ///
    /// # Errors
    /// `Enough`, or `ChainDown` if that takes more than ten seconds.
    pub async fn give_test_coins(&self, to: Address) -> Result<(), FaucetError> {
        let gift = async {
            // The node knows nonce, gas and key of its own account.
            let provider = self.rpc.provider();
            if ours(provider.get_balance(to).await)? >= U256::from(ONE) {
                return Err(FaucetError::Enough);
            }
            let accounts = ours(provider.get_accounts().await)?;
            let from = *accounts
                .first()
                .ok_or_else(|| FaucetError::ChainDown("it has no unlocked account".to_owned()))?;
            let gift = TransactionRequest::default().from(from).to(to).value(U256::from(ONE));
            let hash = TxHash(ours(provider.send_transaction(gift).await)?.tx_hash().0);
            // alloy's own waiting ends only with a block, which a chain that stands still never makes.
            let reader = Reader::from(self.rpc.clone());
            while reader.receipt(hash).await.map_err(|error| down(&error))?.is_none() {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            Ok(())
        };
        let late = || FaucetError::ChainDown(format!("not within {:?}", self.patience));
        tokio::time::timeout(self.patience, gift)
            .await
            .unwrap_or_else(|_| Err(late()))
    }
}

fn ours<T>(answer: TransportResult<T>) -> Result<T, FaucetError> {
    answer.map_err(|error| down(&error.into()))
}

fn down(error: &RpcError) -> FaucetError {
    FaucetError::ChainDown(error.to_string())
}
