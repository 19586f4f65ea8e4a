//! The shown thread.

use bridge::{ConversationId, MessageView, TipView};
use protocol::MessageId;

use crate::{
    browser,
    signal::{ArcRwSignal, ReadSignal, RwSignal},
    state::timeline::{Row, Timeline},
};

/// One message of the thread, as it changes.
pub type MessageLine = ArcRwSignal<Row>;

/// The only writer of the shown thread.
#[derive(Clone, Copy)]
pub struct ThreadWriter {
    id: RwSignal<Option<ConversationId>>,
    messages: RwSignal<Vec<(MessageId, MessageLine)>>,
    more: RwSignal<bool>,
    timeline: RwSignal<Timeline>,
}

impl ThreadWriter {
    /// No thread is shown.
    pub fn new() -> Self {
        Self {
            id: RwSignal::new(None),
            messages: RwSignal::new(Vec::new()),
            more: RwSignal::new(false),
            timeline: RwSignal::new(Timeline::default()),
        }
    }

    /// Which conversation's thread it is.
    pub fn id(self) -> ReadSignal<Option<ConversationId>> {
        self.id.into()
    }

    /// Its messages, oldest first.
    pub fn messages(self) -> ReadSignal<Vec<(MessageId, MessageLine)>> {
        self.messages.into()
    }

    /// There are older ones.
    pub fn more(self) -> ReadSignal<bool> {
        self.more.into()
    }

    /// No thread is shown any more.
    pub fn clear(self) {
        self.timeline.change_silently(|timeline| timeline.replace(Vec::new()));
        self.id.set(None);
        self.messages.set(Vec::new());
        self.more.set(false);
    }

    /// The newest page of this thread, which is shown from now on. Read again for the thread that is shown already, it keeps what
    /// this tab has just sent.
    pub fn show(self, id: ConversationId, messages: Vec<MessageView>, more: bool) {
        let known = self.id.get_untracked() == Some(id);
        self.timeline.change_silently(|timeline| {
            if known {
                timeline.renew(messages);
            } else {
                timeline.replace(messages);
            }
        });
        self.id.set(Some(id));
        self.more.set(more);
        self.draw();
    }

    /// A page of older messages.
    pub fn add_older(self, messages: Vec<MessageView>, more: bool) {
        self.timeline.change_silently(|timeline| timeline.merge(messages));
        self.more.set(more);
        self.draw();
    }

    /// New or changed messages. Returns how many are new.
    pub fn merge(self, messages: Vec<MessageView>) -> usize {
        let (new, trimmed) = self
            .timeline
            .change_silently(|timeline| (timeline.merge(messages), timeline.trim()))
            .unwrap_or_default();
        if trimmed {
            self.more.set(true);
        }
        self.draw();
        new
    }

    /// Takes a message out.
    pub fn discard(self, id: MessageId) {
        self.timeline.change_silently(|timeline| timeline.discard(id));
        self.draw();
    }

    /// A message the page has.
    pub fn message(self, id: MessageId) -> Option<MessageView> {
        self.timeline.with_untracked(|timeline| timeline.message(id).cloned())
    }

    /// The tip a message speaks of.
    pub fn tip(self, id: MessageId) -> Option<TipView> {
        self.timeline.with_untracked(|timeline| timeline.message(id)?.tip())
    }

    /// The oldest message the page has.
    pub fn oldest(self) -> Option<MessageId> {
        self.timeline.with_untracked(Timeline::oldest)
    }

    fn draw(self) {
        let rows = self
            .timeline
            .with_untracked(|timeline| timeline.rows(|message| browser::offset(message.at)));
        let new = self.messages.with_untracked(|old| lines(old, rows));
        let same = self
            .messages
            .with_untracked(|old| old.len() == new.len() && old.iter().zip(&new).all(|(a, b)| a.0 == b.0));
        if !same {
            self.messages.set(new);
        }
    }
}

/// The thread's rows as signals: what is unchanged keeps its signal, so that only what changed is drawn again.
fn lines(old: &[(MessageId, MessageLine)], rows: Vec<Row>) -> Vec<(MessageId, MessageLine)> {
    // Both are in the same order, but for the few that came or moved.
    let mut next = 0;
    rows.into_iter()
        .map(|row| {
            let id = row.message.id;
            let place = match old.get(next) {
                Some((known, _)) if *known == id => Some(next),
                _ => old.iter().position(|(known, _)| *known == id),
            };
            let Some(place) = place else {
                return (id, ArcRwSignal::new(row));
            };
            next = place + 1;
            let line = &old[place].1;
            if line.with_untracked(|before| *before != row) {
                line.set(row);
            }
            (id, ArcRwSignal::clone(line))
        })
        .collect()
}
