//! The messages of the shown thread in their order, and how they stand to each other. Pure.

use bridge::{MessageState, MessageView};
use protocol::MessageId;

use crate::time::day_number;

/// How many messages the page keeps while its reader is at the newest: older ones are fetched again when wanted.
pub const KEPT: usize = 150;
/// Messages of one author closer together than this, in milliseconds, belong together.
const RUN: i64 = 5 * 60_000;

/// A message and its place among its neighbours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it says.
    pub message: MessageView,
    /// The day it opens, if it is the first of one.
    pub day: Option<i64>,
    /// The last of a run by one author: carries the corner and the time.
    pub last: bool,
}

/// The shown messages, oldest first.
#[derive(Debug, Default)]
pub struct Timeline(Vec<MessageView>);

impl Timeline {
    /// Starts over with these.
    pub fn replace(&mut self, messages: Vec<MessageView>) {
        self.0.clear();
        self.merge(messages);
    }

    /// The same thread was read again. Messages that this tab has just sent and that the reading does not have yet stay.
    pub fn renew(&mut self, messages: Vec<MessageView>) {
        let newest = messages.last().map(|message| message.at);
        self.0
            .retain(|mine| mine.state == MessageState::Sending && newest.is_some_and(|newest| mine.at > newest));
        self.merge(messages);
    }

    /// Takes in messages: a known id replaces the message, a new one is put in by its time, behind those of the same time.
    /// Gives how many were new.
    pub fn merge(&mut self, messages: Vec<MessageView>) -> usize {
        let mut new = 0;
        for message in messages {
            // Changes nearly always concern the newest ones.
            let known = self.0.iter().rposition(|old| old.id == message.id);
            if let Some(index) = known {
                if self.0[index].at == message.at {
                    self.0[index] = message;
                    continue;
                }
                self.0.remove(index);
            } else {
                new += 1;
            }
            let index = self
                .0
                .iter()
                .rposition(|old| old.at <= message.at)
                .map_or(0, |before| before + 1);
            self.0.insert(index, message);
        }
        new
    }

    /// Takes a message out.
    pub fn discard(&mut self, id: MessageId) {
        self.0.retain(|message| message.id != id);
    }

    /// Lets go of all but the newest [`KEPT`], once there are a third more. Gives whether it did.
    pub fn trim(&mut self) -> bool {
        let trim = self.0.len() > KEPT + KEPT / 3;
        if trim {
            self.0.drain(..self.0.len() - KEPT);
        }
        trim
    }

    /// A message that is shown.
    pub fn message(&self, id: MessageId) -> Option<&MessageView> {
        self.0.iter().rfind(|message| message.id == id)
    }

    /// The oldest one.
    pub fn oldest(&self) -> Option<MessageId> {
        self.0.first().map(|message| message.id)
    }

    /// Every message with its place. `offset` gives the reader's minutes east of Greenwich at a moment.
    pub fn rows(&self, offset: impl Fn(&MessageView) -> i32) -> Vec<Row> {
        let days: Vec<i64> = self
            .0
            .iter()
            .map(|message| day_number(message.at, offset(message)))
            .collect();
        let joined = |a: usize, b: usize| {
            let (before, after) = (&self.0[a], &self.0[b]);
            before.author == after.author && days[a] == days[b] && after.at.0 - before.at.0 < RUN
        };
        self.0
            .iter()
            .enumerate()
            .map(|(i, message)| Row {
                message: message.clone(),
                day: (i == 0 || days[i - 1] != days[i]).then_some(days[i]),
                last: i + 1 == self.0.len()
                    || !joined(i, i + 1)
                    || matches!(message.state, MessageState::NotSent(_))
                    || message.state != self.0[i + 1].state,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Address, UnixMillis};

    fn message(id: u8, at: i64, author: u8, state: MessageState) -> MessageView {
        let author = Address::repeat_byte(author);
        MessageView {
            id: MessageId([id; 16]),
            author,
            at: UnixMillis(at),
            state,
            in_reply_to: None,
            reactions: Vec::new(),
            body: bridge::BodyView::Text(id.to_string()),
        }
    }

    fn received(id: u8, at: i64) -> MessageView {
        message(id, at, 2, MessageState::Received)
    }

    fn ids(timeline: &Timeline) -> Vec<u8> {
        timeline.0.iter().map(|m| m.id.0[0]).collect()
    }

    #[test]
    fn what_was_just_sent_stays_when_the_thread_is_told_once_more() {
        let sending = |id, at| message(id, at, 1, MessageState::Sending);
        let mut timeline = Timeline::default();
        timeline.merge(vec![
            received(1, 10),
            sending(2, 5),
            received(3, 20),
            sending(4, 30),
            sending(5, 31),
        ]);
        timeline.renew(vec![received(1, 10), message(4, 25, 1, MessageState::Sent)]);
        assert_eq!(ids(&timeline), [1, 4, 5]);
        assert_eq!(timeline.0[1].state, MessageState::Sent);
        timeline.renew(Vec::new());
        assert!(ids(&timeline).is_empty());
    }

    #[test]
    fn messages_stand_in_the_order_of_their_time_however_they_arrive() {
        let mut timeline = Timeline::default();
        assert_eq!(timeline.merge(vec![received(3, 30), received(1, 10)]), 2);
        assert_eq!(timeline.merge(vec![received(2, 20), received(4, 30)]), 2);
        assert_eq!(ids(&timeline), [1, 2, 3, 4]);
        assert_eq!(timeline.oldest(), Some(MessageId([1; 16])));
    }

    #[test]
    fn a_known_message_is_replaced_and_moves_if_the_server_gave_it_another_time() {
        let mut timeline = Timeline::default();
        timeline.merge(vec![message(1, 10, 1, MessageState::Sending), received(2, 12)]);
        assert_eq!(timeline.merge(vec![message(1, 10, 1, MessageState::Sent)]), 0);
        assert_eq!(timeline.0[0].state, MessageState::Sent);
        timeline.merge(vec![message(1, 15, 1, MessageState::Sent)]);
        assert_eq!(ids(&timeline), [2, 1]);
        timeline.discard(MessageId([2; 16]));
        assert_eq!(ids(&timeline), [1]);
    }

    #[test]
    fn runs_end_where_the_author_the_day_or_the_state_changes() {
        let mut timeline = Timeline::default();
        let hour = 3_600_000;
        timeline.replace(vec![
            received(1, 0),
            received(2, 1_000),
            message(3, 2_000, 1, MessageState::Sent),
            message(4, 3_000, 1, MessageState::Sending),
            received(5, 4_000),
            received(6, hour),
            received(7, 25 * hour),
        ]);
        let rows = timeline.rows(|_| 0);
        assert_eq!(
            rows.iter().map(|r| r.last).collect::<Vec<_>>(),
            [false, true, true, true, true, true, true]
        );
        assert_eq!(rows.iter().filter_map(|r| r.day).collect::<Vec<_>>(), [0, 1]);
        let east = timeline.rows(|_| 23 * 60 + 30);
        assert_eq!(
            east[5].day,
            Some(1),
            "an hour after midnight it is another day half an hour before it in the east"
        );
    }

    #[test]
    fn a_thousand_messages_leave_the_newest_page() {
        let mut timeline = Timeline::default();
        for i in 0..1_000_i64 {
            let mut one = received(0, i);
            one.id.0[..8].copy_from_slice(&i.to_le_bytes());
            timeline.merge(vec![one]);
            timeline.trim();
        }
        assert!(timeline.0.len() <= KEPT + KEPT / 3);
        assert_eq!(timeline.0.last().unwrap().at, UnixMillis(999));
    }
}
