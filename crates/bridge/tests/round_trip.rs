//! Page and worker understand each other: what one encodes the other decodes, and nothing else.

use bridge::{Command, Connection, Consent, ConversationView, Event, MessageState, MessageView, Trouble, Unsent};
use protocol::{Address, ErrorCode, MessageId, UnixMillis};

fn message(state: MessageState) -> MessageView {
    MessageView {
        id: MessageId([1; 16]),
        author: Address::from([2; 20]),
        mine: true,
        text: "Grüße, 0x and <b>no markup</b>".into(),
        at: UnixMillis(1_795_000_000_000),
        state,
        tip: None,
    }
}

#[test]
fn a_command_arrives_as_it_was_given() {
    let peer = Address::from([2; 20]);
    for command in [
        Command::Open {
            account: peer,
            domain: "localhost:3000".into(),
        },
        Command::Associate {
            text: "text".into(),
            signature: vec![0, 255],
        },
        Command::Show { peer: None },
        Command::Send {
            peer,
            id: MessageId([1; 16]),
            text: "hello".into(),
        },
        Command::Consent {
            peer,
            consent: Consent::Declined,
        },
        Command::Forget,
    ] {
        assert_eq!(
            bridge::decode::<Command>(&bridge::encode(&command).unwrap()).unwrap(),
            command
        );
    }
}

#[test]
fn an_event_arrives_as_it_happened() {
    let peer = Address::from([2; 20]);
    let states = [
        MessageState::Sending,
        MessageState::Sent,
        MessageState::NotSent(Unsent::Refused(ErrorCode::TooLarge)),
        MessageState::Received,
    ];
    for event in [
        Event::Connection(Connection::Waiting { seconds: 4 }),
        Event::Conversation(ConversationView {
            peer,
            consent: Consent::Asked,
            preview: String::new(),
            mine: false,
            at: UnixMillis(1),
            unread: 1,
        }),
        Event::Messages {
            peer,
            messages: states.map(message).to_vec(),
        },
        Event::Trouble(Trouble::Refused(ErrorCode::Unavailable)),
        Event::NotKept { id: MessageId([7; 16]) },
        Event::NotOpened {
            account: peer,
            why: Trouble::VaultDamaged,
        },
    ] {
        assert_eq!(
            bridge::decode::<Event>(&bridge::encode(&event).unwrap()).unwrap(),
            event
        );
    }
}

#[test]
fn words_of_another_build_are_refused() {
    assert!(bridge::decode::<Command>(&[]).is_err());
    assert!(bridge::decode::<Event>(&[200, 1, 2, 3]).is_err());
}
