//! Wishes: who may be paid, what the wallet answers, and what becomes of it.

use bridge::{Command, Event, TipRefusal, TxState, WalletAnswer, WalletRefusal, WalletRequest};
use protocol::{MessageId, U256};

use crate::support::{
    World,
    chain::{BLOCKS, CHAIN},
    page::Hand,
    tipping::{AMOUNT, CONFIRMED, WAITING},
};

fn payee(world: &mut World, who: &'static str, whom: &'static str) -> Event {
    let peer = world.address(whom);
    world.command(who, Command::Payee { peer });
    let mut events = world.people[who].events.iter().rev();
    let answer = |event: &&Event| matches!(event, Event::Payee { .. } | Event::NoPayee { .. });
    events.find(answer).cloned().unwrap()
}

/// Nothing is left of it: no message, no record, no payment.
fn is_nothing(world: &mut World, id: MessageId) {
    assert_eq!(world.message("alice", "bob", id), None);
    assert!(world.people["alice"].vault.keys(client::Space::Tip).is_empty());
    let (alice, bob) = (world.address("alice"), world.address("bob"));
    world.mine(1);
    let chain = world.server.borrow().chain.clone().unwrap();
    assert_eq!(chain.borrow().paid(alice, bob), U256::ZERO);
    world.crash("alice");
    world.run();
    assert_eq!(world.message("alice", "bob", id), None);
    assert_eq!(world.texts("bob", "alice"), ["hello"]);
}

#[test]
fn the_payee_is_whom_a_wallet_has_vouched_for() {
    let (mut world, _) = World::with_chain(220, &["alice", "bob"]);
    let peer = world.address("bob");
    let first = Event::Payee {
        peer,
        first: true,
        only: None,
    };
    assert_eq!(payee(&mut world, "alice", "bob"), first);
    let id = world.tip("alice", "bob");
    assert_eq!(payee(&mut world, "alice", "bob"), first, "nothing has arrived yet");
    world.mine(u64::from(BLOCKS));
    world.accept("bob", "alice");
    assert_eq!(world.tip_state("alice", "bob", id), CONFIRMED);
    let known = Event::Payee {
        peer,
        first: false,
        only: None,
    };
    assert_eq!(payee(&mut world, "alice", "bob"), known);
    let peer = world.address("alice");
    let back = payee(&mut world, "bob", "alice");
    assert_eq!(
        back,
        Event::Payee {
            peer,
            first: true,
            only: None
        },
        "to have been paid is not to have paid"
    );
}

#[test]
fn nobody_is_paid_on_the_servers_word() {
    let (mut world, chain) = World::with_chain(221, &["alice", "mallory"]);
    world.arrive("bob");
    let (id, bob) = (world.installation("mallory"), world.address("bob"));
    let row = (id, world.server.borrow().installed[&id].association.hash());
    world.server.borrow_mut().listed.insert(bob, vec![row]);
    let nobody = |peer| Event::NoPayee {
        peer,
        why: TipRefusal::Unverified,
    };
    assert_eq!(payee(&mut world, "alice", "bob"), nobody(bob));
    world.tip("alice", "bob");
    assert_eq!(world.refusals("alice"), [TipRefusal::Unverified]);
    assert!(world.page("alice").asked.is_empty());
    // Offline nothing can be found out.
    world.server.borrow_mut().listed.clear();
    world.go_offline("alice");
    assert_eq!(payee(&mut world, "alice", "bob"), nobody(bob));
    assert!(chain.borrow().sent.is_empty());
}

#[test]
fn what_cannot_be_is_refused_before_the_wallet_is_asked() {
    let (mut world, chain) = World::friends(222, &["alice", "bob"]);
    let peer = world.address("bob");
    world.tip_of("alice", "bob", 0);
    let id = world.fresh_id();
    let own = Command::Tip {
        peer: world.address("alice"),
        id,
        chain_id: CHAIN,
        amount: U256::from(1),
    };
    world.command("alice", own);
    let elsewhere = Command::Tip {
        peer,
        id,
        chain_id: 5,
        amount: U256::from(1),
    };
    world.command("alice", elsewhere);
    let mut pretending = chain.borrow().network();
    pretending.tips = Some(peer);
    world.command("alice", Command::Networks(vec![pretending.clone()]));
    world.tip("alice", "bob");
    pretending.tips = None;
    world.command("alice", Command::Networks(vec![pretending]));
    world.tip("alice", "bob");
    assert_eq!(
        world.refusals("alice"),
        [
            TipRefusal::Nothing,
            TipRefusal::OwnAccount,
            TipRefusal::NoContract,
            TipRefusal::NoContract,
            TipRefusal::NoContract
        ]
    );
    assert!(world.page("alice").asked.is_empty());
    assert_eq!(world.texts("alice", "bob"), ["hello"]);
}

#[test]
fn who_says_no_has_paid_nothing_and_keeps_nothing() {
    for refusal in [
        WalletRefusal::Rejected,
        WalletRefusal::Busy,
        WalletRefusal::NotAuthorised,
        WalletRefusal::NoWallet,
    ] {
        let (mut world, _) = World::friends(223, &["alice", "bob"]);
        world.hand("alice", Hand::Refuse(refusal.clone()));
        let id = world.tip("alice", "bob");
        assert_eq!(world.refusals("alice"), [TipRefusal::Wallet(refusal)]);
        is_nothing(&mut world, id);
    }
}

#[test]
fn another_account_or_chain_at_the_wallet_pays_nothing() {
    let (mut world, _) = World::friends(224, &["alice", "bob"]);
    world.page("alice").chain_id = 1;
    let id = world.tip("alice", "bob");
    is_nothing(&mut world, id);
    world.page("alice").chain_id = CHAIN;
    world.page("alice").account = world.address("bob");
    let id = world.tip("alice", "bob");
    assert_eq!(
        world.refusals("alice"),
        [
            TipRefusal::Wallet(WalletRefusal::WrongChain),
            TipRefusal::Wallet(WalletRefusal::WrongAccount)
        ]
    );
    is_nothing(&mut world, id);
    assert!(world.page("alice").sends().is_empty());
}

#[test]
fn what_would_revert_is_said_before_the_wallet_opens() {
    let (mut world, chain) = World::friends(225, &["alice", "bob"]);
    let bob = world.address("bob");
    // `Error(string)` with "closed", as the recipient says it.
    let mut said = vec![0x08, 0xc3, 0x79, 0xa0];
    said.extend(U256::from(32).to_be_bytes::<32>());
    said.extend(U256::from(6).to_be_bytes::<32>());
    said.extend(*b"closed\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    chain.borrow_mut().refusing.insert(bob, said);
    let id = world.tip("alice", "bob");
    chain.borrow_mut().refusing.insert(bob, Vec::new());
    world.tip("alice", "bob");
    assert_eq!(
        world.refusals("alice"),
        [
            TipRefusal::WouldRevert(Some("closed".into())),
            TipRefusal::WouldRevert(None)
        ]
    );
    assert!(world.page("alice").sends().is_empty());
    is_nothing(&mut world, id);
}

#[test]
fn where_the_contract_does_not_stand_the_wallet_is_not_opened() {
    let (mut world, chain) = World::friends(301, &["alice", "bob"]);
    // The server says that it stands there; the call would go through, and pay an address without code.
    chain.borrow_mut().stands = false;
    let id = world.tip("alice", "bob");
    assert_eq!(world.refusals("alice"), [TipRefusal::NoContract]);
    is_nothing(&mut world, id);
    // Nor when it is gone by the time the wallet is asked once more.
    chain.borrow_mut().stands = true;
    world.hand("alice", Hand::Think);
    let id = world.tip("alice", "bob");
    chain.borrow_mut().stands = false;
    world.crash("alice");
    world.run();
    world.command("alice", Command::TxAgain { id });
    world.run();
    assert_eq!(world.page("alice").sends().len(), 1, "asked before it was gone");
    assert_eq!(world.refusals("alice").last(), Some(&TipRefusal::NoContract));
    assert!(chain.borrow().sent.is_empty());
}

#[test]
fn fee_and_amount_must_be_there_to_the_last_wei() {
    for (more, enough) in [(0, true), (-1, false)] {
        let (mut world, _) = World::friends(226, &["alice", "bob"]);
        let all = i64::try_from(AMOUNT).unwrap() + 120_000 + more;
        world.page("alice").balance = U256::from(all);
        let id = world.tip("alice", "bob");
        assert_eq!(world.page("alice").sends().len(), usize::from(enough));
        if !enough {
            assert_eq!(world.refusals("alice"), [TipRefusal::NotEnough]);
            is_nothing(&mut world, id);
        }
    }
    let (mut world, _) = World::friends(227, &["alice", "bob"]);
    world.page("alice").twist = Some(Box::new(|_, _| {
        Some(Ok(WalletAnswer::Tried {
            gas: u64::MAX,
            gas_price: U256::MAX,
            balance: U256::MAX,
        }))
    }));
    world.tip("alice", "bob");
    assert_eq!(
        world.refusals("alice"),
        [TipRefusal::NotEnough],
        "and nothing wraps around"
    );
}

#[test]
fn a_wallet_that_never_answers_a_try_is_offline() {
    let (mut world, _) = World::friends(228, &["alice", "bob"]);
    world.page("alice").twist = Some(Box::new(|_, _| None));
    let id = world.tip("alice", "bob");
    assert_eq!(world.tip_view("alice", "bob", id).unwrap().state, TxState::Draft);
    world.pass(31_000);
    assert_eq!(world.refusals("alice"), [TipRefusal::Wallet(WalletRefusal::Offline)]);
    is_nothing(&mut world, id);
}

#[test]
fn a_prompt_may_stay_open_as_long_as_it_likes() {
    let (mut world, chain) = World::friends(229, &["alice", "bob"]);
    world.hand("alice", Hand::Think);
    let id = world.tip("alice", "bob");
    world.pass(600_000);
    assert_eq!(world.tip_state("alice", "bob", id), WAITING);
    assert_eq!(world.page("alice").sends().len(), 1, "asked once");
    assert_eq!(
        world.page("alice").reads(),
        1,
        "whether the contract stands there; while it is open there is nothing to look for"
    );
    assert_eq!(world.texts("bob", "alice"), ["hello"], "nothing to tell yet");
    let (number, call) = world.page("alice").prompts.pop().unwrap();
    let hash = chain.borrow_mut().send(&call);
    let answer = Ok(WalletAnswer::Sent(hash));
    world.command("alice", Command::Wallet { number, answer });
    world.mine(u64::from(BLOCKS));
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
}

#[test]
fn answers_nobody_asked_for_change_nothing() {
    let (mut world, _) = World::friends(230, &["alice", "bob"]);
    world.hand("alice", Hand::Think);
    let id = world.tip("alice", "bob");
    let (open, _) = world.page("alice").prompts[0];
    for number in [0, 1, open.wrapping_add(1), open.wrapping_sub(1)] {
        let answer = Ok(WalletAnswer::Sent(protocol::TxHash([9; 32])));
        world.command("alice", Command::Wallet { number, answer });
        let answer = Err(WalletRefusal::Rejected);
        world.command("alice", Command::Wallet { number, answer });
    }
    assert_eq!(world.tip_state("alice", "bob", id), WAITING);
    assert_eq!(world.tip_view("alice", "bob", id).unwrap().hash, None);
}

#[test]
fn the_same_command_twice_is_one_tip() {
    let (mut world, chain) = World::friends(231, &["alice", "bob"]);
    let id = world.fresh_id();
    let tip = Command::Tip {
        peer: world.address("bob"),
        id,
        chain_id: CHAIN,
        amount: U256::from(AMOUNT),
    };
    world.tell("alice", tip.clone());
    world.tell("alice", tip.clone());
    world.run();
    world.command("alice", tip);
    world.mine(u64::from(BLOCKS));
    assert_eq!(chain.borrow().sent.len(), 1);
    world.the_id();
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
}

#[test]
fn asked_again_it_is_the_same_tip_and_paid_once() {
    let (mut world, chain) = World::friends(232, &["alice", "bob"]);
    world.hand("alice", Hand::ApproveAndLose);
    let id = world.tip("alice", "bob");
    world.hand("alice", Hand::Approve);
    // The server has not seen the first one, and it is in no block yet.
    world.command("alice", Command::TxAgain { id });
    assert_eq!(world.page("alice").sends().len(), 2);
    assert_eq!(chain.borrow().sent.len(), 2);
    world.the_id();
    world.mine(u64::from(BLOCKS));
    world.pass(20_000);
    let (alice, bob) = (world.address("alice"), world.address("bob"));
    assert_eq!(
        chain.borrow().paid(alice, bob),
        U256::from(AMOUNT),
        "the contract counts it once"
    );
    assert_eq!(world.tip_state("alice", "bob", id), CONFIRMED);
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
}

#[test]
fn what_an_earlier_transaction_has_paid_is_not_said_to_have_come_to_nothing() {
    let (mut world, chain) = World::friends(303, &["alice", "bob"]);
    // The server says nothing; the hash of the first one is lost, and the second one is kept.
    world.server.borrow_mut().blind = true;
    world.hand("alice", Hand::ApproveAndLose);
    let id = world.tip("alice", "bob");
    world.hand("alice", Hand::Approve);
    world.command("alice", Command::TxAgain { id });
    world.mine(u64::from(BLOCKS));
    world.pass(20_000);
    let second = world.hash("alice", "bob", id);
    assert!(!chain.borrow().mined[&second].succeeded, "the contract counts it once");
    let tip = world.tip_view("alice", "bob", id).unwrap();
    assert_eq!(tip.state, TxState::Submitted, "else it would be paid another time");
    world.server.borrow_mut().blind = false;
    world.server.borrow_mut().tell_of_tips();
    world.pass(20_000);
    assert_eq!(world.tip_state("alice", "bob", id), CONFIRMED);
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
}

#[test]
fn asked_again_after_it_was_paid_no_prompt_opens() {
    let (mut world, chain) = World::friends(233, &["alice", "bob"]);
    world.server.borrow_mut().blind = true;
    world.hand("alice", Hand::ApproveAndLose);
    let id = world.tip("alice", "bob");
    world.mine(1);
    world.hand("alice", Hand::Approve);
    world.command("alice", Command::TxAgain { id });
    assert_eq!(world.page("alice").sends().len(), 1);
    assert_eq!(chain.borrow().sent.len(), 1);
    assert!(world.refusals("alice").is_empty());
    // Without the hash there is nothing to tell; the server finds it.
    assert_eq!(world.texts("bob", "alice"), ["hello"]);
    world.server.borrow_mut().blind = false;
    world.mine(u64::from(BLOCKS));
    world.pass(20_000);
    assert_eq!(world.tip_state("alice", "bob", id), CONFIRMED);
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
}

#[test]
fn given_up_and_paid_all_the_same_it_comes_back() {
    let (mut world, chain) = World::friends(234, &["alice", "bob"]);
    world.hand("alice", Hand::Think);
    let id = world.tip("alice", "bob");
    let (_, call) = world.page("alice").prompts[0].clone();
    world.crash("alice");
    world.run();
    world.command("alice", Command::TxDrop { id });
    assert_eq!(world.message("alice", "bob", id), None);
    // The wallet's prompt has survived the page.
    chain.borrow_mut().send(&call);
    world.mine(1);
    world.pass(2_000);
    let tip = world.tip_view("alice", "bob", id).expect("it is back");
    assert!(tip.hash.is_some());
    world.mine(u64::from(BLOCKS));
    world.pass(10_000);
    assert_eq!(world.tip_state("alice", "bob", id), CONFIRMED);
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
    assert_eq!(world.texts("bob", "alice"), ["hello", "Tip of 0.01 ETH"]);
}

#[test]
fn whom_we_paid_cannot_take_the_place_of_a_tip_that_comes_back() {
    let (mut world, chain) = World::friends(302, &["alice", "bob"]);
    world.hand("alice", Hand::Think);
    let id = world.tip("alice", "bob");
    let (_, call) = world.page("alice").prompts[0].clone();
    world.crash("alice");
    world.run();
    world.command("alice", Command::TxDrop { id });
    chain.borrow_mut().send(&call);
    // Bob has read the message's id in the tip's, on the chain, and speaks first.
    let (peer, text) = (world.address("alice"), "nothing has come".to_owned());
    world.command("bob", Command::text(peer, id, text));
    world.mine(u64::from(BLOCKS));
    world.pass(20_000);
    assert_eq!(world.tip_state("alice", "bob", id), CONFIRMED);
    assert_eq!(world.message("alice", "bob", id).map(|own| own.is_mine()), Some(true));
    let texts = world.texts("alice", "bob");
    assert!(texts.contains(&"nothing has come".to_owned()), "{texts:?}");
    assert!(texts.contains(&"Tip of 0.01 ETH".to_owned()), "{texts:?}");
}

/// Why the wallet did not send, and whether the tip waits all the same.
fn refused(world: &World) -> Vec<(TipRefusal, bool)> {
    let events = world.people["alice"].events.iter();
    let refused = events.filter_map(|event| match event {
        Event::TipRefused { why, waits, .. } => Some((why.clone(), *waits)),
        _ => None,
    });
    refused.collect()
}

/// What makes the wallet, or its node, refuse a tip that it is asked for once more; and why it then does.
type Second = (fn(&mut World), TipRefusal);

#[test]
fn a_no_to_the_second_prompt_does_not_forget_the_first() {
    let seconds: [Second; 8] = [
        (
            |world| world.hand("alice", Hand::Refuse(WalletRefusal::Rejected)),
            TipRefusal::Wallet(WalletRefusal::Rejected),
        ),
        (
            |world| world.hand("alice", Hand::Refuse(WalletRefusal::Busy)),
            TipRefusal::Wallet(WalletRefusal::Busy),
        ),
        (
            |world| world.hand("alice", Hand::Refuse(WalletRefusal::NotAuthorised)),
            TipRefusal::Wallet(WalletRefusal::NotAuthorised),
        ),
        (
            |world| world.hand("alice", Hand::Refuse(WalletRefusal::NotEnough)),
            TipRefusal::NotEnough,
        ),
        (
            |world| world.page("alice").chain_id = 1,
            TipRefusal::Wallet(WalletRefusal::WrongChain),
        ),
        (
            |world| world.page("alice").account = world.address("bob"),
            TipRefusal::Wallet(WalletRefusal::WrongAccount),
        ),
        (|world| world.page("alice").balance = U256::ZERO, TipRefusal::NotEnough),
        (
            |world| {
                let (chain, bob) = (world.server.borrow().chain.clone().unwrap(), world.address("bob"));
                chain.borrow_mut().refusing.insert(bob, Vec::new());
            },
            TipRefusal::WouldRevert(None),
        ),
    ];
    for (refuse, why) in seconds {
        let (mut world, chain) = World::friends(235, &["alice", "bob"]);
        world.hand("alice", Hand::Think);
        let id = world.tip("alice", "bob");
        let (number, call) = world.page("alice").prompts[0].clone();
        world.crash("alice");
        world.run();
        refuse(&mut world);
        world.command("alice", Command::TxAgain { id });
        assert_eq!(refused(&world), [(why.clone(), true)]);
        assert_eq!(
            world.tip_state("alice", "bob", id),
            WAITING,
            "{why:?}: nobody knows of the first"
        );
        if why == TipRefusal::Wallet(WalletRefusal::Rejected) {
            // And now to the first one too: nothing is open any more.
            let answer = Err(WalletRefusal::Rejected);
            world.command("alice", Command::Wallet { number, answer });
            assert_eq!(refused(&world).last(), Some(&(why, false)));
            is_nothing(&mut world, id);
            continue;
        }
        chain.borrow_mut().send(&call);
        chain.borrow_mut().refusing.clear();
        world.page("alice").account = world.address("alice");
        world.switch("alice", CHAIN);
        world.mine(u64::from(BLOCKS));
        world.pass(20_000);
        assert_eq!(world.tip_state("alice", "bob", id), CONFIRMED, "{why:?}");
        assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED, "{why:?}");
    }
}

#[test]
fn an_answer_that_may_mean_anything_is_not_taken_for_no() {
    for refusal in [
        WalletRefusal::Garbage,
        WalletRefusal::Offline,
        WalletRefusal::Other(String::new()),
        WalletRefusal::Other("Internal error".to_owned()),
    ] {
        let (mut world, chain) = World::friends(236, &["alice", "bob"]);
        let why = TipRefusal::Wallet(refusal.clone());
        world.page("alice").twist = Some(Box::new(move |request, answer| {
            Some(match request {
                WalletRequest::Send(_) => Err(refusal.clone()),
                _ => answer,
            })
        }));
        let id = world.tip("alice", "bob");
        assert_eq!(
            refused(&world),
            [(why, true)],
            "it is said, and that it may have been sent"
        );
        assert_eq!(world.tip_state("alice", "bob", id), WAITING);
        assert_eq!(chain.borrow().sent.len(), 1, "it was sent");
        world.mine(u64::from(BLOCKS));
        world.go_offline("alice");
        world.go_online("alice");
        world.pass(20_000);
        assert_eq!(world.tip_state("alice", "bob", id), CONFIRMED);
        assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
    }
}

#[test]
fn what_was_sent_is_kept_even_if_the_vault_fails_for_a_while() {
    let (mut world, _) = World::friends(237, &["alice", "bob"]);
    world.hand("alice", Hand::Think);
    let id = world.tip("alice", "bob");
    let (number, call) = world.page("alice").prompts.pop().unwrap();
    let chain = world.server.borrow().chain.clone().unwrap();
    let hash = chain.borrow_mut().send(&call);
    world.people["alice"].vault.fail_commits(3);
    let answer = Ok(WalletAnswer::Sent(hash));
    world.command("alice", Command::Wallet { number, answer });
    assert_eq!(world.tip_view("alice", "bob", id).unwrap().hash, None);
    world.pass(10_000);
    assert_eq!(world.tip_view("alice", "bob", id).unwrap().hash, Some(hash));
    world.mine(u64::from(BLOCKS));
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
}

#[test]
fn what_is_paid_cannot_be_given_up_or_discarded() {
    let (mut world, _) = World::friends(238, &["alice", "bob"]);
    world.server.borrow_mut().refuse = Some(Box::new(|_| Some(protocol::ErrorCode::TooLarge)));
    let id = world.tip("alice", "bob");
    world.mine(u64::from(BLOCKS));
    world.command("alice", Command::TxDrop { id });
    world.command("alice", Command::Discard { id });
    assert_eq!(world.tip_state("alice", "bob", id), CONFIRMED);
    world.server.borrow_mut().refuse = None;
    world.command("alice", Command::Retry { id });
    world.pass(5_000);
    assert_eq!(world.tip_state("bob", "alice", id), CONFIRMED);
}

#[test]
fn of_somebody_blocked_no_tip_is_kept_but_what_we_paid_is_known() {
    let (mut world, _) = World::friends(239, &["alice", "bob"]);
    world.tip("alice", "bob");
    world.tip("bob", "alice");
    world.mine(u64::from(BLOCKS));
    let peer = world.address("bob");
    let consent = bridge::Consent::Blocked;
    world.command(
        "alice",
        Command::Consent {
            conversation: peer.into(),
            consent,
        },
    );
    assert_eq!(world.people["alice"].vault.keys(client::Space::Tip).len(), 1);
    world.tip("bob", "alice");
    assert_eq!(world.people["alice"].vault.keys(client::Space::Tip).len(), 1);
    let reads = world.page("alice").reads();
    world.mine(5);
    assert_eq!(world.page("alice").reads(), reads, "and nobody makes this wallet look");
    assert!(matches!(
        payee(&mut world, "alice", "bob"),
        Event::Payee { first: false, .. }
    ));
}
