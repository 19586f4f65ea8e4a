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
