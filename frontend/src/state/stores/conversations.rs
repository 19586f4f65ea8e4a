//! The list of conversations.

use bridge::{ConversationId, ConversationView};

use crate::signal::{ArcRwSignal, ReadSignal, RwSignal};

/// One line of the list, as it changes.
pub type ConversationLine = ArcRwSignal<ConversationView>;

/// All conversations, newest first.
pub type ConversationLines = Vec<(ConversationId, ConversationLine)>;

/// The only writer of the list of conversations.
#[derive(Clone, Copy)]
pub struct ConversationsWriter(RwSignal<Option<ConversationLines>>);

impl ConversationsWriter {
    /// The vault has not been read.
    pub fn new() -> Self {
        Self(RwSignal::new(None))
    }

    /// The list; `None` until the vault has been read.
    pub fn all(self) -> ReadSignal<Option<ConversationLines>> {
        self.0.into()
    }

    /// Another vault is being opened, or none.
    pub fn clear(self) {
        self.0.set(None);
    }

    /// The whole list. A line that is drawn already keeps its signal.
    pub fn replace(self, views: Vec<ConversationView>) {
        let old = self.0.get_untracked().unwrap_or_default();
        let mut all: ConversationLines = views
            .into_iter()
            .map(|view| match position(&old, view.id) {
                Some((_, line)) => {
                    let id = view.id;
                    line.set(view);
                    (id, line)
                }
                None => (view.id, ConversationLine::new(view)),
            })
            .collect();
        sort(&mut all);
        self.0.set(Some(all));
    }

    /// The line of a conversation as it is now.
    pub fn get(self, id: ConversationId) -> Option<ConversationLine> {
        self.0
            .with_untracked(|all| all.as_ref().and_then(|all| position(all, id)))
            .map(|(_, line)| line)
    }

    /// A conversation is new or has changed. Returns whether it is new.
    pub fn put(self, view: ConversationView) -> bool {
        let (id, at) = (view.id, view.at);
        let before = self
            .0
            .with_untracked(|all| all.as_ref().and_then(|all| position(all, id)));
        match before {
            // The usual case, and the cheap one: its place does not change.
            Some((index, line)) if index == 0 || line.with_untracked(|old| old.at == at) => line.set(view),
            Some((_, line)) => {
                line.set(view);
                self.0.update(|all| {
                    if let Some(all) = all {
                        sort(all);
                    }
                });
            }
            None => {
                self.0.update(|all| {
                    let all = all.get_or_insert_default();
                    all.push((id, ConversationLine::new(view)));
                    sort(all);
                });
                return true;
            }
        }
        false
    }
}

fn position(all: &[(ConversationId, ConversationLine)], id: ConversationId) -> Option<(usize, ConversationLine)> {
    all.iter()
        .position(|(known, _)| *known == id)
        .map(|index| (index, all[index].1.clone()))
}

fn sort(all: &mut [(ConversationId, ConversationLine)]) {
    // Hardly ever out of order, and never many: the library's way with any number would be several kilobytes of the page.
    let at = |(_, line): &(ConversationId, ConversationLine)| line.with_untracked(|view| view.at);
    for end in 1..all.len() {
        let now = at(&all[end]);
        let place = all[..end].partition_point(|before| at(before) >= now);
        for index in (place..end).rev() {
            all.swap(index, index + 1);
        }
    }
}
