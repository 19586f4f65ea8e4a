//! What the first release shows of today's contents. Its decoder stands here as it was shipped.
#![allow(clippy::unwrap_used, reason = "tests")]

use content::{Body, Content, Kind, Reaction, Text, TipReference};
use protocol::{Address, MessageId, TipId, TxHash, U256, UnixMillis, limits};

const ID: MessageId = MessageId([0xab; 16]);

mod shipped {
    use protocol::{Address, MessageId, TipId, TxHash, U256, UnixMillis, limits};
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Eq)]
    pub enum Shown {
        Text(String),
        Tip(U256),
        /// A message that consists of this text.
        Fallback(String),
    }

    #[derive(Serialize, Deserialize)]
    struct Head {
        id: MessageId,
        at: UnixMillis,
        fallback: String,
    }

    #[derive(Serialize, Deserialize)]
    struct Tip {
        chain_id: u64,
        contract: Address,
        id: TipId,
        hash: TxHash,
        amount: U256,
    }

    #[derive(Serialize, Deserialize)]
    enum WireBody {
        Text(String),
        Tip(Tip),
    }

    /// `Err`: "something could not be read" is shown.
    pub fn decode(bytes: &[u8], id: MessageId) -> Result<Shown, ()> {
        let (version, rest) = bytes.split_first().ok_or(())?;
        if *version != 1 {
            return Ok(Shown::Fallback(String::new()));
        }
        let (head, body): (Head, _) = postcard::take_from_bytes(rest).map_err(drop)?;
        let (kind, _): (u32, _) = postcard::take_from_bytes(body).map_err(drop)?;
        if head.id != id || head.fallback.len() > limits::TEXT {
            return Err(());
        }
        if kind >= 2 {
            return Ok(Shown::Fallback(head.fallback));
        }
        match postcard::take_from_bytes(body) {
            Ok((WireBody::Text(text), [])) if text.len() <= limits::TEXT => Ok(Shown::Text(text)),
            Ok((WireBody::Tip(tip), [])) => Ok(Shown::Tip(tip.amount)),
            _ => Err(()),
        }
    }
}

use shipped::{Shown, decode};

fn content<K: Kind>(value: &K) -> Content {
    Content::new(ID, UnixMillis(1_700_000_000_000), Body::of(value).unwrap())
}

fn shown(content: &Content) -> Result<Shown, ()> {
    decode(&content.encode().unwrap(), ID)
}

#[test]
fn texts_and_tips_are_what_they_were() {
    assert_eq!(shown(&content(&Text("Hi".into()))), Ok(Shown::Text("Hi".into())));
    let tip = TipReference {
        chain_id: 31337,
        contract: Address::repeat_byte(0xcc),
        id: TipId([0xdd; 32]),
        hash: TxHash([0xee; 32]),
        amount: U256::from(5),
    };
    assert_eq!(shown(&content(&tip)), Ok(Shown::Tip(U256::from(5))));
}

#[test]
fn a_reply_shows_its_text() {
    for text in ["Hi".to_owned(), "ä".repeat(limits::TEXT / 2)] {
        let reply = Content {
            in_reply_to: Some(MessageId([1; 16])),
            ..content(&Text(text.clone()))
        };
        assert_eq!(shown(&reply), Ok(Shown::Fallback(text)));
    }
}

#[test]
fn a_reaction_shows_its_fallback() {
    for (set, expected) in [(true, "Reacted with 👍"), (false, "Took back 👍")] {
        let reacted = Content {
            in_reply_to: Some(MessageId([1; 16])),
            ..content(&Reaction {
                emoji: "👍".into(),
                set,
            })
        };
        assert_eq!(shown(&reacted), Ok(Shown::Fallback(expected.into())));
    }
}

#[test]
fn a_kind_of_tomorrow_shows_its_fallback() {
    let body = Body {
        kind: 700,
        bytes: vec![1, 2, 3],
        fallback: "A map".into(),
    };
    assert_eq!(
        shown(&Content::new(ID, UnixMillis(0), body)),
        Ok(Shown::Fallback("A map".into()))
    );
}
