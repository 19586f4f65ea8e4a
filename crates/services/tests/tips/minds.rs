//! Two nodes behind one address, of different minds about the newest blocks: the other one says what the chain says, with names
//! of its own for them.

use serde_json::{Value, json};

/// How the answers of the two are mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// The other one says which block is the newest, and nothing else.
    Newest,
    /// They take turns, from one question for the newest block to the next, and agree up to this block.
    Turns(u64),
}

impl Mix {
    /// If it is the other one that answers: up to which block it agrees with the chain.
    pub fn agrees_up_to(self, newest: bool, asked_for_newest: u64, head: u64) -> Option<u64> {
        match self {
            Self::Newest => newest.then(|| head.saturating_sub(2)),
            Self::Turns(agrees) => asked_for_newest.is_multiple_of(2).then_some(agrees),
        }
    }
}

pub fn asks_for_newest(question: &Value) -> bool {
    question["method"] == "eth_getBlockByNumber" && question["params"][0] == "latest"
}

/// The other one's name for a block of the chain, and the chain's for one of the other's.
pub fn other(name: &Value) -> Value {
    let Some(name) = name.as_str() else { return Value::Null };
    let first = u8::from_str_radix(&name[2..3], 16).unwrap();
    json!(format!("0x{:x}{}", first ^ 8, &name[3..]))
}

/// Makes an answer the other one's.
pub fn say_as_other(method: &str, answer: &mut Value, agrees: u64) {
    match method {
        "eth_getBlockByNumber" => {
            let block = &mut answer["result"];
            rename(block, "number", "hash", agrees);
            rename(block, "number", "parentHash", agrees + 1);
        }
        "eth_getLogs" => {
            for log in answer["result"].as_array_mut().into_iter().flatten() {
                rename(log, "blockNumber", "blockHash", agrees);
            }
        }
        _ => {}
    }
}

/// Says the name in this field as the other one does, if the number is behind that up to which they agree.
fn rename(place: &mut Value, number: &str, name: &str, agrees: u64) {
    let Some(number) = place[number].as_str() else { return };
    if u64::from_str_radix(number.trim_start_matches("0x"), 16).unwrap() > agrees {
        place[name] = other(&place[name]);
    }
}
