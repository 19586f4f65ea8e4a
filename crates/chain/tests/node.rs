//! What is taken from a node: one answer, bounded in bytes and seconds, from where it was asked; and nobody hears its address.
#![cfg(feature = "rpc")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use chain::{
    reader::Reader,
    rpc::{Rpc, RpcError},
};
use protocol::Address;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const SECRET: &str = "s3cr3tk3y";
const SHORT: Duration = Duration::from_millis(300);

/// A node that gives this answer, head and body, to every question. Returns its URL, with a secret in it, and how often it was
/// asked.
async fn node(answer: String) -> (String, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://user:{SECRET}@{}/v3/{SECRET}", listener.local_addr().unwrap());
    let asked = Arc::<AtomicU32>::default();
    let counted = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (answer, counted) = (answer.clone(), counted.clone());
            tokio::spawn(async move {
                let mut read = vec![0; 65_536];
                while socket.read(&mut read).await.unwrap_or(0) > 0 {
                    counted.fetch_add(1, Ordering::SeqCst);
                    let _ = socket.write_all(answer.as_bytes()).await;
                    if !answer.contains("content-length") {
                        // It ends with the connection.
                        return;
                    }
                }
            });
        }
    });
    (url, asked)
}

fn http(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn ok(body: &Value) -> String {
    http("200 OK", &body.to_string())
}

/// The error of a node that answers so, by every way of asking. Its address is in none of them.
async fn error(answer: String) -> RpcError {
    let (url, _) = node(answer).await;
    let rpc = Rpc::new(&url).unwrap().with_patience(SHORT);
    let port = url.rsplit_once(':').unwrap().1.split('/').next().unwrap();
    let asked = rpc.ask::<String>("eth_chainId", json!([])).await.unwrap_err();
    let reader = Reader::from(rpc.clone());
    let typed = reader.chain_id().await.unwrap_err();
    let call = reader.call(Address::ZERO, &[1], 100).await.unwrap_err();
    assert_eq!(std::mem::discriminant(&asked), std::mem::discriminant(&typed));
    assert_eq!(typed, call);
    for words in [
        format!("{asked} {asked:?} {rpc:?}"),
        format!("{typed} {typed:?} {reader:?}"),
    ] {
        assert!(!words.contains(SECRET), "{words}");
        assert!(!words.contains(port), "{words}");
    }
    asked
}

#[tokio::test]
async fn an_answer_is_read_under_any_number_and_without_one() {
    for id in [json!(1), json!(999), json!("x"), Value::Null] {
        let (url, _) = node(ok(&json!({ "jsonrpc": "2.0", "id": id, "result": "0x7a69" }))).await;
        assert_eq!(Reader::new(&url).unwrap().chain_id().await.unwrap(), 31_337);
    }
    let (url, _) = node(ok(&json!({ "result": "0x1" }))).await;
    assert_eq!(Reader::new(&url).unwrap().chain_id().await.unwrap(), 1);
}

#[tokio::test]
async fn no_more_bytes_are_read_than_eight_mebibytes() {
    let long = |length: usize| {
        let whole = json!({ "jsonrpc": "2.0", "id": 0, "result": "0x1" }).to_string();
        http("200 OK", &format!("{whole}{}", " ".repeat(length - whole.len())))
    };
    let (url, _) = node(long(8 << 20)).await;
    assert_eq!(Reader::new(&url).unwrap().chain_id().await.unwrap(), 1);
    let (url, _) = node(long((8 << 20) + 1)).await;
    assert_eq!(
        Reader::new(&url).unwrap().chain_id().await.unwrap_err(),
        RpcError::TooMuch
    );
    // Also where the node does not say how much is to come.
    let (url, _) = node(format!("HTTP/1.1 200 OK\r\n\r\n{}", " ".repeat((8 << 20) + 1))).await;
    assert_eq!(
        Reader::new(&url).unwrap().chain_id().await.unwrap_err(),
        RpcError::TooMuch
    );
}

#[tokio::test]
async fn an_answer_that_does_not_end_is_given_up() {
    let began = Instant::now();
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length",
        "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{",
    ] {
        assert!(matches!(error(answer.to_owned()).await, RpcError::ChainDown(_)));
    }
    assert!(began.elapsed() < SHORT * 20, "{:?}", began.elapsed());
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (elsewhere, asked) = node(ok(&json!({ "jsonrpc": "2.0", "id": 0, "result": "0x1" }))).await;
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let answer = format!("HTTP/1.1 {status}\r\nlocation: {elsewhere}\r\ncontent-length: 0\r\n\r\n");
        assert!(matches!(error(answer).await, RpcError::ChainDown(_)), "{status}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_is_no_answer_is_garbage_and_who_is_busy_is_down() {
    for body in [
        json!(7),
        json!([]),
        json!({ "result": {} }),
        json!({ "result": null }),
        json!({}),
    ] {
        assert!(matches!(error(ok(&body)).await, RpcError::Garbage(_)), "{body}");
    }
    for status in ["429 Busy", "503 Busy"] {
        assert!(matches!(error(http(status, "busy")).await, RpcError::ChainDown(_)));
    }
}

#[tokio::test]
async fn a_refusal_is_told_in_the_nodes_words_without_what_they_repeat_of_its_address() {
    let refusal = json!({ "code": 3, "message": format!("{SECRET}\u{202e} reverted"), "data": { "data": "0x0102", "url": SECRET } });
    let refused = error(ok(&json!({ "jsonrpc": "2.0", "id": 0, "error": refusal }))).await;
    let expected = RpcError::Refused {
        code: 3,
        message: "… reverted".to_owned(),
        data: Some(vec![1, 2]),
    };
    assert_eq!(refused, expected);
    let bare = error(ok(&json!({ "error": { "data": SECRET } }))).await;
    assert!(
        matches!(
            bare,
            RpcError::Refused {
                code: 0,
                data: None,
                ..
            }
        ),
        "{bare:?}"
    );
}

#[tokio::test]
async fn only_http_addresses_are_addresses() {
    for url in ["", "node", "ftp://node/", "ws://node/", "file:///etc/passwd", "http://"] {
        assert_eq!(Rpc::new(url).unwrap_err(), RpcError::BadUrl, "{url}");
    }
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/{SECRET}", closed.local_addr().unwrap());
    drop(closed);
    let down = Reader::new(&url).unwrap().chain_id().await.unwrap_err();
    assert_eq!(down, RpcError::ChainDown("it cannot be reached".to_owned()));
}

/// Runs the test below once more, with proxies in its environment that nobody answers at.
#[test]
fn proxy_variables_are_not_honoured() {
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--ignored", "--exact", "behind_a_proxy_that_does_not_answer"]);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"] {
        again.env(name, "http://127.0.0.1:9");
    }
    let output = again.env_remove("no_proxy").env_remove("NO_PROXY").output().unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && words.contains("1 passed"), "{words}");
}

#[tokio::test]
#[ignore = "run by `proxy_variables_are_not_honoured`"]
async fn behind_a_proxy_that_does_not_answer() {
    let (url, _) = node(ok(&json!({ "jsonrpc": "2.0", "id": 0, "result": "0x1" }))).await;
    assert_eq!(Reader::new(&url).unwrap().chain_id().await.unwrap(), 1);
}
