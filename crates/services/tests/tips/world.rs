//! A chain, a node before it, a database, and watchers.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use chain::anvil::{Anvil, Transfer};
use protocol::{Address, ErrorCode, InstallationId, ObservedStatus, TipId, TxHash, TxReport, U256, api::Network};
use serde_json::{Value, json};
use services::{
    jobs::Backoff,
    push::{Notifier, Push, Subscription},
    time::SystemClock,
    tips::{CONTRACT, area},
    tx::{Asker, PollPolicy, Purpose, RpcEndpoint, SocketTransactions, Transactions},
};
use sqlx::{PgPool, Row};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::node::Node;

pub const SOON: Duration = Duration::from_secs(20);
pub const CONFIRMATIONS: u32 = 3;
pub const CHAIN: i64 = 31_337;

/// A policy with short pauses, so that tests run quickly.
pub fn policy() -> PollPolicy {
    PollPolicy {
        every: Some(Duration::from_millis(25)),
        backoff: Backoff {
            first: Duration::from_millis(25),
            last: Duration::from_millis(100),
        },
        shorter: 3,
        forgotten: (3, Duration::from_millis(300)),
    }
}

/// One server of the site.
#[derive(Clone)]
pub struct Server {
    transactions: Transactions,
    notifier: Notifier,
}

impl Server {
    /// A socket of this account.
    pub fn listen(&self, installation: InstallationId, account: Address) -> Listener {
        let mut subscription = self.notifier.subscribe(Uuid::nil());
        subscription.bind(installation, account);
        Listener {
            transactions: self.transactions.for_socket(subscription.subscriber()),
            subscription,
        }
    }
}

/// One socket, with its subscription and the transactions it asks for.
pub struct Listener {
    transactions: SocketTransactions,
    subscription: Subscription,
}

impl Listener {
    /// Asks for tips.
    pub fn asker(&self) -> TipAsker {
        TipAsker(self.transactions.asker())
    }

    /// Asks for a plain transfer.
    pub async fn ask_for(&self, hash: TxHash) -> TxReport {
        let purpose = Purpose::Transfer { hash };
        let asker = self.transactions.asker();
        asker.ask(CHAIN.unsigned_abs(), purpose, None).await.unwrap()
    }

    pub async fn next(&mut self) -> Push {
        self.subscription.next().await
    }
}

/// Asks for the tips of one socket.
#[derive(Clone)]
pub struct TipAsker(Asker);

impl TipAsker {
    pub async fn ask(
        &self,
        chain_id: u64,
        sender: Address,
        id: TipId,
        hash: Option<TxHash>,
    ) -> Result<TxReport, ErrorCode> {
        self.0.ask(chain_id, Purpose::Tip { sender, id }, hash).await
    }
}

pub struct World {
    pub anvil: Anvil,
    pub node: Node,
    pub pool: PgPool,
    server: Server,
    ends: Vec<CancellationToken>,
    next: u64,
}

/// A row of the ledger, or what it should be.
pub type Line = (i64, String, i64, String, String, String, String);

impl World {
    pub async fn new(pool: PgPool) -> Self {
        let anvil = Anvil::start().await;
        let node = Node::before(&anvil.url()).await;
        let server = server(&pool, &node.url, policy());
        let mut world = Self {
            anvil,
            node,
            pool,
            server,
            ends: Vec::new(),
            next: 0,
        };
        world.watch();
        world
    }

    /// Another node of the same site, over the same database.
    pub fn another(&mut self) -> Server {
        let server = server(&self.pool, &self.node.url, policy());
        self.run(&server.transactions);
        server
    }

    /// In the place of all others one that looks at the chain once, and then when it is asked.
    pub fn in_no_hurry(&mut self) {
        let every = Some(Duration::from_hours(1));
        self.with_policy(PollPolicy { every, ..policy() });
    }

    /// In the place of all others one that polls by this policy.
    pub fn with_policy(&mut self, policy: PollPolicy) {
        self.stop();
        self.server = server(&self.pool, &self.node.url, policy);
        self.watch();
    }

    fn run(&mut self, transactions: &Transactions) {
        for job in transactions.jobs() {
            let end = CancellationToken::new();
            tokio::spawn(job.run(end.clone()));
            self.ends.push(end);
        }
    }

    /// Starts the watcher.
    pub fn watch(&mut self) {
        let transactions = self.server.transactions.clone();
        self.run(&transactions);
    }

    /// Ends all watchers, wherever they are.
    pub fn stop(&mut self) {
        for end in self.ends.drain(..) {
            end.cancel();
        }
    }

    /// Ends the server and starts it again: nothing is left of it but its database.
    pub fn restart(&mut self) {
        self.with_policy(policy());
    }

    /// An id nobody has used.
    pub fn id(&mut self) -> TipId {
        self.next += 1;
        let mut id = [7; 32];
        id[24..].copy_from_slice(&self.next.to_be_bytes());
        TipId(id)
    }

    /// The account of this number.
    pub fn account(&self, number: usize) -> Address {
        self.anvil.accounts[number]
    }

    /// A tip that waits for a block.
    pub async fn tip(&mut self, from: usize, to: Address, amount: u64) -> (TipId, TxHash) {
        let id = self.id();
        let hash = self
            .anvil
            .send(&Transfer::tip(self.account(from), to, id, amount))
            .await;
        (id, hash)
    }

    pub fn listen(&self, account: Address) -> Listener {
        self.server.listen(InstallationId([9; 32]), account)
    }

    /// Waits until everything is read.
    pub async fn caught_up(&self) {
        let there = async || {
            let (number, hash) = self.anvil.head().await;
            self.cursor().await == Some((i64::try_from(number).unwrap(), hash))
        };
        let came = comes(there).await;
        assert!(came, "the watcher is not at the head: {}", self.where_it_stands().await);
    }

    /// Describes the node's and the ledger's newest blocks, for the message of a failed test.
    async fn where_it_stands(&self) -> String {
        let (head, cursor) = (self.anvil.head().await, self.cursor().await);
        let mut text = format!("head {head:?}, cursor {cursor:?}");
        for number in (0..=head.0).rev().take(12) {
            let block = self
                .anvil
                .try_ask("eth_getBlockByNumber", json!([format!("{number:#x}"), false]))
                .await;
            let block = block.map(|block| {
                (
                    block["number"].clone(),
                    block["hash"].clone(),
                    block["parentHash"].clone(),
                )
            });
            let filter = json!([{ "blockHash": block.as_ref().map(|block| block.1.clone()).unwrap_or_default(), "address": CONTRACT }]);
            let logs = self
                .anvil
                .try_ask("eth_getLogs", filter)
                .await
                .map(|logs| logs.as_array().map(Vec::len));
            let _ = write!(text, "\n{number}: {block:?}, logs {logs:?}");
        }
        text
    }

    pub async fn cursor(&self) -> Option<(i64, Vec<u8>)> {
        let row = sqlx::query("select number, hash from chain_cursors where chain_id = $1").bind(CHAIN);
        let row = row.fetch_optional(&self.pool).await.unwrap()?;
        Some((row.get(0), row.get(1)))
    }

    /// What the machine has counted.
    pub async fn ledger(&self) -> Vec<Line> {
        let rows = sqlx::query(
            "select block_number, encode(block_hash, 'hex'), log_index, encode(tip_id, 'hex'), encode(sender, 'hex'),
                 encode(recipient, 'hex'), amount::text from tips where chain_id = $1 order by block_number, log_index",
        );
        let rows = rows.bind(CHAIN).fetch_all(&self.pool).await.unwrap();
        let line = |row: &sqlx::postgres::PgRow| {
            (
                row.get(0),
                row.get(1),
                row.get(2),
                row.get(3),
                row.get(4),
                row.get(5),
                row.get(6),
            )
        };
        rows.iter().map(line).collect()
    }

    /// What the chain itself says, asked directly.
    pub async fn truth(&self) -> Vec<Line> {
        let filter = json!([{ "fromBlock": "0x0", "toBlock": "latest", "address": CONTRACT }]);
        let logs = self.anvil.ask("eth_getLogs", filter).await;
        let text = |value: &Value| value.as_str().unwrap().trim_start_matches("0x").to_owned();
        let number = |value: &Value| i64::from_str_radix(&text(value), 16).unwrap();
        let line = |log: &Value| {
            let amount = U256::from_str_radix(&text(&log["data"])[64..], 16).unwrap();
            (
                number(&log["blockNumber"]),
                text(&log["blockHash"]),
                number(&log["logIndex"]),
                text(&log["topics"][1]),
                text(&log["topics"][2])[24..].to_owned(),
                text(&log["topics"][3])[24..].to_owned(),
                amount.to_string(),
            )
        };
        logs.as_array().unwrap().iter().map(line).collect()
    }

    /// Every tip is counted exactly once, and the sum is the chain's.
    pub async fn compare(&self, when: &str) {
        let truth = self.truth().await;
        assert_eq!(self.ledger().await, truth, "{when}");
        // And the money itself has moved by that much.
        let mut sums = std::collections::BTreeMap::<&str, U256>::new();
        for line in &truth {
            *sums.entry(&line.5).or_default() += line.6.parse::<U256>().unwrap();
        }
        for (recipient, sum) in sums {
            let recipient: Address = recipient.parse().unwrap();
            assert_eq!(self.anvil.balance(recipient).await, sum, "{when}: {recipient}");
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop();
    }
}

fn server(pool: &PgPool, url: &str, policy: PollPolicy) -> Server {
    let network = Network {
        confirmations: CONFIRMATIONS,
        tips: Some(CONTRACT),
        ..chain::network::development(url)
    };
    let endpoint = RpcEndpoint {
        url: url.to_owned(),
        since: Some(0),
    };
    let (notifier, clock) = (Notifier::new(false), Arc::new(SystemClock));
    let transactions = Transactions::new(
        pool.clone(),
        clock,
        notifier.clone(),
        &[area()],
        [(&network, &endpoint, policy)],
    )
    .unwrap();
    Server { transactions, notifier }
}

/// Waits until it holds; false if it does not soon.
async fn comes(mut holds: impl AsyncFnMut() -> bool) -> bool {
    let waiting = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(SOON, waiting).await.is_ok()
}

pub async fn eventually(what: &str, holds: impl AsyncFnMut() -> bool) {
    assert!(comes(holds).await, "did not come: {what}");
}

/// Waits until it is said of this tip.
pub async fn told(listener: &mut Listener, tip: TipId, what: &str, says: impl Fn(TxReport) -> bool) -> TxReport {
    let mut heard = Vec::new();
    let waiting = async {
        loop {
            let Push::Tip { id, report, .. } = listener.next().await else {
                panic!("only of tips is told");
            };
            if id == tip && says(report) {
                return report;
            }
            heard.push(report);
        }
    };
    let told = tokio::time::timeout(SOON, waiting).await;
    told.unwrap_or_else(|_| panic!("was not told: {what}; heard {heard:?}"))
}

pub fn is(status: ObservedStatus) -> impl Fn(TxReport) -> bool {
    move |report| report.status == status
}

pub fn mined(at_least: u32) -> impl Fn(TxReport) -> bool {
    move |report| matches!(report.status, ObservedStatus::Mined { confirmations, .. } if confirmations >= at_least)
}

/// Waits until it is said of this transfer.
pub async fn told_of(listener: &mut Listener, wanted: TxHash, what: &str, says: impl Fn(TxReport) -> bool) -> TxReport {
    let mut heard = Vec::new();
    let waiting = async {
        loop {
            let Push::Transaction { hash, report, .. } = listener.next().await else {
                panic!("only of transfers is told");
            };
            if hash == wanted && says(report) {
                return report;
            }
            heard.push(report);
        }
    };
    let told = tokio::time::timeout(SOON, waiting).await;
    told.unwrap_or_else(|_| panic!("was not told: {what}; heard {heard:?}"))
}

/// Nobody but tips has paid this one.
pub fn somebody(number: u8) -> Address {
    Address::repeat_byte(0xa0 + number)
}
