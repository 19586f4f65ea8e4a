//! Arguments and answers of server functions keep their bytes, and grow at their end.
//!
//! `UPDATE=1 cargo test -p protocol` writes `api.txt` anew; a line of it that changes otherwise than at its end is a new `api::VERSION`.
//! `api-of-the-previous-release.txt` is that file as it was released last.
#![allow(clippy::unwrap_used, reason = "tests")]

use protocol::{
    Address, ErrorCode, InstallationId, Late, UnixMillis,
    api::{self, ApiError, Challenge, InstallationRow, Me, Network, Person, Session, SignedIn, Site},
    late,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

const AT: UnixMillis = UnixMillis(1_795_000_000_000);

fn me() -> Me {
    Me {
        address: Address::from([6; 20]),
        name: "Alice".into(),
        installation: InstallationId([2; 32]),
    }
}

fn network() -> Network {
    Network {
        chain_id: 31_337,
        name: "Development".into(),
        coin: "Ether".into(),
        symbol: "ETH".into(),
        rpc_url: "http://localhost:8545".into(),
        explorer: String::new(),
        confirmations: 2,
        tips: Some(Address::from([9; 20])),
        development: true,
    }
}

/// The bytes of an answer, which must read as it was written, also with a field of a newer server behind it.
fn line<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(name: &str, answer: &T) -> String {
    let bytes = postcard::to_stdvec(answer).unwrap();
    assert_eq!(&postcard::from_bytes::<T>(&bytes).unwrap(), answer, "{name}");
    let longer = [bytes.as_slice(), &[1, 2, 3]].concat();
    assert_eq!(&postcard::from_bytes::<T>(&longer).unwrap(), answer, "{name}");
    format!("{name}: {}\n", hex::encode(bytes))
}

fn answers() -> String {
    let session = Session {
        id: "5".into(),
        agent: "Firefox on Linux".into(),
        since: AT,
        seen: AT,
        is_current: true,
    };
    let installation = InstallationRow {
        id: InstallationId([2; 32]),
        name: "Laptop".into(),
        agent: "Firefox on Linux".into(),
        since: AT,
        seen: AT,
        is_current: false,
    };
    let person = Person {
        address: Address::from([6; 20]),
        name: "Alice".into(),
        is_registered: true,
    };
    let site = |me| Site {
        domain: "jackdaw.example".into(),
        networks: vec![network()],
        me,
    };
    [
        line(
            "challenge",
            &Challenge {
                text: "sign".into(),
                nonce: "0123456789abcdef".into(),
                issued_at: AT,
                expires_at: UnixMillis(AT.0 + 300_000),
            },
        ),
        line(
            "sign_in",
            &SignedIn {
                me: me(),
                text: "sign".into(),
                signature: vec![5; 8],
            },
        ),
        line("site of a visitor", &site(None)),
        line("site of a member", &site(Some(me()))),
        line("sessions", &vec![session]),
        line("installations", &vec![installation]),
        line("people", &vec![person]),
        line("set_name", &"Alice".to_owned()),
        line("refusal", &ApiError(ErrorCode::StaleEpoch)),
        line("refusal of a newer server", &ApiError(ErrorCode::Unknown(9_999))),
    ]
    .concat()
}

#[test]
fn every_answer_keeps_its_bytes() {
    let seen = answers();
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(kept, &seen).unwrap();
    }
    assert_eq!(seen, std::fs::read_to_string(kept).unwrap());
}

#[test]
fn answers_only_grew_since_the_previous_release() {
    let today = include_str!("api.txt");
    for before in include_str!("api-of-the-previous-release.txt").lines() {
        let name = before.split_once(": ").unwrap().0;
        let now = today.lines().find(|now| now.starts_with(&format!("{name}: "))).unwrap();
        assert!(
            now.starts_with(before),
            "{name} has other bytes than the pages out there read"
        );
        let bytes = hex::decode(before.split_once(": ").unwrap().1).unwrap();
        read_by_this_release(name, &bytes);
    }
}

/// This release's page reads what a server of the previous release answers.
fn read_by_this_release(name: &str, bytes: &[u8]) {
    let read = match name {
        "challenge" => postcard::from_bytes::<Challenge>(bytes).map(drop),
        "sign_in" => postcard::from_bytes::<SignedIn>(bytes).map(drop),
        "site of a visitor" | "site of a member" => postcard::from_bytes::<Site>(bytes).map(drop),
        "sessions" => postcard::from_bytes::<Vec<Session>>(bytes).map(drop),
        "installations" => postcard::from_bytes::<Vec<InstallationRow>>(bytes).map(drop),
        "people" => postcard::from_bytes::<Vec<Person>>(bytes).map(drop),
        "set_name" => postcard::from_bytes::<String>(bytes).map(drop),
        "refusal" | "refusal of a newer server" => postcard::from_bytes::<ApiError>(bytes).map(drop),
        other => panic!("{other} is read by nobody"),
    };
    assert!(read.is_ok(), "{name}: {read:?}");
}

#[test]
fn a_media_type_states_the_version() {
    assert!(api::is_spoken(Some(api::MEDIA_TYPE)));
    assert!(api::MEDIA_TYPE.ends_with(&format!("version={}", api::VERSION)));
    for first_release in [
        None,
        Some(""),
        Some("application/x-postcard"),
        Some("application/x-postcard; a=b"),
    ] {
        assert!(api::is_spoken(first_release), "{first_release:?}");
    }
    for other in [
        "application/x-postcard; version=2",
        "application/x-postcard;version=x",
        "a/b; c=d; version=",
    ] {
        assert!(!api::is_spoken(Some(other)), "{other}");
    }
}

/// An answer as one release wrote it, and as the next one does.
mod growth {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub struct RowBefore {
        pub id: u64,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub struct Row {
        pub id: u64,
        #[serde(deserialize_with = "late")]
        pub name: String,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub struct Before {
        pub domain: String,
        #[serde(with = "api::rows")]
        pub rows: Vec<RowBefore>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    pub struct After {
        pub domain: String,
        #[serde(with = "api::rows")]
        pub rows: Vec<Row>,
        #[serde(deserialize_with = "late")]
        pub limit: Option<u32>,
    }
}

#[test]
fn an_answer_and_its_rows_grow_in_both_directions() {
    use growth::{After, Before, Row, RowBefore};
    let domain = || "jackdaw.example".to_owned();
    let before = Before {
        domain: domain(),
        rows: vec![RowBefore { id: 1 }, RowBefore { id: 2 }],
    };
    let name = |id, name: &str| Row { id, name: name.into() };
    let after = After {
        domain: domain(),
        rows: vec![name(1, "one"), name(2, "two")],
        limit: Some(7),
    };
    let read: Before = postcard::from_bytes(&postcard::to_stdvec(&after).unwrap()).unwrap();
    assert_eq!(read, before, "an older page");
    let read: After = postcard::from_bytes(&postcard::to_stdvec(&before).unwrap()).unwrap();
    let expected = After {
        rows: vec![name(1, ""), name(2, "")],
        limit: None,
        ..after
    };
    assert_eq!(read, expected, "an older server");
}

#[test]
fn arguments_grow_in_both_directions() {
    let before = ("Alice".to_owned(), 7_u64);
    let after = ("Alice".to_owned(), 7_u64, Late(Some(9_u32)));
    let read: (String, u64) = postcard::from_bytes(&postcard::to_stdvec(&after).unwrap()).unwrap();
    assert_eq!(read, before, "an older server");
    let read: (String, u64, Late<Option<u32>>) = postcard::from_bytes(&postcard::to_stdvec(&before).unwrap()).unwrap();
    assert_eq!(read, ("Alice".to_owned(), 7, Late(None)), "an older page");
}
