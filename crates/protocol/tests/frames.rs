//! Every frame keeps its bytes: an old browser and a new server must understand each other.
//!
//! `UPDATE=1 cargo test -p protocol` writes `frames.txt` anew; a changed line there is a new protocol version.
//! `frames-of-the-previous-release.txt` is that file as it was released last.
#![allow(clippy::unwrap_used, reason = "tests")]

use protocol::{
    Address, Answer, Ask, AssociationHash, Body, ClientFrame, Envelope, ErrorCode, Incarnation, InstallationId, Kind,
    MessageId, ObservedStatus, Publish, Seq, ServerFrame, Support, TipId, Topic, TxHash, TxReport, U256, UnixMillis,
    Welcome,
    codec::{self, CodecError},
    limits,
};
use serde_bytes::ByteBuf;

const TOPIC: Topic = Topic([1; 32]);
const ALICE: InstallationId = InstallationId([2; 32]);
const BOB: InstallationId = InstallationId([3; 32]);
const ID: MessageId = MessageId([4; 16]);
const AT: UnixMillis = UnixMillis(1_795_000_000_000);

fn publish_of(kind: Kind) -> ClientFrame {
    ClientFrame::Publish(Publish {
        topic: TOPIC,
        id: ID,
        last_commit: Seq(7),
        kind,
        payload: b"sealed".to_vec(),
    })
}

fn client_frames() -> Vec<(&'static str, ClientFrame)> {
    let ask = |ask| ClientFrame::Ask { number: 9, ask };
    vec![
        (
            "hello",
            ClientFrame::Hello {
                installation: ALICE,
                signature: vec![5; 8],
                support: None,
            },
        ),
        (
            "hello with support",
            ClientFrame::Hello {
                installation: ALICE,
                signature: vec![5; 8],
                support: Some(Support::OURS),
            },
        ),
        (
            "subscribe",
            ClientFrame::Subscribe {
                topics: vec![(TOPIC, Seq(300)), (ALICE.inbox(), Seq(0))],
            },
        ),
        ("publish application", publish_of(Kind::Application)),
        (
            "publish commit",
            publish_of(Kind::Commit {
                welcomes: vec![Welcome {
                    installation: BOB,
                    message: b"come in".to_vec(),
                }],
                removed: vec![ALICE],
            }),
        ),
        (
            "ask installations",
            ask(Ask::Installations {
                account: Address::from([6; 20]),
            }),
        ),
        (
            "ask association",
            ask(Ask::Association {
                hash: AssociationHash([7; 32]),
            }),
        ),
        ("ask key package", ask(Ask::ClaimKeyPackage { installation: BOB })),
        (
            "ask to keep key packages",
            ask(Ask::PublishKeyPackages {
                key_packages: vec![ByteBuf::from(*b"one")],
                last_resort: Some(ByteBuf::from(*b"last")),
            }),
        ),
        (
            "ask tip",
            ask(Ask::Tip {
                chain_id: 31_337,
                sender: Address::from([6; 20]),
                id: TipId([10; 32]),
                hash: Some(TxHash([11; 32])),
            }),
        ),
        (
            "ask to revoke",
            ask(Ask::Revoke {
                revocation: ByteBuf::from(*b"not mine any more"),
            }),
        ),
        (
            "ask revocations",
            ask(Ask::Revocations {
                installations: vec![ALICE, BOB],
            }),
        ),
        (
            "ask transaction",
            ask(Ask::Transaction {
                chain_id: 31_337,
                hash: TxHash([11; 32]),
            }),
        ),
        ("ping", ClientFrame::Ping),
    ]
}

fn server_frames() -> Vec<(&'static str, ServerFrame)> {
    let answer = |answer| ServerFrame::Answer { number: 9, answer };
    let envelope = |body| Envelope {
        seq: Seq(8),
        id: ID,
        at: AT,
        body,
    };
    vec![
        (
            "challenge",
            ServerFrame::Challenge {
                nonce: [8; 32],
                support: None,
            },
        ),
        (
            "challenge with support",
            ServerFrame::Challenge {
                nonce: [8; 32],
                support: Some(Support::OURS),
            },
        ),
        (
            "ready",
            ServerFrame::Ready {
                incarnation: Incarnation([9; 16]),
                key_packages: 20,
                now: AT,
            },
        ),
        (
            "stored",
            ServerFrame::Stored {
                id: ID,
                seq: Seq(8),
                at: AT,
            },
        ),
        (
            "refused",
            ServerFrame::Refused {
                id: ID,
                code: ErrorCode::StaleEpoch,
            },
        ),
        (
            "envelopes",
            ServerFrame::Envelopes {
                topic: TOPIC,
                envelopes: vec![
                    envelope(Body::Application(b"sealed".to_vec())),
                    envelope(Body::Commit(b"new epoch".to_vec())),
                    envelope(Body::Welcome {
                        topic: TOPIC,
                        commit: Seq(1),
                        message: b"come in".to_vec(),
                    }),
                ],
            },
        ),
        (
            "caught up",
            ServerFrame::CaughtUp {
                topic: TOPIC,
                head: Seq(8),
            },
        ),
        (
            "not subscribed",
            ServerFrame::NotSubscribed {
                topic: TOPIC,
                code: ErrorCode::NotAMember,
            },
        ),
        (
            "answer installations",
            answer(Ok(Answer::Installations(vec![(BOB, AssociationHash([7; 32]))]))),
        ),
        (
            "answer association",
            answer(Ok(Answer::Association(Some(ByteBuf::from(*b"vouched"))))),
        ),
        ("answer key package", answer(Ok(Answer::KeyPackage(None)))),
        ("answer key packages kept", answer(Ok(Answer::KeyPackagesKept(20)))),
        (
            "answer tip",
            answer(Ok(Answer::Tip(TxReport {
                hash: None,
                status: ObservedStatus::Unknown,
            }))),
        ),
        ("answer revoked", answer(Ok(Answer::Revoked))),
        (
            "answer revocations",
            answer(Ok(Answer::Revocations(vec![ByteBuf::from(*b"not mine any more")]))),
        ),
        (
            "answer transaction",
            answer(Ok(Answer::Transaction(TxReport {
                hash: None,
                status: ObservedStatus::Unknown,
            }))),
        ),
        ("answer refused", answer(Err(ErrorCode::TooMany))),
        ("pong", ServerFrame::Pong),
        (
            "bye",
            ServerFrame::Bye {
                code: ErrorCode::Restarting,
            },
        ),
        (
            "tip",
            ServerFrame::Tip {
                chain_id: 31_337,
                sender: Address::from([6; 20]),
                id: TipId([10; 32]),
                report: TxReport {
                    hash: Some(TxHash([11; 32])),
                    status: ObservedStatus::Mined {
                        confirmations: 3,
                        recipient: Address::from([7; 20]),
                        amount: U256::from(1_000_000_000_000_000_000_u64),
                    },
                },
            },
        ),
        (
            "installations",
            ServerFrame::Installations {
                account: Address::from([6; 20]),
            },
        ),
        (
            "transaction",
            ServerFrame::Transaction {
                chain_id: 31_337,
                hash: TxHash([11; 32]),
                report: TxReport {
                    hash: None,
                    status: ObservedStatus::Pending,
                },
            },
        ),
    ]
}

#[test]
fn every_frame_keeps_its_bytes() {
    let mut seen = String::new();
    for (name, frame) in client_frames() {
        let bytes = codec::encode(&frame).unwrap();
        assert_eq!(
            codec::decode::<ClientFrame>(&bytes).unwrap(),
            frame,
            "{name} comes back as it went"
        );
        seen += &format!("client {name}: {}\n", hex::encode(bytes));
    }
    for (name, frame) in server_frames() {
        let bytes = codec::encode(&frame).unwrap();
        assert_eq!(
            codec::decode::<ServerFrame>(&bytes).unwrap(),
            frame,
            "{name} comes back as it went"
        );
        seen += &format!("server {name}: {}\n", hex::encode(bytes));
    }
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/frames.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(kept, &seen).unwrap();
    }
    assert_eq!(
        seen,
        std::fs::read_to_string(kept).unwrap(),
        "a frame has other bytes than the browsers out there speak"
    );
}

#[test]
fn a_frame_of_another_version_is_refused_by_name() {
    let mut bytes = codec::encode(&ClientFrame::Ping).unwrap();
    bytes[0] = 2;
    assert_eq!(codec::decode::<ClientFrame>(&bytes), Err(CodecError::UnknownVersion(2)));
}

#[test]
fn a_frame_over_the_limit_is_neither_made_nor_read() {
    let fat = ClientFrame::Hello {
        installation: ALICE,
        signature: vec![0; limits::FRAME],
        support: None,
    };
    assert!(matches!(codec::encode(&fat), Err(CodecError::TooLarge(_))));
    assert_eq!(
        codec::decode::<ClientFrame>(&vec![limits::VERSION; limits::FRAME + 1]),
        Err(CodecError::TooLarge(limits::FRAME + 1))
    );
}

/// The bytes of one line of a snapshot, behind its name.
fn snapshot(line: &str) -> (&str, Vec<u8>) {
    let (name, bytes) = line.split_once(": ").unwrap();
    (name, hex::decode(bytes).unwrap())
}

#[test]
fn the_previous_release_and_this_one_write_the_same_bytes() {
    let today = include_str!("frames.txt");
    for line in include_str!("frames-of-the-previous-release.txt").lines() {
        // Level 0 reads a frame only as it was: no field more, none less.
        assert!(today.lines().any(|now| now == line), "{line}");
        let (name, bytes) = snapshot(line);
        let again = if name.starts_with("client") {
            codec::encode(&codec::decode::<ClientFrame>(&bytes).unwrap())
        } else {
            codec::encode(&codec::decode::<ServerFrame>(&bytes).unwrap())
        };
        assert_eq!(again.unwrap(), bytes, "{name}");
    }
}

#[test]
fn every_cut_is_refused() {
    for (name, frame) in client_frames() {
        let bytes = codec::encode(&frame).unwrap();
        for cut in 0..bytes.len() {
            let read = codec::decode::<ClientFrame>(&bytes[..cut]);
            // A field that came later may be missing; one that is cut is missing.
            let without = match &frame {
                ClientFrame::Hello {
                    installation,
                    signature,
                    support: Some(_),
                } => Some(ClientFrame::Hello {
                    installation: *installation,
                    signature: signature.clone(),
                    support: None,
                }),
                _ => None,
            };
            assert!(read.is_err() || read.ok() == without, "{name} cut at {cut}");
        }
    }
}

#[test]
fn fields_of_a_newer_peer_are_ignored() {
    let with_more = |bytes: Vec<u8>| [bytes.as_slice(), &[7, 7, 7]].concat();
    // A field of this release that is missing cannot be told from one that follows it.
    let complete = |name: &str| !matches!(name, "hello" | "challenge");
    for (name, frame) in client_frames().into_iter().filter(|(name, _)| complete(name)) {
        let bytes = with_more(codec::encode(&frame).unwrap());
        assert_eq!(codec::decode::<ClientFrame>(&bytes), Ok(frame), "{name}");
    }
    for (name, frame) in server_frames().into_iter().filter(|(name, _)| complete(name)) {
        let bytes = with_more(codec::encode(&frame).unwrap());
        assert_eq!(codec::decode::<ServerFrame>(&bytes), Ok(frame), "{name}");
    }
}

#[test]
fn kinds_of_a_newer_peer_are_unknown_and_nothing_else_is_lost() {
    let version = limits::VERSION;
    for tag in [5, 6, 99] {
        let read = codec::decode::<ClientFrame>(&[version, tag, 1, 2, 3]);
        assert_eq!(read, Ok(ClientFrame::Unknown));
    }
    for tag in [13, 14, 99] {
        let read = codec::decode::<ServerFrame>(&[version, tag, 1, 2, 3]);
        assert_eq!(read, Ok(ServerFrame::Unknown));
    }
    for tag in [8, 9, 99] {
        let ask = Ask::Unknown;
        let read = codec::decode(&[version, 3, 9, tag, 1, 2, 3]);
        assert_eq!(read, Ok(ClientFrame::Ask { number: 9, ask }));
        let answer = Ok(Answer::Unknown);
        let read = codec::decode(&[version, 7, 9, 0, tag, 1, 2, 3]);
        assert_eq!(read, Ok(ServerFrame::Answer { number: 9, answer }));
    }
    // Inside a frame an unknown kind has a length: what follows it is read.
    let unknown = [99, 3, 1, 2, 3];
    let publish = [&[version, 2][..], &TOPIC.0, &ID.0, &[7], &unknown, b"\x06sealed"].concat();
    assert_eq!(codec::decode(&publish), Ok(publish_of(Kind::Unknown)));
    let at = &codec::encode(&publish_of(Kind::Application)).unwrap()[..];
    assert!(publish.ends_with(&at[at.len() - 7..]));
    let envelope = |seq, body: &[u8]| [&[seq][..], &ID.0, &[0], body].concat();
    let envelopes = [
        &[version, 4][..],
        &TOPIC.0,
        &[2],
        &envelope(8, &unknown),
        &envelope(9, b"\x00\x06sealed"),
    ]
    .concat();
    let read = |seq, body| Envelope {
        seq: Seq(seq),
        id: ID,
        at: UnixMillis(0),
        body,
    };
    let expected = vec![read(8, Body::Unknown), read(9, Body::Application(b"sealed".to_vec()))];
    let topic = TOPIC;
    assert_eq!(
        codec::decode(&envelopes),
        Ok(ServerFrame::Envelopes {
            topic,
            envelopes: expected
        })
    );
    // A tip's state of a newer server states nothing.
    let report = [&[version, 7, 9, 0, 4, 0][..], &[99, 1, 2]].concat();
    let status = ObservedStatus::Unknown;
    let answer = Ok(Answer::Tip(TxReport { hash: None, status }));
    assert_eq!(codec::decode(&report), Ok(ServerFrame::Answer { number: 9, answer }));
    // A code of a newer server keeps its number.
    let bye = codec::decode(&[version, 9, 0x8f, 0x4e]);
    let code = ErrorCode::Unknown(9_999);
    assert_eq!(bye, Ok(ServerFrame::Bye { code }));
}

#[test]
fn an_unknown_kind_is_never_sent() {
    assert_eq!(codec::encode(&ClientFrame::Unknown), Err(CodecError::Malformed));
    assert_eq!(codec::encode(&ServerFrame::Unknown), Err(CodecError::Malformed));
    assert_eq!(codec::encode(&publish_of(Kind::Unknown)), Err(CodecError::Malformed));
}

#[test]
fn a_socket_path_states_the_level() {
    let path = protocol::socket_path();
    let query = path.split_once('?').map(|(_, query)| query);
    assert_eq!(protocol::features_in(query), protocol::FEATURES);
    for none in [None, Some(""), Some("features="), Some("features=x"), Some("a=b")] {
        assert_eq!(protocol::features_in(none), 0, "{none:?}");
    }
}

#[test]
fn a_length_that_lies_costs_no_memory() {
    // `Hello` whose signature claims four gigabytes.
    let mut bytes = vec![limits::VERSION, 0];
    bytes.extend([2; 32]);
    bytes.extend([0xff, 0xff, 0xff, 0xff, 0x0f]);
    assert_eq!(codec::decode::<ClientFrame>(&bytes), Err(CodecError::Malformed));
}

#[test]
fn codes_keep_their_numbers_and_words() {
    for code in ErrorCode::ALL {
        assert_eq!(ErrorCode::from_number(code.number()), *code);
        assert_eq!(ErrorCode::from_word(code.word()), *code);
    }
    let newer = ErrorCode::from_number(9_999);
    assert_eq!((newer, newer.number()), (ErrorCode::Unknown(9_999), 9_999));
    assert_eq!(ErrorCode::from_word("of_tomorrow"), ErrorCode::Unknown(0));
    assert_eq!(ErrorCode::StaleEpoch.number(), 31);
}
