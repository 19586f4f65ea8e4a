//! A node between the watcher and the chain that can be told to fail, to lag and to lie.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use protocol::TxHash;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::minds::{self, Mix};

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Hands everything on.
    Honest,
    /// Closes every connection.
    Gone,
    /// Takes questions and never answers.
    Silent,
    /// Answers with bytes that are no JSON.
    Noise,
    /// Answers JSON-RPC whose results are of another shape.
    Nonsense,
    /// Answers null to everything.
    Nothing,
    /// Answers with HTTP status 503.
    Busy,
    /// Is of another chain.
    Other,
    /// Is so many blocks behind.
    Lags(u64),
    /// Says every log twice, the second time at another place.
    Twice,
    /// Fails every third question.
    Flaky,
    /// After so many more questions the chain behind it is reorganised, three blocks deep; honest from then on.
    Moves(u64),
    /// Refuses logs of more than so many blocks at once.
    Narrow(u64),
    /// Knows accounts only as they are at the newest so many blocks.
    Forgets(u64),
    /// Is two, of different minds.
    Torn(Mix),
    /// As it should, but for questions about this transaction.
    Stumbles(Stumble, TxHash),
}

/// What it does instead of answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stumble {
    /// Answers with a JSON-RPC error.
    Refuses,
    /// Answers with something of another shape.
    Babbles,
    /// Answers with more than anybody reads.
    Floods,
    /// Closes the connection.
    HangsUp,
}

impl Stumble {
    /// Its answer, if there is one.
    fn answer(self) -> Option<Vec<u8>> {
        let text = match self {
            Self::Refuses => {
                let error = json!({"code": -32000, "message": "history is pruned"});
                json!({"jsonrpc": "2.0", "id": 1, "error": error}).to_string()
            }
            Self::Babbles => json!({"jsonrpc": "2.0", "id": 1, "result": {"hash": 7}}).to_string(),
            Self::Floods => " ".repeat(9 << 20),
            Self::HangsUp => return None,
        };
        Some(text.into_bytes())
    }
}

#[derive(Debug)]
pub struct Node {
    pub url: String,
    mood: Arc<Mutex<Mood>>,
    moving: Arc<AtomicU64>,
    handing: Arc<AtomicU64>,
    pub asked: Arc<AtomicU64>,
    /// How often it has stumbled.
    pub stumbled: Arc<AtomicU64>,
    /// Never more blocks than this in one question for logs.
    pub widest: Arc<AtomicU64>,
    listening: JoinHandle<()>,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Node {
    pub async fn before(chain: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1/s3cret", listener.local_addr().unwrap());
        let mood = Arc::new(Mutex::new(Mood::Honest));
        let (moving, handing) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let (asked, stumbled) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let (newest, widest) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
        let desk = Desk {
            chain: chain.trim_start_matches("http://").to_owned(),
            mood: mood.clone(),
            moving: moving.clone(),
            handing: handing.clone(),
            asked: asked.clone(),
            stumbled: stumbled.clone(),
            newest,
            widest: widest.clone(),
        };
        let listening = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, desk.clone()));
            }
        });
        Self {
            url,
            mood,
            moving,
            handing,
            asked,
            stumbled,
            widest,
            listening,
        }
    }

    /// It is honest, and moves the chain no more.
    pub fn is_calm(&self) -> bool {
        *self.mood.lock().unwrap() == Mood::Honest && self.moving.load(Ordering::SeqCst) == 0
    }

    pub fn be(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// As [`Node::be`], and no question from before is still on its way: what happens to the chain from now on is seen in this
    /// mood only.
    pub async fn becomes(&self, mood: Mood) {
        self.be(mood);
        while self.handing.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }
}

#[derive(Clone)]
struct Desk {
    chain: String,
    mood: Arc<Mutex<Mood>>,
    moving: Arc<AtomicU64>,
    /// Questions that were put to the chain and are not answered yet.
    handing: Arc<AtomicU64>,
    asked: Arc<AtomicU64>,
    stumbled: Arc<AtomicU64>,
    /// How often it was asked for the newest block.
    newest: Arc<AtomicU64>,
    widest: Arc<AtomicU64>,
}

impl Desk {
    /// One question nearer to the reorganisation.
    async fn move_on(&self) {
        let now = {
            let mut mood = self.mood.lock().unwrap();
            let Mood::Moves(left) = *mood else { return };
            *mood = left.checked_sub(1).map_or(Mood::Honest, Mood::Moves);
            if left == 0 {
                self.moving.fetch_add(1, Ordering::SeqCst);
            }
            left == 0
        };
        if now {
            let question = json!({"jsonrpc": "2.0", "id": 1, "method": "anvil_reorg", "params": [3, []]});
            ask(&self.chain, &question).await;
            self.moving.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// One question, as long as this is there.
struct Handing(Arc<AtomicU64>);

impl Handing {
    fn new(count: &Arc<AtomicU64>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone())
    }
}

impl Drop for Handing {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn serve(socket: TcpStream, desk: Desk) {
    let mut socket = BufReader::new(socket);
    while let Some(body) = read(&mut socket).await {
        let (mood, handing) = {
            let mood = desk.mood.lock().unwrap();
            // Counted before the mood can change again.
            (*mood, Handing::new(&desk.handing))
        };
        let number = desk.asked.fetch_add(1, Ordering::SeqCst);
        let question: Value = serde_json::from_slice(&body).unwrap();
        let (status, answer) = match mood {
            Mood::Gone => return,
            Mood::Flaky if number.is_multiple_of(3) => return,
            Mood::Silent => {
                // Until the mood changes, as a node that hangs.
                drop(handing);
                while *desk.mood.lock().unwrap() == Mood::Silent {
                    tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                }
                return;
            }
            Mood::Stumbles(how, hash) if question["params"][0] == json!(format!("0x{hash}")) => {
                desk.stumbled.fetch_add(1, Ordering::SeqCst);
                let Some(answer) = how.answer() else { return };
                (200, answer)
            }
            Mood::Noise => (200, b"<html>no</html>".to_vec()),
            Mood::Busy => (503, b"busy".to_vec()),
            Mood::Nonsense => (
                200,
                json!({"jsonrpc": "2.0", "id": 1, "result": {"number": "seven", "logs": 7}})
                    .to_string()
                    .into_bytes(),
            ),
            Mood::Nothing => (
                200,
                json!({"jsonrpc": "2.0", "id": 1, "result": null})
                    .to_string()
                    .into_bytes(),
            ),
            mood => {
                if let Mood::Moves(_) = mood {
                    desk.move_on().await;
                }
                let Some(answer) = hand_on(&desk, mood, question).await else {
                    return;
                };
                (200, answer.to_string().into_bytes())
            }
        };
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        );
        drop(handing);
        if socket.write_all(&[head.as_bytes(), &answer].concat()).await.is_err() {
            return;
        }
    }
}

async fn hand_on(desk: &Desk, mood: Mood, mut question: Value) -> Option<Value> {
    let method = question["method"].as_str().unwrap().to_owned();
    let number = |value: &Value| u64::from_str_radix(value.as_str()?.trim_start_matches("0x"), 16).ok();
    if method == "eth_getLogs" {
        let filter = &question["params"][0];
        if let (Some(first), Some(last)) = (number(&filter["fromBlock"]), number(&filter["toBlock"])) {
            desk.widest.fetch_max(last - first + 1, Ordering::SeqCst);
            if let Mood::Narrow(most) = mood
                && last - first + 1 > most
            {
                let error = json!({"code": -32005, "message": format!("more than {most} blocks")});
                return Some(json!({"jsonrpc": "2.0", "id": 1, "error": error}));
            }
        }
    }
    let head = async || {
        let question = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []});
        number(&ask(&desk.chain, &question).await?["result"])
    };
    if let (Mood::Forgets(blocks), "eth_getTransactionCount") = (mood, method.as_str())
        && number(&question["params"][1])? + blocks <= head().await?
    {
        let error = json!({"code": -32000, "message": "missing trie node"});
        return Some(json!({"jsonrpc": "2.0", "id": 1, "error": error}));
    }
    if let Mood::Lags(blocks) = mood {
        let head = head().await?.saturating_sub(blocks);
        if method == "eth_getBlockByNumber" {
            match question["params"][0].as_str() {
                Some("latest") => question["params"][0] = json!(format!("{head:#x}")),
                _ if number(&question["params"][0])? > head => {
                    return Some(json!({"jsonrpc": "2.0", "id": 1, "result": null}));
                }
                _ => {}
            }
        }
    }
    let other = if let Mood::Torn(mix) = mood {
        let newest = minds::asks_for_newest(&question);
        let before = desk.newest.fetch_add(u64::from(newest), Ordering::SeqCst);
        mix.agrees_up_to(newest, before + u64::from(newest), head().await?)
    } else {
        None
    };
    if other.is_some() && method == "eth_getLogs" {
        // It knows its own blocks by its own names.
        let name = minds::other(&question["params"][0]["blockHash"]);
        let known = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByHash", "params": [name, false]});
        if ask(&desk.chain, &known).await?["result"].is_object() {
            question["params"][0]["blockHash"] = name;
        }
    }
    let mut answer = ask(&desk.chain, &question).await?;
    if let Some(agrees) = other {
        minds::say_as_other(&method, &mut answer, agrees);
    }
    match (mood, method.as_str()) {
        (Mood::Other, "eth_chainId") => answer["result"] = json!("0x1"),
        (Mood::Twice, "eth_getLogs") => {
            let logs = answer["result"].as_array_mut()?;
            let mut again = logs.clone();
            for log in &mut again {
                log["logIndex"] = json!(format!("{:#x}", number(&log["logIndex"])? + 100));
            }
            let first = logs.clone();
            logs.extend(first);
            logs.extend(again);
        }
        _ => {}
    }
    Some(answer)
}

async fn ask(chain: &str, question: &Value) -> Option<Value> {
    let socket = TcpStream::connect(chain).await.ok()?;
    let mut socket = BufReader::new(socket);
    let body = question.to_string();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {chain}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all((head + &body).as_bytes()).await.ok()?;
    serde_json::from_slice(&read(&mut socket).await?).ok()
}

/// The body of the next message.
async fn read(socket: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if socket.read_line(&mut line).await.ok()? == 0 {
            return None;
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
    socket.read_exact(&mut body).await.ok()?;
    Some(body)
}
