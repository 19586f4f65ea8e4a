//! Test coins on a development chain, from the account the chain itself has unlocked.

use std::time::Duration;

use alloy::{
    network::TransactionBuilder,
    primitives::{U256, utils::parse_ether},
    providers::{DynProvider, Provider, ProviderBuilder},
    rpc::types::TransactionRequest,
};
use protocol::{Address, ErrorCode};

/// How long the chain may take for one gift.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often the receipt is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Why there are no coins.
#[derive(Debug, thiserror::Error)]
pub enum FaucetError {
    /// Not a URL.
    #[error("not the address of a chain's RPC: {0}")]
    BadUrl(String),
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
            FaucetError::BadUrl(_) => Self::Internal,
            FaucetError::Enough => Self::TooMany,
            FaucetError::ChainDown(_) => Self::ChainDown,
        }
    }
}

/// Gives test coins. Cheap to clone.
#[derive(Clone)]
pub struct Faucet {
    provider: DynProvider,
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
        let url: url::Url = rpc_url.parse().map_err(|_| FaucetError::BadUrl(rpc_url.to_owned()))?;
        // No fillers: the node knows nonce, gas and key of its own account.
        let provider = ProviderBuilder::new()
            .disable_recommended_fillers()
            .connect_http(url)
            .erased();
        Ok(Self {
            provider,
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
            let one = parse_ether("1").map_err(down)?;
            let has: U256 = self.provider.get_balance(to).await.map_err(down)?;
            if has >= one {
                return Err(FaucetError::Enough);
            }
            let from = self.provider.get_accounts().await.map_err(down)?;
            let from = *from
                .first()
                .ok_or_else(|| FaucetError::ChainDown("it has no unlocked account".to_owned()))?;
            let gift = TransactionRequest::default()
                .with_from(from)
                .with_to(to)
                .with_value(one);
            let sent = self.provider.send_transaction(gift).await.map_err(down)?;
            let hash = *sent.tx_hash();
            while self
                .provider
                .get_transaction_receipt(hash)
                .await
                .map_err(down)?
                .is_none()
            {
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

fn down(error: impl std::fmt::Display) -> FaucetError {
    FaucetError::ChainDown(error.to_string())
}
