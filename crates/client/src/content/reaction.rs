use bridge::{Consent, ConversationId, Event, ReactionView, Trouble};
use content::{Known, Reaction};
use protocol::{Address, ErrorCode, MessageId, UnixMillis};

use super::Received;
use crate::{
    Client, Environment, Vault, VaultError,
    records::{self, Early, Intent, Message, Reacted, Vote, Written},
    step::Step,
};

/// For how many messages of one conversation that are not here reactions are kept.
const EARLY: usize = 128;

impl Reacted {
    /// What counts now.
    fn vote(&self) -> Option<Vote> {
        self.pending.or(self.read)
    }

    fn is_set(&self) -> bool {
        self.vote().is_some_and(|vote| vote.set)
    }
}

/// Reactions as the page shows them.
pub(crate) fn view(reactions: &[Reacted], account: Address) -> Vec<ReactionView> {
    let mut set: Vec<_> = Vec::new();
    for reacted in reactions.iter().filter(|reacted| reacted.is_set()) {
        let at = reacted.vote().map(|vote| vote.at);
        let place = set.partition_point(|(other, _)| *other <= at);
        set.insert(place, (at, reacted));
    }
    let mut views: Vec<ReactionView> = Vec::new();
    for (_, Reacted { author, emoji, .. }) in set {
        let mine = *author == account;
        match views.iter_mut().find(|view| view.emoji == *emoji) {
            Some(view) => {
                view.by.push(*author);
                view.mine |= mine;
            }
            None => views.push(ReactionView {
                emoji: emoji.clone(),
                by: vec![*author],
                mine,
            }),
        }
    }
    views
}

/// The reaction of this author with this emoji, which is put there if there is room.
fn slot<'a>(reactions: &'a mut Vec<Reacted>, author: Address, emoji: &str) -> Option<&'a mut Reacted> {
    let found = reactions
        .iter()
        .position(|known| known.author == author && known.emoji == emoji);
    let place = if let Some(place) = found {
        place
    } else {
        let own = reactions.iter().filter(|known| known.author == author).count();
        if own >= Reaction::PER_AUTHOR {
            // One that was taken back makes room.
            let over = |known: &Reacted| known.author == author && known.pending.is_none() && !known.is_set();
            let over = reactions.iter().position(over)?;
            reactions.remove(over);
        }
        if reactions.len() >= Reaction::PER_MESSAGE {
            return None;
        }
        reactions.push(Reacted {
            author,
            emoji: emoji.to_owned(),
            read: None,
            pending: None,
        });
        reactions.len() - 1
    };
    reactions.get_mut(place)
}

/// Stores a vote from the log if it is later than the stored one, so that the order of arrival does not matter. Returns whether it was.
fn put_read(reactions: &mut Vec<Reacted>, author: Address, emoji: &str, vote: Vote) -> bool {
    let Some(slot) = slot(reactions, author, emoji) else {
        return false;
    };
    let later = slot.read.is_none_or(|read| (read.at, read.id) < (vote.at, vote.id));
    if later {
        slot.read = Some(vote);
    }
    later
}

/// Puts a vote of ours that is not in the log yet.
fn put_pending(reactions: &mut Vec<Reacted>, author: Address, emoji: &str, vote: Vote) -> bool {
    let slot = slot(reactions, author, emoji);
    slot.map(|slot| slot.pending = Some(vote)).is_some()
}

/// Ends the pending vote with this id: moves it into the log's vote at time `read`, or drops it if `None`. Returns whether there was one.
fn settle(reactions: &mut Vec<Reacted>, id: MessageId, read: Option<UnixMillis>) -> bool {
    let is_it = |known: &Reacted| known.pending.is_some_and(|pending| pending.id == id);
    let Some(place) = reactions.iter().position(is_it) else {
        return false;
    };
    let slot = &mut reactions[place];
    if let (Some(vote), Some(at)) = (slot.pending.take(), read) {
        let vote = Vote { at, ..vote };
        if slot.read.is_none_or(|known| (known.at, known.id) < (vote.at, vote.id)) {
            slot.read = Some(vote);
        }
    }
    if slot.read.is_none() {
        reactions.remove(place);
    }
    true
}

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// Applies `change` to the reactions of a message, in this step, whether or not the message is in this vault. Returns whether anything
    /// changed.
    async fn change_reactions(
        &self,
        step: &mut Step,
        conversation: ConversationId,
        target: MessageId,
        change: impl FnOnce(&mut Vec<Reacted>) -> bool,
    ) -> bool {
        if let Some((_, found, mut message)) = self.message(step, target).await {
            let changed = found == conversation && change(&mut message.reactions);
            if changed {
                step.put_message(conversation, target, message);
            }
            return changed;
        }
        let place = (conversation, target);
        let mut early = self.early(step, place).unwrap_or_default();
        let changed = change(&mut early.reactions);
        if changed {
            if self.early(step, place).is_none() {
                self.make_room(step, conversation);
            }
            let kept = (!early.reactions.is_empty()).then_some(early);
            step.early.insert(place, kept);
        }
        changed
    }

    fn early(&self, step: &Step, place: (ConversationId, MessageId)) -> Option<Early> {
        match step.early.get(&place) {
            Some(early) => early.clone(),
            None => self.state.early.get(&place).cloned(),
        }
    }

    /// Forgets the oldest reactions of a conversation to messages that are not here, if there are too many.
    fn make_room(&self, step: &mut Step, conversation: ConversationId) {
        let newest = |early: &Early| early.reactions.iter().filter_map(|known| Some(known.vote()?.at)).max();
        let stored = self
            .state
            .early
            .iter()
            .filter(|(place, _)| !step.early.contains_key(*place));
        let changed = step
            .early
            .iter()
            .filter_map(|(place, early)| Some((place, early.as_ref()?)));
        let here = stored.chain(changed).filter(|((of, _), _)| *of == conversation);
        if here.clone().count() >= EARLY
            && let Some(place) = here.min_by_key(|(_, early)| newest(early)).map(|(place, _)| *place)
        {
            step.early.insert(place, None);
        }
    }

    /// Moves the reactions that came before their message to it, in this step.
    pub(crate) fn take_early(
        &self,
        step: &mut Step,
        conversation: ConversationId,
        id: MessageId,
        message: &mut Message,
    ) {
        let place = (conversation, id);
        if let Some(early) = self.early(step, place) {
            message.reactions = early.reactions;
            step.early.insert(place, None);
        }
    }

    /// A reaction was read from the log.
    pub(super) async fn take_reaction(
        &self,
        step: &mut Step,
        received: &Received,
        target: MessageId,
        reaction: &Reaction,
    ) -> Result<(), VaultError> {
        let conversation = received.conversation;
        let consent = self.conversation(step, conversation).map(|known| known.consent);
        if consent.is_none_or(|consent| consent == Consent::Blocked) {
            return Ok(());
        }
        let vote = Vote {
            set: reaction.set,
            at: received.at,
            id: received.id,
        };
        let author = received.author;
        let put = |reactions: &mut Vec<_>| put_read(reactions, author, &reaction.emoji, vote);
        // Only a vote that counts is remembered: refused ones would be a stranger's way to fill the vault.
        if self.change_reactions(step, conversation, target, put).await {
            step.index
                .insert(received.id, Some(records::early_key(conversation, target)));
        }
        Ok(())
    }

    /// Sets a reaction of ours, or takes it back: kept and on its way, in this step. Whether it could be.
    pub(crate) async fn react(
        &mut self,
        step: &mut Step,
        conversation: ConversationId,
        id: MessageId,
        written: Written,
    ) -> bool {
        let known = self.conversation(step, conversation);
        let (Some(known), Some(target)) = (
            known.filter(|known| known.consent == Consent::Accepted),
            written.in_reply_to,
        ) else {
            return false;
        };
        let here = self.message(step, target).await;
        let Ok(Some(Known::Reaction(reaction))) = written.body.known() else {
            return false;
        };
        if here.is_none_or(|(_, found, _)| found != conversation) {
            return false;
        }
        let at = UnixMillis(self.now().0.max(known.at.0.saturating_add(1)));
        let vote = Vote {
            set: reaction.set,
            at,
            id,
        };
        let account = self.account;
        let put = |reactions: &mut Vec<_>| put_pending(reactions, account, &reaction.emoji, vote);
        if !self.change_reactions(step, conversation, target, put).await {
            return false;
        }
        step.index.insert(id, Some(records::early_key(conversation, target)));
        self.enqueue(step, conversation, id, at, written);
        true
    }

    /// A reaction of ours has its place in the log, in this step.
    pub(crate) async fn reaction_is_read(&self, step: &mut Step, id: MessageId, at: UnixMillis) {
        self.settle_reaction(step, id, Some(at)).await;
    }

    async fn settle_reaction(&self, step: &mut Step, id: MessageId, read: Option<UnixMillis>) {
        let key = self.find_message(step, id).await.ok().flatten();
        if let Some((conversation, target)) = key.and_then(|key| records::parse_early_key(&key)) {
            let change = |reactions: &mut Vec<_>| settle(reactions, id, read);
            self.change_reactions(step, conversation, target, change).await;
        }
    }

    /// A reaction of ours cannot be sent: it is as if it had not been made, in this step. Nothing but a reaction is changed.
    pub(crate) async fn retract_reaction(&self, step: &mut Step, intent: &Intent, code: Option<ErrorCode>) {
        // That it was ours stays in the index: it may come back from the log after all.
        self.settle_reaction(step, intent.id, None).await;
        let code = code.map(|code| Event::Trouble(Trouble::Refused(code)));
        step.events.extend(code);
        step.events.push(Event::NotKept { id: intent.id });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: Address = Address::repeat_byte(0xaa);
    const BOB: Address = Address::repeat_byte(0xbb);

    fn vote(set: bool, at: i64) -> Vote {
        let id = MessageId([u8::try_from(at).unwrap(); 16]);
        Vote {
            set,
            at: UnixMillis(at),
            id,
        }
    }

    fn shown(reactions: &[Reacted]) -> Vec<(String, Vec<Address>, bool)> {
        let views = view(reactions, ALICE).into_iter();
        views.map(|view| (view.emoji, view.by, view.mine)).collect()
    }

    #[test]
    fn the_last_vote_of_the_log_counts_in_whichever_order_they_come() {
        let votes = [
            (BOB, "👍", vote(true, 1)),
            (BOB, "👍", vote(false, 2)),
            (BOB, "👍", vote(true, 3)),
            (ALICE, "👍", vote(true, 4)),
            (BOB, "❤", vote(true, 5)),
            (BOB, "❤", vote(false, 6)),
        ];
        let orders = [
            [0, 1, 2, 3, 4, 5],
            [5, 4, 3, 2, 1, 0],
            [2, 0, 1, 5, 3, 4],
            [1, 3, 5, 0, 2, 4],
        ];
        for order in orders {
            let mut reactions = Vec::new();
            for (author, emoji, vote) in order.map(|place: usize| votes[place]) {
                put_read(&mut reactions, author, emoji, vote);
            }
            assert_eq!(
                shown(&reactions),
                [("👍".to_owned(), vec![BOB, ALICE], true)],
                "{order:?}"
            );
        }
    }

    #[test]
    fn what_is_pending_counts_until_the_log_has_it_or_refuses_it() {
        let mut reactions = Vec::new();
        put_read(&mut reactions, ALICE, "👍", vote(true, 1));
        put_pending(&mut reactions, ALICE, "👍", vote(false, 2));
        // Another installation of ours, later by its place in the log; our own is behind it.
        put_read(&mut reactions, ALICE, "👍", vote(true, 9));
        assert!(shown(&reactions).is_empty());
        let mut refused = reactions.clone();
        assert!(settle(&mut refused, vote(false, 2).id, None));
        assert_eq!(shown(&refused).len(), 1);
        assert!(settle(&mut reactions, vote(false, 2).id, Some(UnixMillis(10))));
        assert!(shown(&reactions).is_empty());
        assert!(!settle(&mut reactions, vote(false, 2).id, None), "once");
    }

    #[test]
    fn nobody_sets_more_than_there_is_room_for() {
        let mut reactions = Vec::new();
        let emoji = |number: usize| {
            char::from_u32(0x1f600 + u32::try_from(number).unwrap())
                .unwrap()
                .to_string()
        };
        for number in 0..Reaction::PER_AUTHOR {
            assert!(put_read(&mut reactions, BOB, &emoji(number), vote(true, 1)));
        }
        assert!(!put_read(&mut reactions, BOB, "👍", vote(true, 1)));
        assert!(put_read(&mut reactions, ALICE, "👍", vote(true, 1)));
        assert!(put_read(&mut reactions, BOB, &emoji(0), vote(false, 2)));
        assert!(put_read(&mut reactions, BOB, "👍", vote(true, 3)), "one was taken back");
        assert_eq!(reactions.len(), Reaction::PER_AUTHOR + 1);
    }
}
