//! Moves a vault of the first layout, in which conversations and messages stand under the peer's address (20 bytes), to
//! [`ConversationId::key`]. The tips among its messages, which were texts, get their kind.
//!
//! Done by the owner when it opens the vault, before anything else is read. Each batch moves records whole, together with
//! their index; the conversation itself goes with the last one. Killed at any point, the vault holds every record under
//! one of its keys, and the next opening goes on.

use bridge::ConversationId;
use protocol::{Address, MessageId, UnixMillis};

use sorted::Map;

use crate::{
    Batch, Space, Vault, VaultError,
    content::{short, tip},
    records::{self, Conversation, Latest, Message, Tx},
    step::State,
};

/// How many messages are moved at once.
const AT_ONCE: usize = 200;
/// The length of a message's key: address, time, id.
const KEY: usize = 20 + 8 + 16;

/// Moves everything that stands under an address. Returns whether something could not be read, which stays where it is.
///
/// # Errors
/// What the vault says. What was moved stays moved.
pub(crate) async fn to_conversation_ids(vault: &impl Vault, txs: &Map<MessageId, Tx>) -> Result<bool, VaultError> {
    let conversations = vault.all(Space::Conversation).await?;
    let mut damaged = false;
    for (key, value) in conversations.rows {
        let Ok(peer) = Address::try_from(&key[..]) else {
            continue;
        };
        let conversation = match records::read::<Conversation>(Space::Conversation, &key, &value) {
            Ok(conversation) => conversation,
            Err(VaultError::Newer) => return Err(VaultError::Newer),
            Err(_) => {
                // It is found damaged again, and said, when conversations are read. Its messages are moved all the same.
                damaged |= move_messages(vault, txs, peer).await?;
                continue;
            }
        };
        damaged |= move_messages(vault, txs, peer).await?;
        let id = ConversationId::Direct(peer);
        let latest = newest(vault, id).await?.filter(|_| conversation.latest.is_some());
        let mut batch = Batch::default();
        let conversation = Conversation {
            latest: latest.or_else(|| conversation.latest.clone()),
            ..conversation
        };
        batch.put(Space::Conversation, id.key(), records::write(&conversation));
        batch.delete(Space::Conversation, key);
        vault.commit(batch).await?;
    }
    for key in conversations.damaged {
        if let Ok(peer) = Address::try_from(&key[..]) {
            damaged |= move_messages(vault, txs, peer).await?;
        }
    }
    Ok(damaged)
}

/// The same for what waits to be sent, in memory: it is written in the new layout whenever it changes.
pub(crate) fn name_tips(state: &mut State) {
    for (_, intent) in state.outbox.iter_mut() {
        if state.txs.contains_key(&intent.id) {
            intent.content.body = tip::body();
        }
    }
}

async fn move_messages(vault: &impl Vault, txs: &Map<MessageId, Tx>, peer: Address) -> Result<bool, VaultError> {
    let conversation = ConversationId::Direct(peer);
    let (mut damaged, mut end): (bool, Option<Vec<u8>>) = (false, None);
    loop {
        let found = vault
            .before(Space::Message, peer.as_slice(), end.as_deref(), AT_ONCE)
            .await?;
        damaged |= !found.damaged.is_empty();
        let keys = found.rows.iter().map(|(key, _)| key).chain(&found.damaged);
        let Some(first) = keys.min().cloned() else {
            return Ok(damaged);
        };
        end = Some(first);
        let mut batch = Batch::default();
        for (key, value) in found.rows.into_iter().filter(|(key, _)| key.len() == KEY) {
            let Some(id) = key.last_chunk::<16>().copied().map(MessageId) else {
                continue;
            };
            match records::read::<Message>(Space::Message, &key, &value) {
                Ok(mut message) => {
                    if txs.contains_key(&id) {
                        message.content.body = tip::body();
                    }
                    let moved = records::message_key(conversation, time_in(&key), id);
                    batch.put(Space::Message, moved.clone(), records::write(&message));
                    batch.put(Space::Index, id.0, moved);
                    batch.delete(Space::Message, key);
                }
                Err(VaultError::Newer) => return Err(VaultError::Newer),
                Err(_) => damaged = true,
            }
        }
        if !batch.is_empty() {
            vault.commit(batch).await?;
        }
    }
}

/// The time in a message's key of the first layout.
fn time_in(key: &[u8]) -> UnixMillis {
    let time = key[20..].first_chunk::<8>().map_or(0, |time| u64::from_be_bytes(*time));
    UnixMillis(i64::try_from(time).unwrap_or(i64::MAX))
}

async fn newest(vault: &impl Vault, conversation: ConversationId) -> Result<Option<Latest>, VaultError> {
    let newest = vault.before(Space::Message, &conversation.key(), None, 1).await?;
    Ok(newest.rows.first().and_then(|(key, value)| {
        let (_, id) = records::parse_message_key(key)?;
        let message: Message = records::read(Space::Message, key, value).ok()?;
        let body = short(&message.content.body);
        Some(Latest { id, body })
    }))
}

#[cfg(test)]
mod tests {
    use bridge::{BodyView, Command, Consent, Event, MessageState};
    use futures::executor::block_on;
    use identity::Origin;
    use protocol::{TipId, U256};

    use super::*;
    use crate::{Client, Effect, Environment, Tab, memory::MemoryVault, records::older};

    const ME: Address = Address::repeat_byte(1);
    const BOB: Address = Address::repeat_byte(0xbb);
    /// Keys of Bob's messages begin with hers in the new layout.
    const ODD: Address = Address::ZERO;
    const TIP: MessageId = MessageId([0x77; 16]);

    struct Env;

    impl Environment for Env {
        fn now(&self) -> UnixMillis {
            UnixMillis(1_000_000)
        }

        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(7);
        }
    }

    fn first<T: serde::Serialize>(record: &T) -> Vec<u8> {
        postcard::to_extend(record, vec![1]).unwrap()
    }

    fn id(number: i64) -> MessageId {
        let mut id = [0x10; 16];
        id[..8].copy_from_slice(&number.to_be_bytes());
        MessageId(id)
    }

    fn put(batch: &mut Batch, peer: Address, at: i64, id: MessageId, text: &str) {
        let time = u64::try_from(at).unwrap();
        let key = [peer.as_slice(), &time.to_be_bytes(), &id.0].concat();
        let message = older::Message {
            author: peer,
            mine: false,
            text: text.into(),
            at: UnixMillis(at),
            state: MessageState::Received,
        };
        batch.put(Space::Message, key.clone(), first(&message));
        batch.put(Space::Index, id.0, key);
    }

    /// A vault as the first release left it: a thread of 450 messages that ends with a tip, another of one, one of nobody.
    fn old_vault() -> MemoryVault {
        let vault = MemoryVault::new();
        let mut batch = Batch::default();
        for number in 0..449 {
            put(&mut batch, BOB, number, id(number), &number.to_string());
        }
        put(&mut batch, BOB, 500, TIP, "Tip of 1 ETH");
        put(&mut batch, ODD, 1, id(1_000), "odd");
        let tip = older::Tip {
            peer: BOB,
            mine: false,
            chain_id: 1,
            contract: Address::ZERO,
            id: TipId([0x77; 32]),
            amount: U256::from(5),
            at: UnixMillis(500),
            hash: None,
            nonce: None,
            state: bridge::TxState::Submitted,
            witness: bridge::Witness::Claim,
            settled: true,
            asked: 0,
            told: true,
            gone: false,
        };
        batch.put(Space::Tip, TIP.0, first(&tip));
        for (peer, consent, preview, at) in [
            (BOB, Consent::Accepted, "Tip of 1 ETH", 500),
            (ODD, Consent::Accepted, "odd", 1),
            (Address::repeat_byte(0xcc), Consent::Blocked, "", 0),
        ] {
            let conversation = older::Conversation {
                consent,
                preview: preview.into(),
                mine: false,
                at: UnixMillis(at),
                unread: 3,
            };
            batch.put(Space::Conversation, peer.as_slice(), first(&conversation));
        }
        block_on(vault.commit(batch)).unwrap();
        vault
    }

    fn told(effects: Vec<Effect>) -> Vec<Event> {
        let events = effects.into_iter().filter_map(|effect| match effect {
            Effect::Event(event) | Effect::Tell { event, .. } => Some(event),
            _ => None,
        });
        events.collect()
    }

    /// All that a person sees in it.
    fn seen(vault: &MemoryVault) -> (Vec<bridge::ConversationView>, Vec<String>) {
        let opened = block_on(Client::open(
            vault.open_again(),
            Env,
            ME,
            Origin::parse("https://x.example").unwrap(),
        ));
        let (mut client, effects) = opened.unwrap_or_else(|trouble| panic!("it opens: {trouble:?}"));
        let opened = told(effects);
        assert!(
            !opened.iter().any(|event| matches!(event, Event::Trouble(_))),
            "{opened:?}"
        );
        let list = opened.into_iter().find_map(|event| match event {
            Event::Conversations(list) => Some(list),
            _ => None,
        });
        let mut lines = Vec::new();
        let conversation = ConversationId::Direct(BOB);
        let mut ask = Command::Show {
            conversation: Some(conversation),
        };
        loop {
            let events = told(block_on(client.command(Tab::default(), ask)));
            let page = events.into_iter().find_map(|event| match event {
                Event::Thread { messages, more, .. } | Event::Older { messages, more, .. } => Some((messages, more)),
                _ => None,
            });
            let (messages, more) = page.unwrap();
            let before = messages.first().map(|message| message.id);
            let page = messages.into_iter().map(|message| match message.body {
                BodyView::Text(text) => text,
                BodyView::Tip(tip) => format!("tip of {}", tip.amount),
                BodyView::Unknown { fallback } => fallback,
            });
            lines.splice(0..0, page);
            assert!(lines.len() <= 450, "a page of the thread comes once");
            match before {
                Some(before) if more => ask = Command::Older { conversation, before },
                _ => return (list.unwrap(), lines),
            }
        }
    }

    #[test]
    fn a_vault_of_the_first_release_is_read_and_upgraded_in_place() {
        let vault = old_vault();
        let (list, lines) = seen(&vault);
        let views: Vec<_> = list.iter().map(|view| (view.id, view.unread)).collect();
        assert_eq!(views, [(BOB.into(), 3), (ODD.into(), 3)]);
        assert!(matches!(list[0].preview, Some(BodyView::Tip(tip)) if tip.amount == U256::from(5)));
        assert_eq!(list[1].preview, Some(BodyView::Text("odd".into())));
        assert_eq!(lines.len(), 450);
        assert_eq!(
            (lines[0].as_str(), lines[448].as_str(), lines[449].as_str()),
            ("0", "448", "tip of 5")
        );
        for key in vault.keys(Space::Message) {
            assert!(records::parse_message_key(&key).is_some());
        }
        assert!(
            vault
                .keys(Space::Conversation)
                .iter()
                .all(|key| ConversationId::from_key(key).is_some())
        );
        // A second opening has nothing to do.
        assert_eq!(seen(&vault), (list, lines));
    }

    #[test]
    fn killed_at_any_point_of_the_upgrade_everything_is_still_read() {
        let expected = seen(&old_vault());
        let mut kills = 0;
        for after in 0.. {
            let vault = old_vault();
            vault.fail_after(Some(after));
            let tips = Map::default();
            let killed = block_on(to_conversation_ids(&vault.open_again(), &tips)).is_err();
            vault.fail_after(None);
            if !killed {
                break;
            }
            kills += 1;
            assert_eq!(seen(&vault).1.len(), expected.1.len(), "killed at {after}");
            assert_eq!(seen(&vault).0.len(), expected.0.len(), "killed at {after}");
        }
        assert!(
            kills >= 6,
            "three pages of one thread, one of another, three conversations: {kills}"
        );
    }

    #[test]
    fn what_is_damaged_stays_where_it_is_and_keeps_nothing_else_from_moving() {
        let vault = old_vault();
        let key = vault.keys(Space::Message).pop().unwrap();
        vault.damage(Space::Message, &key);
        let damaged = block_on(to_conversation_ids(&vault, &Map::default()));
        assert_eq!(damaged, Ok(true));
        let left: Vec<_> = vault
            .keys(Space::Message)
            .into_iter()
            .filter(|key| key.len() == KEY)
            .collect();
        assert_eq!(left, [key]);
        assert_eq!(seen(&vault).1.len(), 449);
    }
}
