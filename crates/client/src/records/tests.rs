//! The bytes of stored records never change: what an old build wrote is read for ever.

use bridge::{Consent, ConversationId, MessageState, Unsent};
use protocol::{
    Address, ErrorCode, Incarnation, InstallationId, MessageId, Seq, TipMismatch, Topic, UnixMillis, Welcome,
};

use super::*;

/// Written as it was, and read back.
fn keeps<T: Stored + PartialEq + std::fmt::Debug>(record: &T, bytes: &str) {
    let written = write(record);
    assert_eq!(hex::encode(&written), bytes);
    assert_eq!(read::<T>(Space::Meta, b"", &written).as_ref(), Ok(record));
}

const PEER: Address = Address::repeat_byte(0xaa);

#[test]
fn records_keep_their_bytes() {
    keeps(
        &Settings {
            incarnation: Some(Incarnation([7; 16])),
            last_resort: true,
        },
        "01010707070707070707070707070707070701",
    );
    keeps(
        &Conversation {
            consent: Consent::Declined,
            latest: Some(Latest {
                id: MessageId([4; 16]),
                body: text("hé".into()),
            }),
            mine: true,
            at: UnixMillis(1_700_000_000_000),
            unread: 300,
        },
        "02020104040404040404040404040404040404000368c3a9000180a0abfef962ac02",
    );
    let commit = PendingCommit {
        id: MessageId([1; 16]),
        last_commit: Seq(2),
        commit: vec![3, 4],
        welcomes: vec![Welcome {
            installation: InstallationId([5; 32]),
            message: vec![6],
        }],
        removed: vec![InstallationId([8; 32])],
    };
    keeps(
        &TopicState {
            conversation: Some(ConversationId::Direct(PEER)),
            invited: vec![PEER],
            stage: Membership::Joined,
            cursor: Seq(300),
            last_commit: Seq(2),
            newest: UnixMillis(1),
            commit: Some(commit),
            renewed: UnixMillis(9),
            since: 300,
            awaited: vec![Awaited {
                id: MessageId([6; 16]),
                mark: Some([7; 8]),
            }],
            alert: Some(PendingAlert::Copied),
            reread: Seq(5),
        },
        "05010014aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0114aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa01ac020202010101010101010101010101010101010102020304010505050505050505050505050505050505050505050505050505050505050505010601080808080808080808080808080808080808080808080808080808080808080812ac020106060606060606060606060606060606010707070707070707010105",
    );
    keeps(
        &Message {
            author: PEER,
            mine: false,
            at: UnixMillis(-1),
            state: MessageState::NotSent(Unsent::Refused(ErrorCode::TooLarge)),
            content: Written {
                in_reply_to: Some(MessageId([4; 16])),
                replaces: None,
                expires: Some(300),
                body: text("hi".into()),
            },
            quoted: Some(Quoted {
                author: PEER,
                body: text("so".into()),
            }),
            reactions: vec![Reacted {
                author: PEER,
                emoji: "👍".into(),
                read: Some(Vote {
                    set: true,
                    at: UnixMillis(1),
                    id: MessageId([5; 16]),
                }),
                pending: None,
            }],
        },
        &[
            "0214",
            &"aa".repeat(20),
            "0001020203",
            &format!("01{}", "04".repeat(16)),
            "0001ac02",
            "0002686900",
            &format!("0114{}", "aa".repeat(20)),
            "0002736f00",
            &format!("0114{}", "aa".repeat(20)),
            "04f09f918d010102",
            &"05".repeat(16),
            "00",
        ]
        .concat(),
    );
    keeps(
        &tx(),
        &[
            "020014",
            &"aa".repeat(20),
            "0114",
            &"cc".repeat(20),
            &"dd".repeat(32),
            "01e9f40120",
            &"00".repeat(30),
            "01020201",
            &"ee".repeat(32),
            "01050807020102",
            "00",
        ]
        .concat(),
    );
    keeps(
        &Tx {
            purpose: Purpose::Transfer { to: PEER },
            ..tx()
        },
        &[
            "020114",
            &"aa".repeat(20),
            "e9f40120",
            &"00".repeat(30),
            "01020201",
            &"ee".repeat(32),
            "01050807020102",
            "00",
        ]
        .concat(),
    );
    let sealed = Sealed {
        topic: Topic([8; 32]),
        last_commit: Seq(1),
        payload: vec![9; 3],
    };
    keeps(
        &Intent {
            id: MessageId([1; 16]),
            conversation: ConversationId::Group(Topic([3; 32])),
            at: UnixMillis(2),
            content: text("hi".into()).into(),
            sealed: Some(sealed),
            unsent: Some(Unsent::NotHere),
        },
        "020101010101010101010101010101010101030303030303030303030303030303030303030303030303030303030303030304000000000268690001080808080808080808080808080808080808080808080808080808080808080801030909090100",
    );
}

/// Which of its kinds it is, as it is written.
fn number<T: Serialize>(value: &T) -> u8 {
    postcard::to_stdvec(value).unwrap()[0]
}

#[test]
fn records_from_before_bodies_had_kinds_are_read() {
    let old = |hex: &str| hex::decode(hex).unwrap();
    let known = read::<Conversation>(Space::Conversation, b"", &old("01020368c3a90180a0abfef962ac02")).unwrap();
    assert_eq!(known.latest.unwrap().body, text("hé".into()));
    assert_eq!((known.mine, known.unread), (true, 300));
    let bytes = old("0114aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0002686901020203");
    let message = read::<Message>(Space::Message, b"", &bytes).unwrap();
    assert_eq!((message.author, message.content), (PEER, text("hi".into()).into()));
    let bytes = old(
        "010101010101010101010101010101010114aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa0402686901080808080808080808080808080808080808080808080808080808080808080801030909090100",
    );
    let intent = read::<Intent>(Space::Outbox, b"", &bytes).unwrap();
    assert_eq!(intent.conversation, ConversationId::Direct(PEER));
    assert_eq!(
        (intent.content, intent.unsent),
        (text("hi".into()).into(), Some(Unsent::NotHere))
    );
}

#[test]
fn a_log_from_before_conversations_had_ids_is_read() {
    let written = "040114aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa01ac020202010101010101010101010101010101010102020304010505050505050505050505050505050505050505050505050505050505050505010601080808080808080808080808080808080808080808080808080808080808080812ac020106060606060606060606060606060606010707070707070707010105";
    let read = read::<TopicState>(Space::Topic, b"", &hex::decode(written).unwrap()).unwrap();
    assert_eq!(read.conversation, Some(ConversationId::Direct(PEER)));
    assert_eq!((read.cursor, read.reread, read.invited), (Seq(300), Seq(5), Vec::new()));
}

#[test]
fn a_log_from_before_anything_was_awaited_is_read() {
    let written = "020114aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa01ac020202010101010101010101010101010101010102020304010505050505050505050505050505050505050505050505050505050505050505010601080808080808080808080808080808080808080808080808080808080808080812ac02";
    let read = read::<TopicState>(Space::Topic, b"", &hex::decode(written).unwrap()).unwrap();
    assert_eq!((read.cursor, read.since), (Seq(300), 300));
    assert_eq!((read.awaited, read.alert), (Vec::new(), None));
}

#[test]
fn a_log_from_before_ciphertexts_were_marked_is_read() {
    let written = "030114aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa01ac020202010101010101010101010101010101010102020304010505050505050505050505050505050505050505050505050505050505050505010601080808080808080808080808080808080808080808080808080808080808080812ac0201060606060606060606060606060606060101";
    let read = read::<TopicState>(Space::Topic, b"", &hex::decode(written).unwrap()).unwrap();
    let awaited = Awaited {
        id: MessageId([6; 16]),
        mark: None,
    };
    assert_eq!((read.awaited, read.alert), (vec![awaited], Some(PendingAlert::Copied)));
    assert_eq!((read.since, read.reread), (300, Seq(0)));
}

#[test]
fn a_log_of_before_is_read_and_its_keys_are_to_be_renewed() {
    let written = "010114aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa01ac0202020101010101010101010101010101010101020203040105050505050505050505050505050505050505050505050505050505050505050106";
    let read = read::<TopicState>(Space::Topic, b"", &hex::decode(written).unwrap()).unwrap();
    assert_eq!(
        (read.conversation, read.cursor, read.newest),
        (Some(ConversationId::Direct(PEER)), Seq(300), UnixMillis(1))
    );
    let commit = read.commit.unwrap();
    assert_eq!(
        (commit.commit, commit.welcomes.len(), commit.removed),
        (vec![3, 4], 1, vec![])
    );
    assert_eq!((read.renewed, read.since), (UnixMillis(0), 0));
}

#[test]
fn a_revocation_is_kept_beside_the_settings() {
    let revocation = Revocation {
        account: PEER,
        installation: InstallationId([8; 32]),
        at: UnixMillis(1),
        revoker: identity::Revoker::Account,
        signature: vec![9; 3],
    };
    let key = revocation_key(revocation.installation);
    assert!(is_revocation_key(&key) && !is_revocation_key(SETTINGS));
    let written = write_revocation(&revocation);
    assert_eq!(written[0], 2, "newer than any build that does not know it");
    assert_eq!(read_revocation(&written), Some(revocation));
    assert_eq!(read_revocation(&written[1..]), None);
}

#[test]
fn stages_and_consents_keep_their_numbers() {
    let stages = [Membership::Made, Membership::Joined, Membership::Left].map(|stage| number(&stage));
    assert_eq!(stages, [0, 1, 2]);
    let consents =
        [Consent::Asked, Consent::Accepted, Consent::Declined, Consent::Blocked].map(|consent| number(&consent));
    assert_eq!(consents, [0, 1, 2, 3]);
}

#[test]
fn states_and_witnesses_of_transactions_keep_their_numbers() {
    let states = [
        TxState::Draft,
        TxState::Waiting,
        TxState::Submitted,
        TxState::Confirming { done: 1, of: 2 },
        TxState::Confirmed,
        TxState::Reverted,
        TxState::Replaced,
        TxState::Dropped,
        TxState::Mismatch(TipMismatch::Network),
    ]
    .map(|state| number(&state));
    assert_eq!(states, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    let witnesses = [Witness::Claim, Witness::Server, Witness::Device].map(|witness| number(&witness));
    assert_eq!(witnesses, [0, 1, 2]);
}

#[test]
fn keys_are_in_the_order_of_time_and_parse() {
    let of = ConversationId::Direct(PEER);
    let early = message_key(of, UnixMillis(255), MessageId([9; 16]));
    let late = message_key(of, UnixMillis(256), MessageId([1; 16]));
    assert!(early < late);
    assert_eq!(parse_message_key(&late), Some((of, MessageId([1; 16]))));
    assert_eq!(parse_message_key(&late[1..]), None);
    let place = early_key(of, MessageId([1; 16]));
    assert_eq!(parse_early_key(&place), Some((of, MessageId([1; 16]))));
    assert_eq!((parse_message_key(&place), parse_early_key(&late)), (None, None));
    assert!(order_key(255) < order_key(256));
    assert_eq!(parse_order_key(&order_key(256)), Some(256));
    assert_eq!(parse_order_key(b"short"), None);
}

#[test]
fn what_is_no_record_is_damaged_and_what_is_newer_is_said_to_be() {
    let whole = write(&Settings::default());
    let damaged = VaultError::Damaged {
        space: Space::Meta,
        key: b"key".to_vec(),
    };
    let longer = [whole.as_slice(), &[0]].concat();
    let nothing = [0, 0, 0];
    for bytes in [&[][..], &whole[..1], &longer, &nothing] {
        assert_eq!(
            read::<Settings>(Space::Meta, b"key", bytes),
            Err(damaged.clone()),
            "{bytes:?}"
        );
    }
    assert_eq!(
        read::<Settings>(Space::Meta, b"key", &[2, 0, 0]),
        Err(VaultError::Newer)
    );
}

fn tx() -> Tx {
    Tx {
        purpose: Purpose::Tip(Tip {
            peer: PEER,
            mine: true,
            contract: Address::repeat_byte(0xcc),
            id: TipId([0xdd; 32]),
            told: true,
        }),
        chain_id: 31337,
        amount: U256::from(0x0102),
        at: UnixMillis(1),
        hash: Some(TxHash([0xee; 32])),
        nonce: Some(5),
        state: TxState::Mismatch(TipMismatch::Id),
        witness: Witness::Device,
        settled: true,
        asked: 2,
        gone: false,
    }
}

#[test]
fn a_tip_of_the_previous_layout_is_a_transaction_for_it() {
    let bytes = [
        "0114",
        &"aa".repeat(20),
        "01e9f40114",
        &"cc".repeat(20),
        &"dd".repeat(32),
        "20",
        &"00".repeat(30),
        "01020201",
        &"ee".repeat(32),
        "0105080702010201",
        "00",
    ]
    .concat();
    let bytes = hex::decode(bytes).unwrap();
    assert_eq!(read::<Tx>(Space::Tip, b"", &bytes), Ok(tx()));
    for cut in 1..bytes.len() {
        assert!(read::<Tx>(Space::Tip, b"", &bytes[..cut]).is_err(), "cut at {cut}");
    }
}
