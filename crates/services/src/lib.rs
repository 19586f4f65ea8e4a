//! The server's side of Jackdaw: accounts, directory, people, delivery, tips, each area with its SQL in `store.rs`.
//!
//! It orders and keeps opaque bytes and checks who may write where. It never sees a message's words: neither `e2ee` nor
//! `openmls` is among its dependencies. Nothing here knows HTTP or Leptos.
//!
//! [`Services`] is the whole of it over one database. To add an area: a folder with `mod.rs` and `store.rs`, its tables in a
//! new file of `migrations/`, and a field of [`Services`]; its tasks into [`Services::jobs`].

pub mod accounts;
pub mod db;
pub mod delivery;
pub mod directory;
pub mod failpoints;
pub mod jobs;
pub mod people;
pub mod push;
pub mod pushes;
mod report;
mod site;
pub mod time;
pub mod tips;
pub mod tx;

use std::{collections::HashMap, sync::Arc};

use accounts::{Accounts, AccountsConfig, Session, SessionKey, WalletVerifier, Wallets};
pub use chain::{
    faucet::{Faucet, FaucetError},
    network,
};
use delivery::{Delivery, DeliveryError};
use directory::Directory;
use jobs::Job;
use people::People;
use protocol::api::Network;
use push::{Notifier, Subscription};
use pushes::Pushes;
pub use report::reported;
pub use site::Site;
use sqlx::PgPool;
use time::{Clock, Randomness, SystemClock, SystemRandomness};
use tx::{PollPolicy, RpcEndpoint, Transactions};

/// The settings of the site.
#[derive(Debug, Clone)]
pub struct Config {
    /// The public origin, e.g. `https://chat.example.org`: no path, no slash at the end.
    pub origin: String,
    /// Host, and port if it is not the default.
    pub domain: String,
    /// The chains served here; the first is where new people start.
    pub networks: Vec<Network>,
    /// The nodes of those of them that this server reads itself, by chain id.
    pub endpoints: HashMap<u64, RpcEndpoint>,
    /// The development chain's RPC, if test coins are given.
    pub development_rpc: Option<String>,
    /// Signs the cookies.
    pub session_key: SessionKey,
    /// Other servers may be on the same database.
    pub shared: bool,
}

/// Why the services do not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database is away, or not migrated.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The development chain's address is none.
    #[error(transparent)]
    Faucet(#[from] FaucetError),
    /// A chain's address is none.
    #[error(transparent)]
    Transactions(#[from] chain::rpc::RpcError),
    /// A chain's address is none.
    #[error(transparent)]
    Wallets(#[from] chain::validator::AskError),
}

/// Every area of the server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Services {
    /// Who is signed in.
    pub accounts: Accounts,
    /// Installations and key packages.
    pub directory: Directory,
    /// Logs of envelopes.
    pub delivery: Delivery,
    /// What sockets are told without asking.
    pub notifier: Notifier,
    /// The names of accounts.
    pub people: People,
    /// Transactions, as the server observes them on their chains.
    pub transactions: Transactions,
    /// Test coins, where there is a development chain.
    pub coins: Option<Faucet>,
    /// What is said before sign-in.
    pub site: Site,
}

impl Services {
    /// Opens all areas over a migrated database, with the system's clock and randomness. Within a tokio runtime.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn open(pool: PgPool, config: Config) -> Result<Self, OpenError> {
        let chains = config
            .endpoints
            .iter()
            .map(|(chain_id, endpoint)| (*chain_id, endpoint.url.as_str()));
        let verifier = Arc::new(Wallets::new(chains)?);
        Self::open_with(
            pool,
            config,
            verifier,
            Arc::new(SystemClock),
            Arc::new(SystemRandomness),
        )
        .await
    }

    /// As [`Services::open`], with another wallet verifier, clock and randomness.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn open_with(
        pool: PgPool,
        config: Config,
        verifier: Arc<dyn WalletVerifier>,
        clock: Arc<dyn Clock>,
        randomness: Arc<dyn Randomness>,
    ) -> Result<Self, OpenError> {
        let accounts = AccountsConfig {
            origin: config.origin,
            domain: config.domain.clone(),
            chain_ids: config.networks.iter().map(|network| network.chain_id).collect(),
            session_key: config.session_key,
        };
        let watched = config.networks.iter().filter_map(|network| {
            let policy = if network.development {
                PollPolicy::development()
            } else {
                PollPolicy::default()
            };
            Some((network, config.endpoints.get(&network.chain_id)?, policy))
        });
        let notifier = Notifier::new(config.shared);
        let transactions = Transactions::new(pool.clone(), clock.clone(), notifier.clone(), &[tips::area()], watched)?;
        let delivery = Delivery::start(pool.clone(), clock.clone(), notifier.clone()).await?;
        Ok(Self {
            accounts: Accounts::new(
                pool.clone(),
                accounts,
                verifier,
                clock.clone(),
                randomness,
                notifier.clone(),
            ),
            directory: Directory::new(pool.clone(), clock, notifier.clone()),
            delivery,
            notifier,
            people: People::new(pool),
            transactions,
            coins: config.development_rpc.as_deref().map(Faucet::new).transpose()?,
            site: Site::new(config.domain, config.networks),
        })
    }
    /// Everything that is to go on without being asked for; each must be run once on this node ([`Job::run`]).
    pub fn jobs(&self) -> Vec<Job> {
        let areas = [self.accounts.jobs(), self.delivery.jobs(), self.transactions.jobs()];
        areas.into_iter().flatten().collect()
    }

    /// The pushes for a socket of this session.
    pub fn pushes(&self, subscription: Subscription, session: &Session) -> Pushes {
        Pushes::new(subscription, &self.delivery, session.installation, session.address)
    }
}
