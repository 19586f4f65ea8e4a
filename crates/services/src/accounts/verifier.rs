use futures::future::BoxFuture;
use identity::{Association, KeyAccounts, Vouched};

/// Why a wallet's signature is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// The account did not sign this, or the key is not the one it vouches for.
    #[error("the signature is not the account's")]
    Wrong,
    /// It takes a chain to tell, and the chain does not answer.
    #[error("the wallet cannot be verified now")]
    CannotNow,
}

/// Says whether an account's wallet made an association. Kinds of accounts join by implementing it.
pub trait WalletVerifier: Send + Sync + std::fmt::Debug + 'static {
    /// Believes the association for this site, or says why not.
    fn verify<'a>(
        &'a self,
        association: &'a Association,
        domain: &'a str,
    ) -> BoxFuture<'a, Result<Vouched, NotVerified>>;
}

/// Accounts whose address is that of a key (EOAs): no chain is asked.
impl WalletVerifier for KeyAccounts {
    fn verify<'a>(
        &'a self,
        association: &'a Association,
        domain: &'a str,
    ) -> BoxFuture<'a, Result<Vouched, NotVerified>> {
        Box::pin(std::future::ready(
            association.verify(domain).map_err(|_| NotVerified::Wrong),
        ))
    }
}
