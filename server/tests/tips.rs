//! Tips over the socket: questions are answered, both accounts of a tip are notified, and nothing else waits for a chain.
#![allow(clippy::unwrap_used, reason = "tests")]

use protocol::{Address, Answer, Ask, ErrorCode, ObservedStatus, ServerFrame, TipId, TxHash, TxReport};
use testkit::{Anvil, Installation, Socket, TestServer, Transfer, eventually};

const CHAIN: u64 = 31_337;
const BOB: Address = Address::repeat_byte(0xb0);

async fn start(anvil: &Anvil) -> TestServer {
    let url = anvil.url();
    TestServer::start_with(|config, _| {
        config.chain_rpc = Some(url);
        config.tips = Some(testkit::TIPS.to_string());
    })
    .await
}

fn ask(sender: Address, id: TipId, hash: Option<TxHash>) -> Ask {
    Ask::Tip {
        chain_id: CHAIN,
        sender,
        id,
        hash,
    }
}

async fn told(socket: &mut Socket, tip: TipId, what: &str, says: impl Fn(ObservedStatus) -> bool) -> TxReport {
    let told = |frame: &ServerFrame| match frame {
        ServerFrame::Tip { id, report, .. } if *id == tip && says(report.status) => Some(*report),
        _ => None,
    };
    socket.wait(what, told).await
}

#[tokio::test]
async fn who_asks_for_a_tip_is_told_how_it_goes() {
    let anvil = Anvil::start().await;
    let server = start(&anvil).await;
    let alice = Installation::alice(&server).await;
    let mut socket = alice.connect().await;
    let (sender, id) = (anvil.accounts[1], TipId([5; 32]));
    let hash = anvil.send(&Transfer::tip(sender, BOB, id, 1_000)).await;
    let answer = socket.ask(ask(sender, id, Some(hash))).await.unwrap();
    assert!(matches!(answer, Answer::Tip(_)), "{answer:?}");
    told(&mut socket, id, "it waits", |status| status == ObservedStatus::Pending).await;
    anvil.mine(2).await;
    let report = told(&mut socket, id, "it is in a block", |status| {
        matches!(status, ObservedStatus::Mined { .. })
    })
    .await;
    assert_eq!(report.hash, Some(hash));

    let elsewhere = Ask::Tip {
        chain_id: 1,
        sender,
        id,
        hash: None,
    };
    assert_eq!(socket.ask(elsewhere).await, Err(ErrorCode::NotOnThisNetwork));
    server.stop().await;
}

#[tokio::test]
async fn who_is_paid_is_woken_and_a_chain_that_ends_holds_nobody_up() {
    let mut anvil = Anvil::start().await;
    let server = start(&anvil).await;
    let alice = Installation::alice(&server).await;
    let mut socket = alice.connect().await;
    // Until the watcher has begun to look.
    let mut number = 0u8;
    let woken = loop {
        number += 1;
        let id = TipId([number; 32]);
        anvil
            .send(&Transfer::tip(anvil.accounts[1], alice.account(), id, 7))
            .await;
        anvil.mine(1).await;
        let soon = std::time::Duration::from_millis(1500);
        let told = told(&mut socket, id, "money has come", |status| {
            matches!(status, ObservedStatus::Mined { .. })
        });
        if let Ok(report) = tokio::time::timeout(soon, told).await {
            break report;
        }
    };
    assert!(woken.hash.is_some());

    anvil.stop();
    // The answer does not wait for the chain, nor does anything else.
    let unknown = socket
        .ask(ask(BOB, TipId([99; 32]), Some(TxHash([1; 32]))))
        .await
        .unwrap();
    let Answer::Tip(report) = unknown else {
        panic!("{unknown:?}")
    };
    assert_eq!(report.status, ObservedStatus::Unknown);
    let stands = socket
        .ask(ask(anvil.accounts[1], TipId([number; 32]), None))
        .await
        .unwrap();
    assert!(
        matches!(
            stands,
            Answer::Tip(TxReport {
                status: ObservedStatus::Mined { .. },
                ..
            })
        ),
        "{stands:?}"
    );
    let mut visitor = server.visitor();
    eventually("it is ready", async || visitor.get("/readyz").await.status == 200).await;
    server.stop().await;
}

#[tokio::test]
async fn without_a_chain_there_are_no_tips() {
    let server = TestServer::start().await;
    let alice = Installation::alice(&server).await;
    let mut socket = alice.connect().await;
    let refused = socket.ask(ask(BOB, TipId([1; 32]), None)).await;
    assert_eq!(refused, Err(ErrorCode::NotOnThisNetwork));
    server.stop().await;
}
