//! Every frame keeps its bytes: an old browser and a new server must understand each other.
//!
//! `UPDATE=1 cargo test -p protocol` writes `frames.txt` anew; a changed line there is a new protocol version.

use protocol::{
    Address, Answer, Ask, AssociationHash, Body, ClientFrame, Envelope, ErrorCode, Incarnation, InstallationId, Kind,
    MessageId, Publish, Seq, ServerFrame, TipId, TipReport, TipSight, Topic, TxHash, U256, UnixMillis, Welcome,
    codec::{self, CodecError},
    limits,
};
use serde_bytes::ByteBuf;

const TOPIC: Topic = Topic([1; 32]);
const ALICE: InstallationId = InstallationId([2; 32]);
const BOB: InstallationId = InstallationId([3; 32]);
const ID: MessageId = MessageId([4; 16]);
const AT: UnixMillis = UnixMillis(1_795_000_000_000);

fn publish(kind: Kind) -> ClientFrame {
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
            },
        ),
        (
            "subscribe",
            ClientFrame::Subscribe {
                topics: vec![(TOPIC, Seq(300)), (ALICE.inbox(), Seq(0))],
            },
        ),
        ("publish application", publish(Kind::Application)),
        (
            "publish commit",
            publish(Kind::Commit {
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
        ("challenge", ServerFrame::Challenge { nonce: [8; 32] }),
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
            answer(Ok(Answer::Tip(TipReport {
                hash: None,
                sight: TipSight::Unknown,
            }))),
        ),
        ("answer revoked", answer(Ok(Answer::Revoked))),
        (
            "answer revocations",
            answer(Ok(Answer::Revocations(vec![ByteBuf::from(*b"not mine any more")]))),
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
                report: TipReport {
                    hash: Some(TxHash([11; 32])),
                    sight: TipSight::Mined {
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
    };
    assert!(matches!(codec::encode(&fat), Err(CodecError::TooLarge(_))));
    assert_eq!(
        codec::decode::<ClientFrame>(&vec![limits::VERSION; limits::FRAME + 1]),
        Err(CodecError::TooLarge(limits::FRAME + 1))
    );
}

#[test]
fn every_cut_and_every_leftover_is_refused() {
    for (name, frame) in client_frames() {
        let bytes = codec::encode(&frame).unwrap();
        for cut in 0..bytes.len() {
            assert!(
                codec::decode::<ClientFrame>(&bytes[..cut]).is_err(),
                "{name} cut at {cut}"
            );
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert_eq!(
            codec::decode::<ClientFrame>(&longer),
            Err(CodecError::Malformed),
            "{name} with a byte left over"
        );
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
    assert_eq!(ErrorCode::from_number(9_999), ErrorCode::Unknown);
    assert_eq!(ErrorCode::StaleEpoch.number(), 31);
}
