//! Events on their way to the page. Outdated events are dropped and large ones are split, so that no single step keeps the page's
//! thread for long.

use std::collections::VecDeque;

use bridge::{ConversationId, Event, MessageView};

/// So many messages are put into a thread at once: some milliseconds of layout on a phone.
const PIECE: usize = 20;

/// Events in order.
#[derive(Debug, Default)]
pub struct Inbox(VecDeque<Event>);

impl Inbox {
    /// One more event.
    pub fn push(&mut self, event: Event) {
        match event {
            Event::Messages { conversation, messages } => self.push_messages(conversation, messages),
            event => {
                let outdated = |earlier: &Event| match (earlier, &event) {
                    (Event::Conversation(earlier), Event::Conversation(now)) => earlier.id == now.id,
                    (Event::Waiting(_), Event::Waiting(_)) | (Event::Connection(_), Event::Connection(_)) => true,
                    _ => false,
                };
                // Only among events that do not depend on each other's order; behind anything else nothing moves.
                let from = self
                    .0
                    .iter()
                    .rposition(|earlier| !independent(earlier))
                    .map_or(0, |last| last + 1);
                if let Some(place) = self.0.iter().skip(from).position(outdated) {
                    self.0.remove(from + place);
                }
                self.0.push_back(event);
            }
        }
    }

    /// The next event.
    pub fn pop(&mut self) -> Option<Event> {
        self.0.pop_front()
    }

    fn push_messages(&mut self, conversation: ConversationId, messages: Vec<MessageView>) {
        let mut messages = messages.into_iter();
        match self.0.back_mut() {
            Some(Event::Messages {
                conversation: last,
                messages: room,
            }) if *last == conversation => {
                let free = PIECE.saturating_sub(room.len());
                room.extend(messages.by_ref().take(free));
            }
            _ => {}
        }
        loop {
            let piece: Vec<_> = messages.by_ref().take(PIECE).collect();
            if piece.is_empty() {
                return;
            }
            self.0.push_back(Event::Messages {
                conversation,
                messages: piece,
            });
        }
    }
}

/// Whether only the latest event of this kind counts, so that it may move past others of the kind and past messages.
fn independent(event: &Event) -> bool {
    matches!(
        event,
        Event::Conversation(_) | Event::Waiting(_) | Event::Connection(_) | Event::Messages { .. }
    )
}

#[cfg(test)]
mod tests {
    use bridge::{BodyView, Consent, ConversationView, MessageState};
    use protocol::{Address, MessageId, UnixMillis};

    use super::*;

    fn conversation(peer: u8, unread: u32) -> Event {
        Event::Conversation(ConversationView {
            id: Address::repeat_byte(peer).into(),
            participants: vec![Address::repeat_byte(peer)],
            consent: Consent::Accepted,
            preview: None,
            mine: false,
            at: UnixMillis(0),
            unread,
        })
    }

    fn messages(peer: u8, numbers: std::ops::Range<u8>) -> Event {
        let author = Address::repeat_byte(peer);
        let view = |number| MessageView {
            id: MessageId([number; 16]),
            author,
            at: UnixMillis(i64::from(number)),
            state: MessageState::Received,
            in_reply_to: None,
            reactions: Vec::new(),
            body: BodyView::Text(number.to_string()),
        };
        Event::Messages {
            conversation: author.into(),
            messages: numbers.map(view).collect(),
        }
    }

    fn through(events: impl IntoIterator<Item = Event>) -> Vec<Event> {
        let mut inbox = Inbox::default();
        events.into_iter().for_each(|event| inbox.push(event));
        std::iter::from_fn(|| inbox.pop()).collect()
    }

    #[test]
    fn a_thousand_messages_are_a_thousand_messages_in_small_pieces() {
        let events = through((0..20).map(|_| messages(1, 0..50)));
        let sizes: Vec<usize> = events
            .iter()
            .map(|event| {
                if let Event::Messages { messages, .. } = event {
                    messages.len()
                } else {
                    0
                }
            })
            .collect();
        assert_eq!(sizes.iter().sum::<usize>(), 1000);
        assert!(sizes.iter().all(|size| (1..=PIECE).contains(size)));
        assert_eq!(sizes.len(), 50);
    }

    #[test]
    fn single_messages_are_gathered_in_their_order() {
        let events = through((0..30).map(|number| messages(1, number..number + 1)));
        assert_eq!(events, [messages(1, 0..20), messages(1, 20..30)]);
    }

    #[test]
    fn messages_of_two_threads_do_not_mix() {
        let events = [messages(1, 0..1), messages(2, 1..2), messages(1, 2..3)];
        assert_eq!(through(events.clone()), events);
    }

    #[test]
    fn only_the_latest_line_of_a_conversation_is_shown() {
        let events = [
            conversation(1, 1),
            messages(1, 0..1),
            conversation(2, 1),
            conversation(1, 2),
            Event::Waiting(3),
        ];
        assert_eq!(
            through(events),
            [
                messages(1, 0..1),
                conversation(2, 1),
                conversation(1, 2),
                Event::Waiting(3)
            ]
        );
    }

    #[test]
    fn what_follows_another_list_is_kept_behind_it() {
        let events = [conversation(1, 1), Event::Conversations(Vec::new()), conversation(1, 2)];
        assert_eq!(through(events.clone()), events);
    }
}
