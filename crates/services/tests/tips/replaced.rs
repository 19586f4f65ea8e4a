//! Another transaction takes the place of a tip's, and pays nothing: which one, and how that is found out.

use chain::anvil::Transfer;
use protocol::{Address, ObservedStatus, TipId, TxHash};
use sqlx::PgPool;

use crate::{
    node::Mood,
    world::{CHAIN, Listener, World, eventually, is, somebody, told},
};

/// A tip that waits for a block, and somebody who knows that.
struct Sent {
    sender: Address,
    id: TipId,
    hash: TxHash,
    nonce: u64,
}

async fn sent(world: &mut World) -> (Sent, Listener) {
    let (id, hash) = world.tip(1, somebody(1), 500).await;
    let sender = world.account(1);
    let nonce = world.anvil.nonce(sender).await;
    let sent = Sent {
        sender,
        id,
        hash,
        nonce,
    };
    let mut listener = listen(world, &sent).await;
    told(&mut listener, id, "it waits", is(ObservedStatus::Pending)).await;
    (sent, listener)
}

async fn listen(world: &World, sent: &Sent) -> Listener {
    let listener = world.listen(somebody(9));
    let chain = u64::try_from(CHAIN).unwrap();
    let asker = listener.asker();
    asker.ask(chain, sent.sender, sent.id, Some(sent.hash)).await.unwrap();
    listener
}

async fn cancel(world: &World, sent: &Sent) -> TxHash {
    let nothing = Transfer::nothing(sent.sender).instead_of(sent.nonce);
    world.anvil.send(&nothing).await
}

/// What the database knows of it.
async fn kept(world: &World, sent: &Sent) -> Option<Vec<u8>> {
    let kept = sqlx::query_scalar("select replaced_by from transaction_replacements where chain_id = $1 and hash = $2");
    let kept = kept.bind(CHAIN).bind(&sent.hash.0[..]);
    kept.fetch_optional(&world.pool).await.unwrap()
}

#[sqlx::test]
async fn a_tip_that_is_cancelled_is_replaced_and_it_is_said_by_what(pool: PgPool) {
    let mut world = World::new(pool).await;
    let (sent, mut listener) = sent(&mut world).await;
    // Others have transactions in that block, too, and the sender has more.
    world.anvil.send(&Transfer::nothing(world.account(2))).await;
    let other = cancel(&world, &sent).await;
    world.anvil.send(&Transfer::nothing(sent.sender)).await;
    world.anvil.mine(1).await;
    let report = told(&mut listener, sent.id, "it is replaced", is(ObservedStatus::Replaced)).await;
    assert_eq!(report.hash, Some(other));
    assert!(world.ledger().await.is_empty());
}

#[sqlx::test]
async fn what_took_its_place_is_found_far_back_and_searched_for_once(pool: PgPool) {
    let mut world = World::new(pool).await;
    world.anvil.mine(7).await;
    let (sent, listener) = sent(&mut world).await;
    drop(listener);
    world.stop();
    let other = cancel(&world, &sent).await;
    world.anvil.ask("anvil_mine", serde_json::json!(["0x12d"])).await;
    // Who signed the first one is remembered after a restart.
    world.restart();
    world.caught_up().await;
    let mut listener = listen(&world, &sent).await;
    let report = told(&mut listener, sent.id, "it is replaced", is(ObservedStatus::Replaced)).await;
    assert_eq!(report.hash, Some(other));
    eventually("it is kept", async || {
        kept(&world, &sent).await == Some(other.0.to_vec())
    })
    .await;

    // From now on nobody could find it.
    drop(listener);
    world.node.becomes(Mood::Forgets(1)).await;
    world.restart();
    let mut listener = listen(&world, &sent).await;
    let report = told(
        &mut listener,
        sent.id,
        "it is still known",
        is(ObservedStatus::Replaced),
    )
    .await;
    assert_eq!(report.hash, Some(other));
}

#[sqlx::test]
async fn a_node_that_knows_little_of_the_past_still_says_that_it_is_replaced(pool: PgPool) {
    let mut world = World::new(pool).await;
    let (sent, listener) = sent(&mut world).await;
    drop(listener);
    world.stop();
    let other = cancel(&world, &sent).await;
    world.anvil.mine(9).await;
    world.node.becomes(Mood::Forgets(3)).await;
    world.restart();
    world.caught_up().await;
    let mut listener = listen(&world, &sent).await;
    let report = told(&mut listener, sent.id, "it is replaced", is(ObservedStatus::Replaced)).await;
    assert_eq!(report.hash, Some(sent.hash), "under its own hash");
    assert_eq!(kept(&world, &sent).await, None);

    // It is not given up for ever.
    world.node.becomes(Mood::Honest).await;
    world.anvil.mine(20).await;
    told(&mut listener, sent.id, "it is said by what", |report| {
        report.status == ObservedStatus::Replaced && report.hash == Some(other)
    })
    .await;
}

#[sqlx::test]
async fn what_took_its_place_may_be_taken_back_itself(pool: PgPool) {
    let mut world = World::new(pool).await;
    let (sent, mut listener) = sent(&mut world).await;
    let first = cancel(&world, &sent).await;
    world.anvil.mine(2).await;
    let report = told(&mut listener, sent.id, "it is replaced", is(ObservedStatus::Replaced)).await;
    assert_eq!(report.hash, Some(first));
    eventually("it is kept", async || kept(&world, &sent).await.is_some()).await;

    world.anvil.reorganise(2).await;
    let report = told(&mut listener, sent.id, "it is not replaced any more", |report| {
        report.status != ObservedStatus::Replaced
    })
    .await;
    assert_eq!(report.hash, Some(sent.hash));
    eventually("that is forgotten", async || kept(&world, &sent).await.is_none()).await;

    // Another one takes the place of both.
    let second = Transfer {
        gas_price: 77,
        ..Transfer::nothing(sent.sender)
    };
    let second = world.anvil.send(&second.instead_of(sent.nonce)).await;
    assert_ne!(first, second);
    world.anvil.mine(1).await;
    let report = told(
        &mut listener,
        sent.id,
        "it is replaced again",
        is(ObservedStatus::Replaced),
    )
    .await;
    assert_eq!(report.hash, Some(second));
}
