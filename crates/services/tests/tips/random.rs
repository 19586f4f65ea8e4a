//! Random lives of a chain: whatever happens, what is counted is what stands.
//!
//! A chain that is cut short is a story of its own: anvil 1.7.1 loses blocks when it is both cut (`evm_revert`) and reorganised.

use std::time::Duration;

use chain::anvil::Transfer;
use protocol::{Address, TipId, TxHash};
use serde_json::json;
use sqlx::PgPool;

use crate::{
    minds::Mix,
    node::Mood,
    world::{World, eventually, somebody},
};

/// How often it is compared what is counted with what stands: some twenty seconds on a quiet machine. With `JACKDAW_SEED` set
/// the same life is lived again.
const ROUNDS: u64 = 150;

/// `SplitMix64`.
struct Dice(u64);

impl Dice {
    /// Dice of its own, so that how often they are rolled changes nothing that comes later.
    fn part(&mut self) -> Self {
        Self(self.word())
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.word() % sides
    }

    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.roll(from.len() as u64)).unwrap()]
    }
}

/// A tip that may still wait for a block.
struct Waiting {
    id: TipId,
    hash: TxHash,
    from: Address,
    to: Address,
    nonce: u64,
}

fn seed() -> u64 {
    std::env::var("JACKDAW_SEED").map_or_else(
        |_| {
            let mut bytes = [0; 8];
            getrandom::fill(&mut bytes).unwrap();
            u64::from_be_bytes(bytes)
        },
        |text| text.parse().unwrap(),
    )
}

#[sqlx::test]
async fn whatever_happens_to_a_chain_every_tip_is_counted_once(pool: PgPool) {
    let seed = seed();
    println!("JACKDAW_SEED={seed}");
    let mut dice = Dice(seed);
    let mut world = World::new(pool).await;
    let mut waiting: Vec<Waiting> = Vec::new();
    let mut used: Vec<(TipId, Address)> = Vec::new();
    let (mut events, mut most) = (0, 0);
    for round in 1..=ROUNDS {
        for _ in 0..=dice.roll(12) {
            events += 1;
            happen(&mut dice.part(), &mut world, &mut waiting, &mut used).await;
        }
        world.node.be(Mood::Honest);
        eventually("the node is calm", async || world.node.is_calm()).await;
        world.caught_up().await;
        world.compare(&format!("round {round}, JACKDAW_SEED={seed}")).await;
        most = most.max(world.ledger().await.len());
        // What waits behind a gap would wait for ever.
        world.anvil.drop_all().await;
        waiting.clear();
    }
    let counted = world.ledger().await.len();
    println!("{ROUNDS} rounds, {events} events, {counted} tips stand, {most} at most");
    assert!(
        most > 10,
        "JACKDAW_SEED={seed}: {most} tips are too few to mean anything"
    );
}

async fn happen(dice: &mut Dice, world: &mut World, waiting: &mut Vec<Waiting>, used: &mut Vec<(TipId, Address)>) {
    let someone = usize::try_from(dice.roll(6)).unwrap();
    match dice.roll(21) {
        0..=5 => {
            let (from, to) = (world.account(someone), somebody(u8::try_from(dice.roll(5)).unwrap()));
            // Sometimes a second time under the same id: it reverts, if the first one stands.
            let id = if dice.roll(6) == 0 && !used.is_empty() {
                let (id, _) = dice.pick(used);
                id
            } else {
                world.id()
            };
            let mut transfer = Transfer::tip(from, to, id, 1 + dice.roll(1_000_000));
            if let Ok(hash) = world.anvil.try_send(&transfer).await {
                let known = world
                    .anvil
                    .ask("eth_getTransactionByHash", json!([hash_text(hash)]))
                    .await;
                let nonce = u64::from_str_radix(known["nonce"].as_str().unwrap().trim_start_matches("0x"), 16).unwrap();
                transfer.nonce = Some(nonce);
                waiting.push(Waiting {
                    id,
                    hash,
                    from,
                    to,
                    nonce,
                });
                used.push((id, from));
            }
        }
        6..=10 => {
            let blocks = 1 + dice.roll(4);
            world.anvil.mine(blocks).await;
        }
        11 | 12 => {
            let (head, _) = world.anvil.head().await;
            let depth = (1 + dice.roll(8)).min(head.saturating_sub(1));
            if depth > 0 {
                world.anvil.reorganise(depth).await;
            }
        }
        13 if !waiting.is_empty() => {
            // Sped up: the same tip, dearer. It may be too late.
            let index = usize::try_from(dice.roll(waiting.len() as u64)).unwrap();
            let Waiting {
                id, from, to, nonce, ..
            } = waiting[index];
            let again = Transfer::tip(from, to, id, 1 + dice.roll(1_000_000)).instead_of(nonce);
            let _ = world.anvil.try_send(&again).await;
        }
        14 if !waiting.is_empty() => {
            // Cancelled.
            let index = usize::try_from(dice.roll(waiting.len() as u64)).unwrap();
            let Waiting { from, nonce, .. } = waiting[index];
            let _ = world.anvil.try_send(&Transfer::nothing(from).instead_of(nonce)).await;
        }
        15 if !waiting.is_empty() => {
            let index = usize::try_from(dice.roll(waiting.len() as u64)).unwrap();
            let hash = waiting.swap_remove(index).hash;
            let _ = world
                .anvil
                .try_ask("anvil_dropTransaction", json!([hash_text(hash)]))
                .await;
        }
        16 | 17 => {
            let (head, _) = world.anvil.head().await;
            let agrees = head.saturating_sub(1 + dice.roll(4));
            world.node.be(dice.pick(&[
                Mood::Gone,
                Mood::Silent,
                Mood::Noise,
                Mood::Nonsense,
                Mood::Nothing,
                Mood::Busy,
                Mood::Other,
                Mood::Lags(3),
                Mood::Twice,
                Mood::Flaky,
                Mood::Narrow(1),
                Mood::Torn(Mix::Newest),
                Mood::Torn(Mix::Turns(agrees)),
            ]));
        }
        18 => world.restart(),
        // It changes while it is being read.
        19 => {
            let (head, _) = world.anvil.head().await;
            if head > 4 {
                world.anvil.mine(3).await;
                world.node.be(Mood::Moves(dice.roll(12)));
                tokio::time::sleep(Duration::from_millis(60)).await;
                // Never while something else changes the chain: anvil 1.7.1 loses blocks then.
                world.node.be(Mood::Honest);
                eventually("the node is calm", async || world.node.is_calm()).await;
            }
        }
        // Between two events, as much time as it takes to look.
        _ => tokio::time::sleep(Duration::from_millis(dice.roll(80))).await,
    }
}

fn hash_text(hash: TxHash) -> String {
    format!("0x{hash}")
}
