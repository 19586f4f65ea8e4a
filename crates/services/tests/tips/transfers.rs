//! Plain transfers: the same tracker, and no contract has a word in it.

use chain::anvil::Transfer;
use protocol::{ObservedStatus, TxHash, U256};
use sqlx::PgPool;

use crate::world::{CONFIRMATIONS, World, is, somebody, told_of};

const AMOUNT: u64 = 7_000;

fn transfer(world: &World) -> Transfer {
    Transfer {
        value: U256::from(AMOUNT),
        ..Transfer::nothing(world.account(1))
    }
}

/// It is this deep, and has paid what it said.
fn paid(at_least: u32) -> impl Fn(protocol::TxReport) -> bool {
    move |report| match report.status {
        ObservedStatus::Mined {
            confirmations,
            recipient,
            amount,
        } => confirmations >= at_least && recipient == somebody(1) && amount == U256::from(AMOUNT),
        _ => false,
    }
}

#[sqlx::test]
async fn a_transfer_waits_is_mined_and_grows_old(pool: PgPool) {
    let world = World::new(pool).await;
    let mut listener = world.listen(somebody(9));
    let hash = world
        .anvil
        .send(&Transfer {
            to: somebody(1),
            ..transfer(&world)
        })
        .await;
    assert_eq!(
        listener.ask_for(hash).await.status,
        ObservedStatus::Unknown,
        "nobody has looked"
    );
    told_of(&mut listener, hash, "it waits", is(ObservedStatus::Pending)).await;
    world.anvil.mine(1).await;
    let report = told_of(&mut listener, hash, "it is in a block", paid(1)).await;
    assert_eq!(report.hash, Some(hash));
    world.anvil.mine(u64::from(CONFIRMATIONS)).await;
    told_of(&mut listener, hash, "it is deep", paid(CONFIRMATIONS)).await;
    // A later question is answered with the same status, at once or within a moment.
    let mut late = world.listen(somebody(8));
    if !paid(CONFIRMATIONS)(late.ask_for(hash).await) {
        told_of(&mut late, hash, "it is deep", paid(CONFIRMATIONS)).await;
    }
}

#[sqlx::test]
async fn a_transfer_whose_block_is_taken_back_waits_again_or_is_dropped(pool: PgPool) {
    let world = World::new(pool).await;
    let mut listener = world.listen(somebody(9));
    let hash = world
        .anvil
        .send(&Transfer {
            to: somebody(1),
            ..transfer(&world)
        })
        .await;
    world.anvil.mine(1).await;
    listener.ask_for(hash).await;
    told_of(&mut listener, hash, "it is in a block", paid(1)).await;
    world.anvil.reorganise(1).await;
    world.anvil.drop_all().await;
    told_of(&mut listener, hash, "it is nowhere", is(ObservedStatus::Dropped)).await;
}

#[sqlx::test]
async fn a_transfer_that_its_recipient_refuses_is_reverted(pool: PgPool) {
    let world = World::new(pool).await;
    let mut listener = world.listen(somebody(9));
    // The contract for tips takes no money by itself.
    let to = services::tips::CONTRACT;
    let hash = world.anvil.send(&Transfer { to, ..transfer(&world) }).await;
    world.anvil.mine(1).await;
    listener.ask_for(hash).await;
    told_of(&mut listener, hash, "it moved nothing", is(ObservedStatus::Reverted)).await;
}

#[sqlx::test]
async fn a_transfer_that_is_replaced_is_told_with_what_took_its_place(pool: PgPool) {
    let world = World::new(pool).await;
    let mut listener = world.listen(somebody(9));
    let nonce = world.anvil.nonce(world.account(1)).await;
    let hash = world
        .anvil
        .send(&Transfer {
            to: somebody(1),
            ..transfer(&world)
        })
        .await;
    listener.ask_for(hash).await;
    told_of(&mut listener, hash, "it waits", is(ObservedStatus::Pending)).await;
    let other = world
        .anvil
        .send(&Transfer::nothing(world.account(1)).instead_of(nonce))
        .await;
    world.anvil.mine(1).await;
    let replaced = |report: protocol::TxReport| report.status == ObservedStatus::Replaced && report.hash == Some(other);
    told_of(&mut listener, hash, "another is in its place", replaced).await;
}

#[sqlx::test]
async fn a_transfer_nobody_knows_is_dropped_after_a_while(pool: PgPool) {
    let world = World::new(pool).await;
    let mut listener = world.listen(somebody(9));
    let never = TxHash([9; 32]);
    assert_eq!(listener.ask_for(never).await.status, ObservedStatus::Unknown);
    told_of(&mut listener, never, "nobody knows it", is(ObservedStatus::Dropped)).await;
}
