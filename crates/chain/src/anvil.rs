//! A development chain of a test's own, for tests of every room: `ANVIL_BIN` names the program (`cargo xtask test` does), else
//! the one that xtask has fetched is taken. It mines only when told to. What goes wrong here fails the test: it panics.
#![expect(clippy::missing_panics_doc, reason = "a test that cannot go on panics")]

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use alloy_primitives::hex;
use protocol::{Address, TipId, TxHash, U256};
use serde_json::{Value, json};

use crate::{
    rpc::{Rpc, RpcError},
    tips::{self, CONTRACT, DEPLOYER},
};

/// More than any transaction here takes, so that those that revert stand in a block as well.
const GAS: &str = "0x493e0";

/// The chain; it ends when this is dropped.
#[derive(Debug)]
pub struct Anvil {
    program: Child,
    port: u16,
    rpc: Rpc,
    /// Accounts the chain signs for, with 10,000 coins each.
    pub accounts: Vec<Address>,
}

impl Drop for Anvil {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// A transaction to send.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// The account that signs.
    pub from: Address,
    /// The account or contract that is called.
    pub to: Address,
    /// The amount in wei.
    pub value: U256,
    /// With what input.
    pub data: Vec<u8>,
    /// In whose place; `None`: the next.
    pub nonce: Option<u64>,
    /// The price of gas, in gwei.
    pub gas_price: u64,
}

impl Transfer {
    /// The call that tips `to` through the contract.
    pub fn tip(from: Address, to: Address, id: TipId, amount: u64) -> Self {
        Self {
            from,
            to: CONTRACT,
            value: U256::from(amount),
            data: tips::call(id, to),
            nonce: None,
            gas_price: 10,
        }
    }

    /// Nothing, to oneself: what wallets send to cancel.
    pub fn nothing(from: Address) -> Self {
        Self {
            from,
            to: from,
            value: U256::ZERO,
            data: Vec::new(),
            nonce: None,
            gas_price: 10,
        }
    }

    /// As it is, in the place of another one, and dearer.
    #[must_use]
    pub fn instead_of(self, nonce: u64) -> Self {
        Self {
            nonce: Some(nonce),
            gas_price: self.gas_price * 3,
            ..self
        }
    }
}

fn program() -> String {
    let fetched =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil");
    std::env::var("ANVIL_BIN").unwrap_or_else(|_| {
        if fetched.exists() {
            fetched.display().to_string()
        } else {
            "anvil".to_owned()
        }
    })
}

impl Anvil {
    /// Starts one, with the contract for tips.
    pub async fn start() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.expect("this machine has free ports").port();
        let mut chain = Self::start_at(port).await;
        chain.accounts = serde_json::from_value(chain.ask("eth_accounts", json!([])).await).expect("addresses");
        chain.deploy().await;
        chain
    }

    async fn start_at(port: u16) -> Self {
        let program = Command::new(program())
            .args([
                "--host",
                "127.0.0.1",
                "--silent",
                "--no-mining",
                "--port",
                &port.to_string(),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("anvil starts (ANVIL_BIN)");
        let rpc = Rpc::new(&format!("http://127.0.0.1:{port}")).expect("a URL");
        while rpc.ask::<Value>("eth_chainId", json!([])).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self {
            program,
            port,
            rpc,
            accounts: Vec::new(),
        }
    }

    async fn deploy(&self) {
        let json: Value =
            serde_json::from_str(include_str!("../../../contracts/abi/Tips.json")).expect("the committed ABI");
        let code = json["bytecode"].as_str().and_then(|text| hex::decode(text).ok());
        let data = [&[0; 32][..], &code.expect("creation code")].concat();
        let call = json!({ "from": self.accounts[0], "to": DEPLOYER, "data": hex::encode_prefixed(data) });
        self.ask("eth_sendTransaction", json!([call])).await;
        self.mine(1).await;
        let code = self.ask("eth_getCode", json!([CONTRACT, "latest"])).await;
        assert_ne!(code, "0x", "the contract for tips stands at its address");
    }

    /// Ends it at once, and begins another one at the same place: without state, as if somebody had deleted it.
    pub async fn reset(&mut self) {
        self.stop();
        let accounts = std::mem::take(&mut self.accounts);
        let mut next = Self::start_at(self.port).await;
        next.accounts = accounts;
        *self = next;
        self.deploy().await;
    }

    /// Ends it; nothing answers any more.
    pub fn stop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Asks it anything.
    ///
    /// # Errors
    /// What it refuses.
    pub async fn try_ask(&self, method: &'static str, params: Value) -> Result<Value, RpcError> {
        self.rpc.ask(method, params).await
    }

    /// Asks it anything that it must answer.
    pub async fn ask(&self, method: &'static str, params: Value) -> Value {
        let answer = self.try_ask(method, params).await;
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Sends a transaction; it waits for a block.
    pub async fn send(&self, transfer: &Transfer) -> TxHash {
        self.try_send(transfer).await.expect("it is taken")
    }

    /// As [`Anvil::send`].
    ///
    /// # Errors
    /// If the chain does not take it.
    pub async fn try_send(&self, transfer: &Transfer) -> Result<TxHash, RpcError> {
        let mut call = json!({
            "from": transfer.from, "to": transfer.to, "value": transfer.value, "gas": GAS,
            "data": hex::encode_prefixed(&transfer.data),
            "gasPrice": format!("{:#x}", transfer.gas_price * 1_000_000_000),
        });
        if let Some(nonce) = transfer.nonce {
            call["nonce"] = json!(format!("{nonce:#x}"));
        }
        let hash = self.try_ask("eth_sendTransaction", json!([call])).await?;
        let hash = hash.as_str().and_then(|text| hex::decode(text).ok());
        Ok(hash.and_then(|hash| TxHash::from_slice(&hash)).expect("a hash"))
    }

    /// How many transactions of this account stand in blocks.
    pub async fn nonce(&self, account: Address) -> u64 {
        number(&self.ask("eth_getTransactionCount", json!([account, "latest"])).await)
    }

    /// What it has.
    pub async fn balance(&self, account: Address) -> U256 {
        serde_json::from_value(self.ask("eth_getBalance", json!([account, "latest"])).await).expect("a number")
    }

    /// The number and hash of the newest block.
    pub async fn head(&self) -> (u64, Vec<u8>) {
        let block = self.ask("eth_getBlockByNumber", json!(["latest", false])).await;
        let hash = block["hash"].as_str().and_then(|text| hex::decode(text).ok());
        (number(&block["number"]), hash.expect("a hash"))
    }

    /// Puts what waits into a block, and empty ones on it.
    pub async fn mine(&self, blocks: u64) {
        for _ in 0..blocks {
            self.ask("evm_mine", json!([])).await;
        }
    }

    /// Replaces so many of the newest blocks by empty ones. What stood in them is gone.
    pub async fn reorganise(&self, depth: u64) {
        self.ask("anvil_reorg", json!([depth, []])).await;
    }

    /// The nodes forget a waiting transaction.
    pub async fn drop_transaction(&self, hash: TxHash) {
        let hash = hex::encode_prefixed(hash);
        self.ask("anvil_dropTransaction", json!([hash])).await;
    }

    /// The nodes forget everything that waits.
    pub async fn drop_all(&self) {
        self.ask("anvil_dropAllTransactions", json!([])).await;
    }
}

fn number(value: &Value) -> u64 {
    let digits = value.as_str().unwrap_or_default().trim_start_matches("0x");
    u64::from_str_radix(digits, 16).expect("a number")
}
