//! Page and worker understand each other: what one encodes the other decodes, and nothing else.

use bridge::{
    BodyView, Command, Connection, Consent, ConversationId, ConversationView, Event, MessageState, MessageView,
    QuoteView, ReactionView, Trouble, Unsent,
};
use protocol::{Address, ErrorCode, MessageId, UnixMillis};

fn message(state: MessageState) -> MessageView {
    MessageView {
        id: MessageId([1; 16]),
        author: Address::from([2; 20]),
        at: UnixMillis(1_795_000_000_000),
        state,
        in_reply_to: Some(QuoteView {
            id: MessageId([3; 16]),
            quoted: None,
        }),
        reactions: vec![ReactionView {
            emoji: "👍".into(),
            by: vec![Address::from([2; 20])],
            mine: false,
        }],
        body: BodyView::Text("Grüße, 0x and <b>no markup</b>".into()),
    }
}

#[test]
fn a_command_arrives_as_it_was_given() {
    let peer = Address::from([2; 20]);
    for command in [
        Command::Open { account: peer },
        Command::Associate {
            text: "text".into(),
            signature: vec![0, 255],
        },
        Command::Show { conversation: None },
        Command::text(peer, MessageId([1; 16]), "hello"),
        Command::Consent {
            conversation: ConversationId::Direct(peer),
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
            id: ConversationId::Direct(peer),
            participants: vec![peer],
            consent: Consent::Asked,
            preview: None,
            mine: false,
            at: UnixMillis(1),
            unread: 1,
        }),
        Event::Messages {
            conversation: ConversationId::Direct(peer),
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
