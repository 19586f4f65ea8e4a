//! Bytes that are in people's vaults and in messages under way: they never change.
#![allow(clippy::unwrap_used, reason = "tests")]

use content::{Body, Content, FOREIGN, Kind, Known, Malformed, Reaction, Text, TipReference, is_emoji};
use protocol::{Address, MessageId, TipId, TxHash, U256, UnixMillis, limits};

const ID: MessageId = MessageId([0xab; 16]);
const HEAD: &str = "01abababababababababababababababab80a0abfef962";

fn content<K: Kind>(value: &K) -> Content {
    Content::new(ID, UnixMillis(1_700_000_000_000), Body::of(value).unwrap())
}

fn read(hex: &str) -> Result<Content, Malformed> {
    Content::decode(&hex::decode(format!("{HEAD}{hex}")).unwrap(), ID)
}

fn tip() -> TipReference {
    TipReference {
        chain_id: 31337,
        contract: Address::repeat_byte(0xcc),
        id: TipId([0xdd; 32]),
        hash: TxHash([0xee; 32]),
        amount: U256::from(0x0102),
    }
}

#[test]
fn a_text_is_written_as_the_first_release_wrote_it() {
    let text = content(&Text("Hi".into()));
    let bytes = text.encode().unwrap();
    assert_eq!(hex::encode(&bytes), format!("{HEAD}0000024869"));
    assert_eq!(Content::decode(&bytes, ID), Ok(text));
}

#[test]
fn a_tip_is_written_as_the_first_release_wrote_it() {
    let bytes = content(&tip()).encode().unwrap();
    let fallback = hex::encode("Sent a tip. This version of Jackdaw cannot show it.");
    let expected = [
        HEAD,
        "33",
        &fallback,
        "01e9f401",
        "14",
        &"cc".repeat(20),
        &"dd".repeat(32),
        &"ee".repeat(32),
        "20",
        &"00".repeat(30),
        "0102",
    ];
    assert_eq!(hex::encode(&bytes), expected.concat());
    let body = Content::decode(&bytes, ID).unwrap().body;
    assert_eq!(body.known(), Ok(Some(Known::Tip(tip()))));
    assert_eq!(Content::decode(&[&bytes[..], &[0]].concat(), ID), Err(Malformed));
    assert_eq!(Content::decode(&bytes[..bytes.len() - 1], ID), Err(Malformed));
}

#[test]
fn a_reply_is_a_text_that_the_first_release_shows_as_its_fallback() {
    let reply = Content {
        in_reply_to: Some(MessageId([1; 16])),
        ..content(&Text("Hi".into()))
    };
    let bytes = reply.encode().unwrap();
    let expected = format!("{HEAD}0248690201{}000000024869", "01".repeat(16));
    assert_eq!(hex::encode(&bytes), expected);
    assert_eq!(Content::decode(&bytes, ID), Ok(reply));
}

#[test]
fn a_reaction_keeps_its_bytes_and_has_a_fallback() {
    let reaction = Reaction {
        emoji: "👍".into(),
        set: true,
    };
    let reacted = Content {
        in_reply_to: Some(MessageId([1; 16])),
        ..content(&reaction)
    };
    let bytes = reacted.encode().unwrap();
    let fallback = hex::encode("Reacted with 👍");
    let expected = format!("{HEAD}11{fallback}0201{}0000030604f09f918d01", "01".repeat(16));
    assert_eq!(hex::encode(&bytes), expected);
    let read = Content::decode(&bytes, ID).unwrap();
    assert_eq!(read.body.known(), Ok(Some(Known::Reaction(reaction))));
    assert_eq!(read.body.fallback, "", "nothing needs it here");
}

#[test]
fn an_unknown_kind_is_kept_whole_with_its_fallback_and_written_again_as_it_was() {
    // Form 2, no relations, kind 700, three bytes, and two more of a later build.
    let read = read("0561207469700200000 0bc0503ffeedd0102".replace(' ', "").as_str()).unwrap();
    let expected = Body {
        kind: 700,
        bytes: vec![0xff, 0xee, 0xdd],
        fallback: "a tip".into(),
    };
    assert_eq!(read.body, expected);
    assert_eq!(read.body.known(), Ok(None));
    assert_eq!(
        hex::encode(read.encode().unwrap()),
        format!("{HEAD}05612074697002000000bc0503ffeedd")
    );
}

#[test]
fn forms_and_versions_of_newer_builds_leave_what_can_be_shown() {
    let foreign = |bytes: &[u8], fallback: &str| Body {
        kind: FOREIGN,
        bytes: bytes.to_vec(),
        fallback: fallback.into(),
    };
    let form = read("05612074697003ffee").unwrap();
    assert_eq!(form.body, foreign(&[0xff, 0xee], "a tip"));
    let version = Content::decode(&[2, 9, 9], ID).unwrap();
    assert_eq!((version.id, version.body), (ID, foreign(&[9, 9], "")));
}

#[test]
fn known_kinds_must_hold() {
    // Cut off; a text that is too short, too long, not UTF-8; a tip of one byte; a reaction that is no emoji.
    let bad = [
        "",
        "00",
        "000048",
        "00000548",
        "0000024869ff",
        "000001ff",
        "000100",
        "0002000000030 30141 01",
    ];
    for bad in bad.map(|bad| bad.replace(' ', "")) {
        assert_eq!(read(&bad), Err(Malformed), "{bad}");
    }
    let text = content(&Text("Hi".into())).encode().unwrap();
    assert_eq!(Content::decode(&text, MessageId([1; 16])), Err(Malformed), "another id");
    assert!(Body::of(&Text("x".repeat(limits::TEXT + 1))).is_err());
}

#[test]
fn one_emoji_is_one_and_anything_else_is_none() {
    for one in ["👍", "❤️", "❤", "👍🏽", "🇩🇪", "3️⃣", "#⃣", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🧑🏿‍🚀", "©️"]
    {
        assert!(is_emoji(one), "{one}");
    }
    let long = ["👍"; 10].join("\u{200d}");
    for none in [
        "",
        "a",
        "3",
        "#",
        "👍👍",
        "👍 ",
        "🇩",
        "🇩🇪🇩🇪",
        "\u{200d}",
        "👍\u{200d}",
        "ok👍",
        "\u{fe0f}",
        "<b>",
        &long,
    ] {
        assert!(!is_emoji(none), "{none}");
    }
}
