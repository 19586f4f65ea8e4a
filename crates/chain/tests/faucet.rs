//! Test coins, against a chain played by the test.
#![cfg(feature = "rpc")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use chain::faucet::{Faucet, FaucetError};
use protocol::{Address, ErrorCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

const ONE: &str = "0xde0b6b3a7640000";

/// What was asked of the chain, method by method.
type Asked = Arc<Mutex<Vec<Value>>>;

/// A chain on which everybody has this balance. Gives its URL.
async fn chain(balance: &'static str) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Asked::default();
    let theirs = asked.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(answer(socket, balance, theirs.clone()));
        }
    });
    (url, asked)
}

async fn answer(socket: TcpStream, balance: &str, asked: Asked) {
    let mut socket = BufReader::new(socket);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if socket.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        socket.read_exact(&mut body).await.unwrap();
        let request: Value = serde_json::from_slice(&body).unwrap();
        asked.lock().unwrap().push(request.clone());
        let result = match request["method"].as_str().unwrap() {
            "eth_getBalance" => json!(balance),
            "eth_accounts" => json!(["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"]),
            "eth_sendTransaction" => json!(format!("0x{}", "11".repeat(32))),
            "eth_getTransactionReceipt" => receipt(),
            other => panic!("the faucet does not ask {other}"),
        };
        let body = json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }).to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        socket.write_all((head + &body).as_bytes()).await.unwrap();
    }
}

fn receipt() -> Value {
    let hash = format!("0x{}", "11".repeat(32));
    json!({
        "transactionHash": hash, "transactionIndex": "0x0", "blockHash": hash, "blockNumber": "0x1", "status": "0x1",
        "from": format!("0x{}", "22".repeat(20)), "to": format!("0x{}", "33".repeat(20)), "contractAddress": null,
        "cumulativeGasUsed": "0x5208", "gasUsed": "0x5208", "effectiveGasPrice": "0x1", "type": "0x2", "logs": [],
        "logsBloom": format!("0x{}", "00".repeat(256)),
    })
}

#[tokio::test]
async fn who_has_less_than_one_coin_is_given_one() {
    let (url, asked) = chain("0xde0b6b3a763ffff").await;
    let to = Address::repeat_byte(7);
    Faucet::new(&url).unwrap().give_test_coins(to).await.unwrap();
    let asked = asked.lock().unwrap();
    let sent: Vec<&Value> = asked
        .iter()
        .filter(|request| request["method"] == "eth_sendTransaction")
        .collect();
    assert_eq!(sent.len(), 1);
    let gift = &sent[0]["params"][0];
    assert_eq!((&gift["value"], &gift["to"]), (&json!(ONE), &json!(format!("{to:#x}"))));
    assert_eq!(gift["from"], "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
}

#[tokio::test]
async fn who_has_one_coin_is_refused_politely() {
    let (url, asked) = chain(ONE).await;
    let refused = Faucet::new(&url)
        .unwrap()
        .give_test_coins(Address::ZERO)
        .await
        .unwrap_err();
    assert!(matches!(refused, FaucetError::Enough));
    assert_eq!(ErrorCode::from(&refused), ErrorCode::EnoughCoins);
    assert!(
        asked
            .lock()
            .unwrap()
            .iter()
            .all(|request| request["method"] == "eth_getBalance")
    );
}

#[tokio::test]
async fn a_chain_that_is_down_or_silent_is_said_to_be_down() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let down = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    for url in [down, format!("http://{}", silent.local_addr().unwrap())] {
        let faucet = Faucet::new(&url).unwrap().with_patience(Duration::from_millis(200));
        let refused = faucet.give_test_coins(Address::ZERO).await.unwrap_err();
        assert_eq!(ErrorCode::from(&refused), ErrorCode::ChainDown, "{refused}");
    }
    assert!(matches!(Faucet::new("not a url"), Err(FaucetError::BadUrl)));
}
