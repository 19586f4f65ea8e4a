//! Accounts for which code signs: proved through one's own wallet before anything is written to them or shown of them.

use std::{cell::RefCell, rc::Rc};

use bridge::{Command, Connection, Event, MessageState, Trouble, Unsent, WalletAnswer, WalletRequest};
use identity::Association;
use protocol::Address;

use crate::support::{
    World,
    chain::{CHAIN, Chain},
    wallet::{DOMAIN, Wallet},
    world::Name,
};

const ELSEWHERE: u64 = 10;
const VAULT: Address = Address::repeat_byte(0xc7);

/// Somebody with a smart account arrives, and their wallet is on its chain.
fn arrive(world: &mut World, chain: &Rc<RefCell<Chain>>, name: Name, account: Address, seed: u8) {
    let owner = Wallet::new(seed);
    chain.borrow_mut().wallets.entry(account).or_insert(owner.address());
    world.arrive_with(name, owner.of_contract(account));
    world.give_wallet(name);
}

fn join(world: &mut World, chain: &Rc<RefCell<Chain>>, name: Name, account: Address, seed: u8) {
    arrive(world, chain, name, account, seed);
    world.sign_in(name);
    world.command(name, Command::Connect);
}

/// `alice` has a key, `vera` a smart account; both are signed in.
fn alice_and_vera(seed: u64) -> (World, Rc<RefCell<Chain>>) {
    let (mut world, chain) = World::with_chain(seed, &["alice"]);
    join(&mut world, &chain, "vera", VAULT, 77);
    (world, chain)
}

fn go_to(world: &mut World, name: Name, chain_id: u64) {
    world.page(name).chain_id = chain_id;
    let account = Some(world.address(name));
    world.command(
        name,
        Command::WalletAt {
            account,
            chain_id: Some(chain_id),
        },
    );
}

/// How often the wallet was asked who signed.
fn questions(world: &mut World, name: Name) -> usize {
    let asked = world.page(name).asked.iter();
    asked
        .filter(|request| matches!(request, WalletRequest::Call { to: None, .. }))
        .count()
}

fn unchecked(world: &World, name: Name) -> Option<Vec<(Address, u64)>> {
    world.people[name].events.iter().rev().find_map(|event| match event {
        Event::NeedsChainCheck(waiting) => Some(waiting.clone()),
        _ => None,
    })
}

#[test]
fn a_smart_account_is_associated_when_its_own_wallet_says_so() {
    let (mut world, _) = alice_and_vera(300);
    assert!(world.people["vera"].events.contains(&Event::Associated));
    assert_eq!(world.connection("vera"), Some(Connection::Live));
    assert_eq!(questions(&mut world, "vera"), 1);
    world.crash("vera");
    world.run();
    assert!(world.is_associated("vera"));
    assert_eq!(world.connection("vera"), Some(Connection::Live));
    assert_eq!(questions(&mut world, "vera"), 1, "what was proved is kept");
}

#[test]
fn what_its_wallet_denies_is_not_kept() {
    let (mut world, chain) = World::with_chain(301, &["alice"]);
    chain.borrow_mut().wallets.insert(VAULT, Address::repeat_byte(9));
    join(&mut world, &chain, "vera", VAULT, 77);
    let events = &world.people["vera"].events;
    assert!(events.contains(&Event::Trouble(Trouble::WrongAssociation)));
    assert!(!events.contains(&Event::Associated));
    // A wallet that is elsewhere, or says nothing, is no yes either.
    for (what, chain_id, silent) in [("elsewhere", ELSEWHERE, false), ("silent", CHAIN, true)] {
        arrive(&mut world, &chain, what, Address::repeat_byte(0xc8), 78);
        go_to(&mut world, what, chain_id);
        if silent {
            world.page(what).twist = Some(Box::new(|_, _| None));
        }
        world.sign_in(what);
        world.pass(40_000);
        let events = &world.people[what].events;
        assert!(events.contains(&Event::Trouble(Trouble::WrongAssociation)), "{what}");
        assert!(!events.contains(&Event::Associated), "{what}");
    }
}

#[test]
fn key_and_smart_accounts_talk_both_ways() {
    let (mut world, _) = alice_and_vera(302);
    let id = world.send("alice", "vera", "hello, contract");
    assert_eq!(world.state("alice", "vera", id), Some(MessageState::Sent));
    world.accept("vera", "alice");
    world.send("vera", "alice", "hello, key");
    assert_eq!(world.texts("alice", "vera"), ["hello, contract", "hello, key"]);
    assert_eq!(world.texts("vera", "alice"), ["hello, contract", "hello, key"]);
    assert_eq!(questions(&mut world, "alice"), 1);
    world.crash("alice");
    world.run();
    // The proof is in the vault: it takes no wallet any more.
    go_to(&mut world, "alice", ELSEWHERE);
    world.send("alice", "vera", "and again");
    world.send("vera", "alice", "and back");
    assert_eq!(world.texts("alice", "vera").len(), 4);
    assert_eq!(questions(&mut world, "alice"), 1);
}

#[test]
fn nothing_is_written_to_an_account_whose_chain_was_not_asked() {
    let (mut world, _) = alice_and_vera(303);
    go_to(&mut world, "alice", ELSEWHERE);
    let before = world.server.borrow().arrived.len();
    let id = world.send("alice", "vera", "for vera only");
    let why = Unsent::NeedsChainCheck { chain_id: CHAIN };
    assert_eq!(world.state("alice", "vera", id), Some(MessageState::NotSent(why)));
    assert_eq!(world.server.borrow().arrived.len(), before, "nothing left alice");
    world.command("alice", Command::Find { account: VAULT });
    let found = world.people["alice"].events.last().unwrap();
    let here = Some(true);
    assert_eq!(
        found,
        &Event::Found { account: VAULT, here },
        "not checked is not absent"
    );
    // On the right network it goes by itself.
    go_to(&mut world, "alice", CHAIN);
    assert_eq!(world.state("alice", "vera", id), Some(MessageState::Sent));
    world.accept("vera", "alice");
    assert_eq!(world.texts("vera", "alice"), ["for vera only"]);
}

#[test]
fn what_a_smart_account_says_waits_for_its_chain_and_is_not_lost() {
    let (mut world, _) = alice_and_vera(304);
    world.join("bob");
    go_to(&mut world, "alice", ELSEWHERE);
    world.send("vera", "alice", "one");
    world.send("vera", "alice", "two");
    assert!(world.list("alice").is_empty(), "nothing is shown");
    assert_eq!(unchecked(&world, "alice"), Some(vec![(VAULT, CHAIN)]));
    assert_eq!(world.connection("alice"), Some(Connection::Live));
    // Nobody else waits for it, before or after a new start.
    world.send("bob", "alice", "I have a key");
    assert_eq!(world.list("alice").len(), 1);
    world.crash("alice");
    world.run();
    assert_eq!(world.connection("alice"), Some(Connection::Live));
    assert_eq!(questions(&mut world, "alice"), 0);

    go_to(&mut world, "alice", CHAIN);
    assert_eq!(unchecked(&world, "alice"), Some(Vec::new()));
    world.accept("alice", "vera");
    assert_eq!(world.texts("alice", "vera"), ["one", "two"]);
    world.send("alice", "vera", "three");
    assert_eq!(world.texts("vera", "alice"), ["one", "two", "three"]);
}

#[test]
fn a_wallet_that_does_not_answer_is_asked_again() {
    let (mut world, _) = alice_and_vera(305);
    let mut left = 2;
    world.page("alice").twist = Some(Box::new(move |request, honest| match request {
        WalletRequest::Call { to: None, .. } if left > 0 => {
            left -= 1;
            // First silence, then garbage.
            (left == 0).then_some(Ok(WalletAnswer::Returned(vec![1; 32])))
        }
        _ => Some(honest),
    }));
    world.send("vera", "alice", "hello");
    assert_eq!(questions(&mut world, "alice"), 1);
    world.pass(100_000);
    assert_eq!(questions(&mut world, "alice"), 3);
    assert_eq!(world.list("alice").len(), 1);
}

#[test]
fn what_its_chain_denied_once_is_asked_again_with_the_next_connection() {
    let (mut world, chain) = alice_and_vera(311);
    let owner = chain.borrow_mut().wallets.insert(VAULT, Address::repeat_byte(9));
    world.send("vera", "alice", "hello");
    world.pass(100_000);
    assert_eq!(
        questions(&mut world, "alice"),
        1,
        "the chain said no, and is left alone"
    );
    assert!(world.list("alice").is_empty());
    chain.borrow_mut().wallets.insert(VAULT, owner.unwrap());
    world.go_offline("alice");
    world.go_online("alice");
    assert_eq!(questions(&mut world, "alice"), 2);
    world.accept("alice", "vera");
    assert_eq!(world.texts("alice", "vera"), ["hello"]);
}

/// Mallory has a client of her own making: it says to be `account`, and believes itself.
fn impostor(world: &mut World, account: Address) {
    world.arrive_with("mallory", Wallet::new(66).of_contract(account));
    world.give_wallet("mallory");
    world.page("mallory").twist = Some(Box::new(|_, _| Some(Ok(WalletAnswer::Returned(vec![1])))));
    world.sign_in("mallory");
    world.command("mallory", Command::Connect);
    assert!(world.people["mallory"].events.contains(&Event::Associated));
}

#[test]
fn an_impostor_is_not_heard() {
    let (mut world, _) = alice_and_vera(306);
    impostor(&mut world, VAULT);
    world.send("mallory", "alice", "this is vera, send money");
    assert!(world.list("alice").is_empty());
    assert_eq!(questions(&mut world, "alice"), 1, "the chain said no");
    assert_ne!(unchecked(&world, "alice"), Some(vec![(VAULT, CHAIN)]));
    // The real one is, and is answered, in a group without the other.
    world.send("vera", "alice", "it is me");
    world.accept("alice", "vera");
    assert_eq!(world.texts("alice", "vera"), ["it is me"]);
    let id = world.send("alice", "vera", "good");
    assert_eq!(world.state("alice", "vera", id), Some(MessageState::Sent));
    assert_eq!(world.texts("vera", "alice"), ["it is me", "good"]);
    assert!(!world.texts("mallory", "alice").contains(&"good".to_owned()));
}

#[test]
fn code_says_nothing_for_an_account_that_has_shown_its_key() {
    let (mut world, _) = World::with_chain(307, &["alice", "bob"]);
    world.send("bob", "alice", "hello");
    world.accept("alice", "bob");
    let bob = world.address("bob");
    impostor(&mut world, bob);
    // Even a chain that says yes to everything (bob's account with code in it) is not asked.
    world.page("alice").twist = Some(Box::new(|_, _| Some(Ok(WalletAnswer::Returned(vec![1])))));
    world.send("mallory", "alice", "this is bob");
    assert_eq!(world.texts("alice", "bob"), ["hello"]);
    assert_eq!(questions(&mut world, "alice"), 0);
    let id = world.send("alice", "bob", "for bob only");
    assert_eq!(world.state("alice", "bob", id), Some(MessageState::Sent));
    assert!(!world.texts("mallory", "alice").contains(&"for bob only".to_owned()));
}

#[test]
fn the_server_cannot_list_a_false_browser_of_a_smart_account() {
    let (mut world, _) = alice_and_vera(308);
    world.arrive("eve");
    let id = world.installation("eve");
    let (text, signature) = Wallet::new(66).vouch_as(VAULT, id, DOMAIN);
    let forged = Association {
        text,
        signature,
        public_key: world.public_key("eve"),
    };
    world.server.borrow_mut().register(VAULT, forged);
    let sent = world.send("alice", "vera", "for vera only");
    assert_eq!(world.state("alice", "vera", sent), Some(MessageState::Sent));
    let server = world.server.borrow();
    let welcomed = server.arrived.iter().any(|(_, publish)| match &publish.kind {
        protocol::Kind::Commit { welcomes, .. } => welcomes.iter().any(|welcome| welcome.installation == id),
        protocol::Kind::Application | protocol::Kind::Unknown => false,
    });
    assert!(!welcomed);
}

#[test]
fn money_goes_to_a_smart_account_on_its_own_chain_only() {
    let (mut world, _) = alice_and_vera(309);
    world.send("alice", "vera", "hello");
    let payee = |world: &mut World, peer: Address| {
        world.command("alice", Command::Payee { peer });
        world.people["alice"].events.last().unwrap().clone()
    };
    let (first, only) = (true, Some(CHAIN));
    let expected = Event::Payee {
        peer: VAULT,
        first,
        only,
    };
    assert_eq!(payee(&mut world, VAULT), expected);
    world.join("bob");
    let bob = world.address("bob");
    world.send("alice", "bob", "hello");
    let only = None;
    assert_eq!(payee(&mut world, bob), Event::Payee { peer: bob, first, only });
}

#[test]
fn code_that_never_ends_keeps_nobody_else_from_being_proved() {
    const LOOPS: [Name; 8] = ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7"];
    let (mut world, chain) = alice_and_vera(310);
    for (number, name) in (0..).zip(LOOPS) {
        join(
            &mut world,
            &chain,
            name,
            Address::repeat_byte(0xd0 + number),
            90 + number,
        );
    }
    let honest = ["vera", "wren", "yara"];
    for (number, name) in (0..).zip(&honest[1..]) {
        join(
            &mut world,
            &chain,
            name,
            Address::repeat_byte(0xe0 + number),
            80 + number,
        );
    }
    let start = chain::validator::CODE.len() + 12;
    world.page("alice").twist = Some(Box::new(move |request, honest| match request {
        WalletRequest::Call { to: None, data, .. } if data[start] & 0xf0 == 0xd0 => None,
        _ => Some(honest),
    }));
    go_to(&mut world, "alice", ELSEWHERE);
    for name in LOOPS.into_iter().chain(honest) {
        world.send(name, "alice", "hello");
    }
    go_to(&mut world, "alice", CHAIN);
    world.pass(200_000);
    let heard = world.list("alice");
    for name in honest {
        let peer = world.address(name);
        assert!(heard.iter().any(|known| known.id == peer), "{name} is heard");
    }
}
