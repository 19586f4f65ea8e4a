use std::{collections::HashMap, time::Duration};

use chain::validator::{AskError, Asker};
use futures::future::BoxFuture;
use identity::{Stated, Vouched};
use tokio::sync::Semaphore;

/// How many calls to chains may be open at once for the whole site: the contract of the account that signs in decides what one costs.
const AT_ONCE: usize = 4;
/// How long to wait for a place among them.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a wallet's signature is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// The account did not sign this.
    #[error("the signature is not the account's")]
    Wrong,
    /// It takes a chain to tell, and the chain does not answer.
    #[error("the wallet cannot be verified now")]
    CannotNow,
    /// It takes a chain to tell, and this server has no node of it.
    #[error("no node of the wallet's chain is known here")]
    NoNode,
}

/// Says whether an account made a signature that is not its key's. Kinds of accounts join by implementing it.
pub trait WalletVerifier: Send + Sync + std::fmt::Debug + 'static {
    /// Believes what is stated, or says why not.
    fn verify<'a>(&'a self, stated: &'a Stated) -> BoxFuture<'a, Result<Vouched, NotVerified>>;
}

/// Accounts whose address is that of a key (EOAs), and no others: no chain is asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeyAccounts;

impl WalletVerifier for KeyAccounts {
    fn verify<'a>(&'a self, stated: &'a Stated) -> BoxFuture<'a, Result<Vouched, NotVerified>> {
        Box::pin(std::future::ready(stated.by_key().map_err(|_| NotVerified::Wrong)))
    }
}

/// Accounts with a key, and those for which code signs: that code's chain is asked, each time anew.
#[derive(Debug)]
pub struct Wallets {
    chains: HashMap<u64, Asker>,
    places: Semaphore,
}

impl Wallets {
    /// With these chains (EIP-155) to ask, each by its RPC.
    ///
    /// # Errors
    /// `BadUrl`.
    pub fn new<'a>(chains: impl IntoIterator<Item = (u64, &'a str)>) -> Result<Self, AskError> {
        let chains = chains
            .into_iter()
            .map(|(chain_id, rpc_url)| Asker::new(rpc_url).map(|asker| (chain_id, asker)));
        Ok(Self {
            chains: chains.collect::<Result<_, AskError>>()?,
            places: Semaphore::new(AT_ONCE),
        })
    }

    async fn ask(&self, stated: &Stated) -> Result<Vouched, NotVerified> {
        // Code never speaks against a key, and never instead of one.
        if let Ok(vouched) = stated.by_key() {
            return Ok(vouched);
        }
        let chain_id = stated.sign_in().chain_id;
        let asker = self.chains.get(&chain_id).ok_or(NotVerified::NoNode)?;
        let place = tokio::time::timeout(PATIENCE, self.places.acquire()).await;
        let Ok(Ok(_place)) = place else {
            tracing::warn!(chain_id, "too many wallets are being asked on chain {chain_id}");
            return Err(NotVerified::CannotNow);
        };
        match asker.signed(stated.address, stated.digest(), stated.signature()).await {
            Ok(yes) => stated.by_contract(chain_id, yes).map_err(|_| NotVerified::Wrong),
            Err(AskError::TooLarge) => Err(NotVerified::Wrong),
            Err(error) => {
                tracing::warn!(
                    chain_id,
                    "chain {chain_id} did not say whether a wallet signed: {error}"
                );
                Err(NotVerified::CannotNow)
            }
        }
    }
}

impl WalletVerifier for Wallets {
    fn verify<'a>(&'a self, stated: &'a Stated) -> BoxFuture<'a, Result<Vouched, NotVerified>> {
        Box::pin(self.ask(stated))
    }
}
