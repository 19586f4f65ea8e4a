//! Bytes that stand in people's browsers and in other people's messages: they never change.

use protocol::{Address, MessageId, TipId, TipReference, TxHash, U256, UnixMillis};

use super::people::{Directory, Person, TOPIC};
use crate::{Content, ContentBody, E2eeError};

fn content(text: &str) -> Content {
    Content {
        id: MessageId([0xab; 16]),
        at: UnixMillis(1_700_000_000_000),
        body: ContentBody::Text(text.into()),
    }
}

#[test]
fn a_text_keeps_its_bytes() {
    let bytes = content("Hi").encode().unwrap();
    assert_eq!(
        hex::encode(&bytes),
        "01abababababababababababababababab80a0abfef9620000024869"
    );
    assert_eq!(Content::decode(&bytes, MessageId([0xab; 16])), Ok(content("Hi")));
}

#[test]
fn a_tip_keeps_its_bytes_and_says_something_to_older_builds() {
    let tip = Content {
        body: ContentBody::Tip(TipReference {
            chain_id: 31337,
            contract: Address::repeat_byte(0xcc),
            id: TipId([0xdd; 32]),
            hash: TxHash([0xee; 32]),
            amount: U256::from(0x0102),
        }),
        ..content("")
    };
    let bytes = tip.encode().unwrap();
    let fallback = hex::encode("Sent a tip. This version of Jackdaw cannot show it.");
    let expected = [
        "01abababababababababababababababab80a0abfef96233",
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
    assert_eq!(Content::decode(&bytes, tip.id), Ok(tip.clone()));
    assert_eq!(
        Content::decode(&[&bytes[..], &[0]].concat(), tip.id),
        Err(E2eeError::Garbage)
    );
    assert_eq!(
        Content::decode(&bytes[..bytes.len() - 1], tip.id),
        Err(E2eeError::Garbage)
    );
}

#[test]
fn contents_of_newer_builds_leave_a_fallback() {
    let id = MessageId([0xab; 16]);
    let head = "01abababababababababababababababab80a0abfef962";
    let read = |hex: String| Content::decode(&hex::decode(hex).unwrap(), id).map(|content| content.body);
    // kind 2 with whatever follows; the fallback stands before it
    let fallback = ContentBody::Unknown {
        fallback: "a tip".into(),
    };
    assert_eq!(read(format!("{head}056120746970{}", "02ffeedd")), Ok(fallback.clone()));
    assert_eq!(read(format!("{head}056120746970{}", "a70f")), Ok(fallback));
    // another version
    assert_eq!(
        read("02".into()),
        Ok(ContentBody::Unknown {
            fallback: String::new()
        })
    );
    // known kinds must hold
    for bad in ["", "00", "000048", "00000548", "0000024869ff", "000001ff"] {
        assert_eq!(read(format!("{head}{bad}")), Err(E2eeError::Garbage), "{bad}");
    }
    assert_eq!(read(String::new()), Err(E2eeError::Garbage));
    assert_eq!(
        Content::decode(&content("Hi").encode().unwrap(), MessageId([1; 16])),
        Err(E2eeError::Garbage)
    );
}

#[test]
fn own_records_keep_their_bytes() {
    let mut alice = Person::new("alice", 1, &Directory::default());
    alice.step(|it| it.create(TOPIC)).unwrap();
    let own: Vec<_> = alice.disk.iter().filter(|(key, _)| key[0] == 0).collect();
    let topic_key = [&[0, 2], TOPIC.0.as_slice()].concat();
    assert_eq!(own.len(), 2);
    assert_eq!(own[1], (&topic_key, &vec![1]));
    let (key, value) = own[0];
    assert_eq!(key, &[0, 1]);
    let address = alice.vouched.address;
    let secret = &value[1..33];
    let expected = [&[1], secret, &[1, 20], address.as_slice(), &alice.vouched.hash.0].concat();
    assert_eq!(value, &expected);
    let secret = p256::ecdsa::SigningKey::from_slice(secret).unwrap();
    assert_eq!(
        secret.verifying_key().to_sec1_point(false).as_bytes(),
        alice.it.public_key()
    );
}

#[test]
fn records_of_the_library_have_their_keys() {
    let mut alice = Person::new("alice", 1, &Directory::default());
    alice.step(|it| it.create(TOPIC)).unwrap();
    let of_group: Vec<_> = alice
        .disk
        .keys()
        .filter(|key| key[0] == 1 && key[2..].starts_with(&[32, 7, 7]))
        .collect();
    let kinds: Vec<_> = of_group.iter().map(|key| key[1]).collect();
    assert_eq!(kinds, [1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15]);
    assert_eq!(of_group[0][2..], [&[32], TOPIC.0.as_slice()].concat());
}

#[test]
fn a_credential_keeps_its_bytes() {
    let alice = Person::new("alice", 1, &Directory::default());
    let credential = alice.it.credential_with_key().unwrap().credential;
    let bytes = credential.serialized_content();
    assert_eq!(bytes.len(), 53);
    assert_eq!(
        bytes,
        [&[1], alice.vouched.address.as_slice(), &alice.vouched.hash.0].concat()
    );
}
