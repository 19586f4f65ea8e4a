//! The validator on a real development chain: honest wallets, there and not there yet, and wallets that mean harm.
#![cfg(feature = "anvil")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{net::TcpListener, time::Duration};

use alloy_primitives::{eip191_hash_message, hex, keccak256};
use chain::{
    anvil::Anvil,
    validator::{AskError, Asker, GAS, input},
};
use protocol::{Address, U256};
use serde_json::{Value, json};

const TEXT: &str = "localhost:3000 wants you to sign in with your Ethereum account";
const MARK: [u8; 32] = hex!("6492649264926492649264926492649264926492649264926492649264926492");

/// A chain of this test's own.
struct Chain(Anvil);

impl Chain {
    async fn start() -> Self {
        Self(Anvil::start().await)
    }

    async fn ask(&self, method: &'static str, params: Value) -> Value {
        self.0.ask(method, params).await
    }

    /// The unlocked account of this number.
    async fn key(&self, number: usize) -> Address {
        self.ask("eth_accounts", json!([])).await[number]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    async fn sign(&self, key: Address) -> Vec<u8> {
        let text = hex::encode_prefixed(TEXT);
        let signature = self.ask("personal_sign", json!([text, key])).await;
        hex::decode(signature.as_str().unwrap()).unwrap()
    }

    /// Sends a transaction and gives its receipt.
    async fn send(&self, to: Option<Address>, data: &[u8]) -> Value {
        let call = json!({"from": self.key(0).await, "to": to, "data": hex::encode_prefixed(data)});
        let hash = self.ask("eth_sendTransaction", json!([call])).await;
        self.0.mine(1).await;
        let receipt = self.ask("eth_getTransactionReceipt", json!([hash])).await;
        assert_eq!(receipt["status"], "0x1");
        receipt
    }

    async fn factory(&self) -> Address {
        let json: Value = serde_json::from_str(include_str!("../../../contracts/abi/TestWalletFactory.json")).unwrap();
        let code = hex::decode(json["bytecode"].as_str().unwrap()).unwrap();
        self.send(None, &code).await["contractAddress"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    async fn address_of(&self, factory: Address, owner: Address, salt: u8) -> Address {
        let data = about("addressOf(address,bytes32)", owner, salt);
        let call = json!([{"to": factory, "data": hex::encode_prefixed(data)}, "latest"]);
        let word = hex::decode(self.ask("eth_call", call).await.as_str().unwrap()).unwrap();
        Address::from_slice(&word[12..])
    }

    /// An account with this code.
    async fn account(&self, number: u8, code: &[u8]) -> Address {
        let address = Address::repeat_byte(number);
        self.ask("anvil_setCode", json!([address, hex::encode_prefixed(code)]))
            .await;
        address
    }

    async fn signed(&self, signer: Address, signature: &[u8]) -> Result<bool, AskError> {
        let asker = Asker::new(&self.0.url()).unwrap();
        asker.signed(signer, &digest(), signature).await
    }
}

fn digest() -> [u8; 32] {
    eip191_hash_message(TEXT).0
}

/// A call of the factory about the account of this owner.
fn about(function: &str, owner: Address, salt: u8) -> Vec<u8> {
    [&keccak256(function)[..4], owner.into_word().as_slice(), &[salt; 32]].concat()
}

/// ERC-6492: `abi.encode(factory, call, inner)` and the mark.
fn wrapped(factory: Address, call: &[u8], inner: &[u8]) -> Vec<u8> {
    let number = |value: usize| U256::from(value).to_be_bytes::<32>().to_vec();
    let bytes = |bytes: &[u8]| {
        let mut padded = [number(bytes.len()), bytes.to_vec()].concat();
        padded.resize(padded.len().next_multiple_of(32), 0);
        padded
    };
    let (call, inner) = (bytes(call), bytes(inner));
    [
        factory.into_word().to_vec(),
        number(96),
        number(96 + call.len()),
        call,
        inner,
        MARK.to_vec(),
    ]
    .concat()
}

#[tokio::test]
async fn a_key_speaks_for_its_account_and_for_nobody_else() {
    let chain = Chain::start().await;
    let (alice, eve) = (chain.key(1).await, chain.key(2).await);
    let signature = chain.sign(alice).await;
    assert_eq!(chain.signed(alice, &signature).await, Ok(true));
    assert_eq!(chain.signed(eve, &signature).await, Ok(false));
    assert_eq!(chain.signed(alice, &[]).await, Ok(false));
    // EIP-7702: an account with a key may have code, and its key still speaks for it.
    let refuses = hex!("60006000fd");
    chain
        .ask("anvil_setCode", json!([alice, hex::encode_prefixed(refuses)]))
        .await;
    assert_eq!(chain.signed(alice, &signature).await, Ok(true));
}

#[tokio::test]
async fn wallets_answer_there_and_not_there_yet() {
    let chain = Chain::start().await;
    let (alice, eve) = (chain.key(1).await, chain.key(2).await);
    let factory = chain.factory().await;
    let wallet = chain.address_of(factory, alice, 7).await;
    let create = about("create(address,bytes32)", alice, 7);
    let (hers, eves) = (chain.sign(alice).await, chain.sign(eve).await);

    let before = wrapped(factory, &create, &hers);
    assert_eq!(chain.signed(wallet, &before).await, Ok(true));
    assert_eq!(chain.signed(wallet, &hers).await, Ok(false), "nobody is there to ask");
    assert_eq!(chain.signed(wallet, &wrapped(factory, &create, &eves)).await, Ok(false));
    let elsewhere = chain.address_of(factory, eve, 7).await;
    assert_eq!(chain.signed(elsewhere, &before).await, Ok(false));
    let code = chain.ask("eth_getCode", json!([wallet, "latest"])).await;
    assert_eq!(code, "0x", "asking makes nothing");

    chain.send(Some(factory), &create).await;
    assert_eq!(chain.signed(wallet, &hers).await, Ok(true));
    assert_eq!(chain.signed(wallet, &before).await, Ok(true));
    assert_eq!(chain.signed(wallet, &eves).await, Ok(false));
    assert_eq!(chain.signed(wallet, &wrapped(factory, &create, &eves)).await, Ok(false));
    assert_eq!(
        chain.signed(alice, &before).await,
        Ok(false),
        "the owner is another account"
    );
}

#[tokio::test]
async fn wallets_that_mean_harm_get_a_no_or_no_answer() {
    let chain = Chain::start().await;
    let loops = hex!("5b600056");
    let reverts = hex!("60006000fd");
    // Says yes and goes on for a megabyte.
    let endless = hex!("631626ba7e60e01b600052620f42406000f3");
    let garbage = hex!("60001960005260206000f3");
    // The yes in 4 bytes instead of 32.
    let short = hex!("631626ba7e60e01b60005260046000f3");
    let everything = hex!("fe");

    let abyss = chain.account(0xa1, &loops).await;
    assert_eq!(chain.signed(abyss, &[1; 65]).await, Ok(false));
    // The wallet and the factory both burn what there is: then the call itself may not come to an end.
    let twice = chain.signed(abyss, &wrapped(abyss, &[], &[1; 65])).await;
    assert!(matches!(twice, Ok(false) | Err(AskError::Failed)), "{twice:?}");
    for (number, code, expected) in [
        (0xa2, &reverts[..], false),
        (0xa3, &endless, true),
        (0xa4, &garbage, false),
        (0xa5, &short, false),
        (0xa6, &everything, false),
    ] {
        let account = chain.account(number, code).await;
        for signature in [vec![], vec![1; 65], vec![2; 8192], wrapped(account, &[], &[3; 100])] {
            let expected = Ok(expected);
            // A marked signature of an honest answer is asked twice; a factory that fails is a no.
            assert_eq!(
                chain.signed(account, &signature).await,
                expected,
                "{number:x} {}",
                signature.len()
            );
        }
    }
    assert_eq!(chain.signed(abyss, &[0; 8193]).await, Err(AskError::TooLarge));
    assert_eq!(chain.signed(Address::ZERO, &[0; 65]).await, Ok(false));
}

#[tokio::test]
async fn what_it_takes_is_far_below_what_it_may() {
    let chain = Chain::start().await;
    let alice = chain.key(1).await;
    let factory = chain.factory().await;
    let wallet = chain.address_of(factory, alice, 7).await;
    let create = about("create(address,bytes32)", alice, 7);
    let question = input(wallet, &digest(), &wrapped(factory, &create, &chain.sign(alice).await));
    let gas = chain
        .ask("eth_estimateGas", json!([{"data": hex::encode_prefixed(question)}]))
        .await;
    let gas = u64::from_str_radix(&gas.as_str().unwrap()[2..], 16).unwrap();
    assert!(gas < GAS / 4, "{gas}");
}

/// A chain that gives every question this answer, or none.
async fn lying(answer: Option<String>) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut question = vec![0; 64 * 1024];
                let _ = socket.read(&mut question).await;
                match answer {
                    Some(answer) => {
                        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", answer.len());
                        let _ = socket.write_all((head + &answer).as_bytes()).await;
                    }
                    None => std::future::pending().await,
                }
            });
        }
    });
    url
}

#[tokio::test]
async fn a_chain_that_does_not_say_is_not_a_no() {
    let ask = async |url: &str| {
        let asker = Asker::new(url).unwrap().with_patience(Duration::from_millis(300));
        asker.signed(Address::ZERO, &[0; 32], &[0; 65]).await
    };
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(ask(&format!("http://{closed}")).await, Err(AskError::Down));
    assert_eq!(ask(&lying(None).await).await, Err(AskError::Down));
    for (answer, expected) in [
        ("", AskError::Garbage),
        ("<html>", AskError::Garbage),
        ("{}", AskError::Garbage),
        (r#"{"result":null}"#, AskError::Garbage),
        (r#"{"result":"0x"}"#, AskError::Garbage),
        (r#"{"result":"0x1"}"#, AskError::Garbage),
        (r#"{"result":"0x02"}"#, AskError::Garbage),
        (
            r#"{"result":"0x0000000000000000000000000000000000000000000000000000000000000001"}"#,
            AskError::Garbage,
        ),
        (
            r#"{"error":{"code":3,"message":"execution reverted"}}"#,
            AskError::Failed,
        ),
        (
            r#"{"result":"0x01","error":{"code":-32000,"message":"out of gas"}}"#,
            AskError::Failed,
        ),
    ] {
        assert_eq!(
            ask(&lying(Some(answer.to_owned())).await).await,
            Err(expected),
            "{answer}"
        );
    }
    let megabytes = format!(r#"{{"result":"0x{}"}}"#, "01".repeat(2_000_000));
    assert_eq!(ask(&lying(Some(megabytes)).await).await, Err(AskError::Garbage));
    assert_eq!(Asker::new("no url").unwrap_err(), AskError::BadUrl);
    let asker = Asker::new("http://user:secret@127.0.0.1/key").unwrap();
    assert!(!format!("{asker:?}").contains("secret"));
}
