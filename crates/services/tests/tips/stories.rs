//! One thing that happens, and what becomes of it.

use std::{sync::atomic::Ordering, time::Duration};

use chain::anvil::Transfer;
use protocol::{ErrorCode, InstallationId, ObservedStatus, TipId, TxHash, limits};
use sqlx::PgPool;
use tokio::time::timeout;

use crate::{
    node::Mood,
    world::{CHAIN, CONFIRMATIONS, World, eventually, is, mined, somebody, told},
};

const ID: u64 = 31_337;

#[sqlx::test]
async fn a_tip_is_waited_for_mined_and_confirmed(pool: PgPool) {
    let mut world = World::new(pool).await;
    let (id, hash) = world.tip(1, somebody(1), 500).await;
    let sender = world.account(1);
    let mut asked = world.listen(somebody(9));
    let first = asked.asker().ask(ID, sender, id, Some(hash)).await.unwrap();
    assert!(
        matches!(first.status, ObservedStatus::Unknown | ObservedStatus::Pending),
        "{first:?}"
    );
    told(&mut asked, id, "it waits", is(ObservedStatus::Pending)).await;

    world.anvil.mine(1).await;
    let report = told(&mut asked, id, "it is in a block", mined(1)).await;
    assert_eq!(report.hash, Some(hash));
    world.anvil.mine(u64::from(CONFIRMATIONS) - 1).await;
    told(&mut asked, id, "it is confirmed", mined(CONFIRMATIONS)).await;
    world.compare("at the end").await;
    // A later question is answered at once.
    let late = world
        .listen(somebody(8))
        .asker()
        .ask(ID, sender, id, None)
        .await
        .unwrap();
    assert!(mined(CONFIRMATIONS)(late), "{late:?}");
}

#[sqlx::test]
async fn who_pays_and_who_is_paid_is_told_without_asking(pool: PgPool) {
    let mut world = World::new(pool).await;
    world.caught_up().await;
    let (mut sender, mut recipient, mut other) = (
        world.listen(world.account(1)),
        world.listen(somebody(1)),
        world.listen(somebody(2)),
    );
    let (id, _) = world.tip(1, somebody(1), 500).await;
    world.anvil.mine(1).await;
    told(&mut sender, id, "it is in a block", mined(1)).await;
    told(&mut recipient, id, "it is in a block", mined(1)).await;
    let unconcerned = timeout(Duration::from_millis(200), other.next()).await;
    assert!(unconcerned.is_err(), "{unconcerned:?}");
}

#[sqlx::test]
async fn a_reorganisation_of_five_blocks_is_reversed(pool: PgPool) {
    let mut world = World::new(pool).await;
    let (stays, _) = world.tip(1, somebody(1), 100).await;
    world.anvil.mine(2).await;
    let (falls, hash) = world.tip(2, somebody(1), 900).await;
    let mut listener = world.listen(somebody(1));
    let sender = world.account(2);
    listener.asker().ask(ID, sender, falls, Some(hash)).await.unwrap();
    world.anvil.mine(5).await;
    // Confirmed, as far as this network asks.
    told(&mut listener, falls, "it is confirmed", mined(CONFIRMATIONS)).await;
    world.compare("before").await;

    world.anvil.reorganise(5).await;
    let fallen = told(&mut listener, falls, "it has fallen", |report| !mined(1)(report)).await;
    assert!(!matches!(fallen.status, ObservedStatus::Reverted), "{fallen:?}");
    world.caught_up().await;
    world.compare("after").await;
    let ids: Vec<String> = world.ledger().await.into_iter().map(|line| line.3).collect();
    assert_eq!(ids, [stays.to_string()]);

    // It is sent again, and stands again: once.
    world.anvil.send(&Transfer::tip(sender, somebody(1), falls, 900)).await;
    world.anvil.mine(1).await;
    told(&mut listener, falls, "it stands again", mined(1)).await;
    world.compare("at the end").await;
}

#[sqlx::test]
async fn a_tip_that_is_sped_up_is_the_same_tip(pool: PgPool) {
    let mut world = World::new(pool).await;
    let (id, hash) = world.tip(1, somebody(1), 500).await;
    let sender = world.account(1);
    let mut listener = world.listen(somebody(9));
    listener.asker().ask(ID, sender, id, Some(hash)).await.unwrap();
    told(&mut listener, id, "it waits", is(ObservedStatus::Pending)).await;
    let nonce = world.anvil.nonce(sender).await;
    let faster = Transfer::tip(sender, somebody(1), id, 500).instead_of(nonce);
    let faster = world.anvil.send(&faster).await;
    world.anvil.mine(1).await;
    let report = told(&mut listener, id, "it is in a block", mined(1)).await;
    assert_eq!(report.hash, Some(faster));
    world.compare("at the end").await;
}

#[sqlx::test]
async fn a_tip_the_chain_forgets_is_dropped_but_not_at_once(pool: PgPool) {
    let mut world = World::new(pool).await;
    let (id, hash) = world.tip(1, somebody(1), 500).await;
    let sender = world.account(1);
    let mut listener = world.listen(somebody(9));
    listener.asker().ask(ID, sender, id, Some(hash)).await.unwrap();
    told(&mut listener, id, "it waits", is(ObservedStatus::Pending)).await;
    let forgotten = std::time::Instant::now();
    world.anvil.drop_transaction(hash).await;
    told(&mut listener, id, "it is dropped", is(ObservedStatus::Dropped)).await;
    assert!(forgotten.elapsed() >= crate::world::policy().forgotten.1, "too soon");
    // Dropped is not for ever.
    world.anvil.send(&Transfer::tip(sender, somebody(1), id, 500)).await;
    world.anvil.mine(1).await;
    told(&mut listener, id, "it came after all", mined(1)).await;
}

#[sqlx::test]
async fn what_moves_nothing_is_reverted_and_what_nobody_knows_is_unknown(pool: PgPool) {
    let mut world = World::new(pool).await;
    let sender = world.account(1);
    let (id, _) = world.tip(1, somebody(1), 500).await;
    world.anvil.mine(1).await;
    let nothing = Transfer::tip(world.account(2), world.account(2), world.id(), 0);
    let again = world.anvil.send(&nothing).await;
    let elsewhere = world.anvil.send(&Transfer::nothing(sender)).await;
    world.anvil.mine(1).await;
    let mut listener = world.listen(somebody(9));
    let asker = listener.asker();
    // A tip of nothing reverts; somebody else's transaction holds no such tip.
    for hash in [again, elsewhere] {
        let never = world.id();
        asker.ask(ID, sender, never, Some(hash)).await.unwrap();
        told(&mut listener, never, "it moved nothing", is(ObservedStatus::Reverted)).await;
    }
    let never = world.id();
    let report = asker.ask(ID, sender, never, Some(TxHash([3; 32]))).await.unwrap();
    assert_eq!(report.status, ObservedStatus::Unknown);
    // It may have gone before anybody looked: nobody waits for it for ever.
    told(
        &mut listener,
        never,
        "the chain does not know it",
        is(ObservedStatus::Dropped),
    )
    .await;
    // The true one is somebody else's only by its sender.
    assert!(mined(1)(asker.ask(ID, sender, id, None).await.unwrap()));
    let other = asker.ask(ID, world.account(2), id, None).await.unwrap();
    assert_eq!(other.status, ObservedStatus::Unknown);
}

#[sqlx::test]
async fn a_chain_that_fails_lags_or_lies_is_waited_for(pool: PgPool) {
    let mut world = World::new(pool).await;
    world.caught_up().await;
    for mood in [
        Mood::Gone,
        Mood::Silent,
        Mood::Noise,
        Mood::Nonsense,
        Mood::Nothing,
        Mood::Busy,
        Mood::Other,
        Mood::Lags(2),
    ] {
        let before = world.ledger().await;
        world.node.becomes(mood).await;
        if mood == Mood::Other {
            // A chain is asked which one it is when it is met, and after trouble: this one comes back as another.
            world.restart();
        }
        let asked = world.node.asked.load(Ordering::SeqCst);
        let (id, hash) = world.tip(1, somebody(1), 7).await;
        // It waits for a block that the node, if it lags, does not show yet.
        world.anvil.mine(1).await;
        eventually("it is asked", async || world.node.asked.load(Ordering::SeqCst) > asked).await;
        let mut listener = world.listen(somebody(9));
        // Who asks is answered all the same: nothing is known.
        let report = listener
            .asker()
            .ask(ID, world.account(1), id, Some(hash))
            .await
            .unwrap();
        assert!(!mined(1)(report), "{mood:?}: {report:?}");
        let now = world.ledger().await;
        if let Mood::Lags(_) = mood {
            // A node that stays behind is believed in the end: then something may have been taken back.
            assert!(before.starts_with(&now), "{mood:?}: {now:?}");
        } else {
            assert_eq!(now, before, "{mood:?}");
        }

        world.node.be(Mood::Honest);
        told(&mut listener, id, "it is in a block", mined(1)).await;
        world.caught_up().await;
        world.compare(&format!("after {mood:?}")).await;
    }
}

#[sqlx::test]
async fn a_log_that_is_told_twice_counts_once(pool: PgPool) {
    let mut world = World::new(pool).await;
    world.node.be(Mood::Twice);
    for _ in 0..3 {
        world.tip(1, somebody(1), 11).await;
        world.anvil.mine(1).await;
    }
    world.caught_up().await;
    world.compare("twice").await;
}

#[sqlx::test]
async fn what_was_missed_is_read_in_ranges_the_node_takes(pool: PgPool) {
    let mut world = World::new(pool).await;
    world.caught_up().await;
    world.stop();
    for _ in 0..4 {
        world.tip(1, somebody(1), 5).await;
        world.anvil.ask("anvil_mine", serde_json::json!(["0x32"])).await;
    }
    world.node.be(Mood::Narrow(40));
    world.restart();
    world.caught_up().await;
    world.compare("caught up").await;
    assert!(world.node.widest.load(Ordering::SeqCst) > 40, "it was refused at first");
    // A thin memory of old blocks is enough to go back.
    world.anvil.reorganise(100).await;
    world.caught_up().await;
    world.compare("taken back").await;
}

#[sqlx::test]
async fn a_chain_that_changes_while_it_is_read_leaves_nothing_behind(pool: PgPool) {
    let mut world = World::new(pool).await;
    for questions in 0..14 {
        world.caught_up().await;
        world.stop();
        for _ in 0..4 {
            world.tip(1, somebody(1), 5).await;
            world.anvil.mine(1).await;
        }
        world.node.be(Mood::Moves(questions));
        world.restart();
        eventually("it is reorganised", async || world.node.is_calm()).await;
        world.anvil.drop_all().await;
        world.caught_up().await;
        world.compare(&format!("after {questions} questions")).await;
    }
}

#[sqlx::test]
async fn a_chain_that_is_cut_short_is_believed_after_a_while(pool: PgPool) {
    let mut world = World::new(pool).await;
    world.tip(1, somebody(1), 5).await;
    world.anvil.mine(1).await;
    let short = world.anvil.ask("evm_snapshot", serde_json::json!([])).await;
    world.tip(1, somebody(1), 6).await;
    world.anvil.mine(4).await;
    world.caught_up().await;
    world.anvil.ask("evm_revert", serde_json::json!([short])).await;
    world.caught_up().await;
    world.compare("cut short").await;
    assert_eq!(world.ledger().await.len(), 1);
}

#[sqlx::test]
async fn two_watchers_over_one_database_count_once(pool: PgPool) {
    let mut world = World::new(pool).await;
    let second = world.another();
    let mut there = second.listen(InstallationId([4; 32]), somebody(1));
    // Until the second one has begun to look.
    while timeout(Duration::from_millis(200), there.next()).await.is_err() {
        world.tip(1, somebody(1), 13).await;
        world.anvil.mine(1).await;
    }
    for round in 0..10u64 {
        let (id, _) = world.tip(1, somebody(1), 13).await;
        world.anvil.mine(1).await;
        told(&mut there, id, "both nodes tell", mined(1)).await;
        if round % 3 == 2 {
            world.anvil.reorganise(2).await;
            // What the reorganisation took is sent by nobody again.
            world.anvil.drop_all().await;
        }
        world.caught_up().await;
        world.compare("in between").await;
    }
}

#[sqlx::test]
async fn the_place_that_was_reached_survives_a_restart(pool: PgPool) {
    let mut world = World::new(pool).await;
    world.tip(1, somebody(1), 13).await;
    world.anvil.mine(3).await;
    world.caught_up().await;
    let ids = async |world: &World| -> Vec<i64> {
        let ids = sqlx::query_scalar("select id from tips where chain_id = $1 order by id").bind(CHAIN);
        ids.fetch_all(&world.pool).await.unwrap()
    };
    let before = ids(&world).await;
    world.stop();
    // While nobody looks, it goes on, and back.
    world.tip(2, somebody(1), 17).await;
    world.anvil.mine(1).await;
    world.restart();
    world.caught_up().await;
    world.compare("after the restart").await;
    // What was read is not read again.
    assert!(ids(&world).await.starts_with(&before));
}

#[sqlx::test]
async fn a_chain_that_is_begun_anew_is_read_anew(pool: PgPool) {
    let mut world = World::new(pool).await;
    world.tip(1, somebody(1), 13).await;
    world.anvil.mine(5).await;
    world.caught_up().await;
    assert_eq!(world.ledger().await.len(), 1);
    world.anvil.reset().await;
    world.caught_up().await;
    world.compare("empty again").await;
    assert!(world.ledger().await.is_empty());
    let (id, _) = world.tip(1, somebody(1), 13).await;
    world.anvil.mine(1).await;
    world.caught_up().await;
    world.compare("one again").await;
    assert_eq!(world.ledger().await[0].3, id.to_string());
}

#[sqlx::test]
async fn nobody_has_more_watched_than_is_allowed(pool: PgPool) {
    let world = World::new(pool).await;
    let listener = world.listen(somebody(1));
    let asker = listener.asker();
    let id = |number: usize| {
        let mut id = [1; 32];
        id[24..].copy_from_slice(&(number as u64).to_be_bytes());
        TipId(id)
    };
    for number in 0..limits::TIPS_WATCHED {
        asker.ask(ID, somebody(2), id(number), None).await.unwrap();
    }
    asker.ask(ID, somebody(2), id(0), None).await.unwrap();
    let refused = asker.ask(ID, somebody(2), id(limits::TIPS_WATCHED), None).await;
    assert_eq!(refused, Err(ErrorCode::TooMany));
    assert_eq!(
        asker.ask(1, somebody(2), id(0), None).await,
        Err(ErrorCode::NotOnThisNetwork)
    );
    // Another socket has its own.
    world
        .listen(somebody(1))
        .asker()
        .ask(ID, somebody(2), id(7), None)
        .await
        .unwrap();
}

#[sqlx::test]
async fn what_strangers_pay_does_not_keep_anybody_from_asking(pool: PgPool) {
    let mut world = World::new(pool).await;
    let mut listener = world.listen(somebody(1));
    let asker = listener.asker();
    world.anvil.mine(1).await;
    world.caught_up().await;
    // Dust, as much as is watched at once.
    let (first, _) = world.tip(2, somebody(1), 1).await;
    for _ in 1..limits::TIPS_WATCHED {
        world.tip(2, somebody(1), 1).await;
    }
    let (last, _) = world.tip(2, somebody(1), 1).await;
    world.anvil.mine(1).await;
    told(&mut listener, first, "what has come is told", mined(1)).await;
    // The last tip is beyond the number that is watched: it is reported only on request.
    let stands = asker.ask(ID, world.account(2), last, None).await.unwrap();
    assert!(mined(1)(stands), "{stands:?}");
    let wanted = TipId([7; 32]);
    let answer = asker.ask(ID, world.account(1), wanted, None).await;
    assert_eq!(answer.unwrap().status, ObservedStatus::Unknown);
    let hash = world
        .anvil
        .send(&Transfer::tip(world.account(1), somebody(1), wanted, 5))
        .await;
    world.anvil.mine(1).await;
    let report = told(&mut listener, wanted, "what was asked for is told", mined(1)).await;
    assert_eq!(report.hash, Some(hash));
}

#[sqlx::test]
async fn whoever_asks_again_and_again_does_not_make_the_node_be_asked(pool: PgPool) {
    let mut world = World::new(pool).await;
    world.anvil.mine(1).await;
    world.caught_up().await;
    world.in_no_hurry();
    let sender = world.account(1);
    let listener = world.listen(somebody(9));
    let ids: Vec<TipId> = (0..40).map(|_| world.id()).collect();
    let ask = async || {
        for (number, id) in (0..).zip(&ids) {
            let hash = Some(TxHash([number; 32]));
            listener.asker().ask(ID, sender, *id, hash).await.unwrap();
        }
    };
    ask().await;
    let asked = || world.node.asked.load(Ordering::SeqCst);
    let all = u64::try_from(ids.len()).unwrap();
    eventually("all have been looked at", async || asked() >= all).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let before = asked();
    for _ in 0..8 {
        ask().await;
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    let more = asked() - before;
    assert!(more < all, "{more} questions more, for nothing new");
}
