//! Several tabs at one installation, and workers that come and go.

use bridge::{Command, Connection, Draft, Event, MessageState, TipRefusal, WalletAnswer, WalletRefusal, WalletRequest};
use client::{Effect, SendKept, SocketEvent, Tab};
use futures::executor::block_on;
use protocol::{MessageId, U256, UnixMillis};

use crate::support::{World, chain::CHAIN, tipping::AMOUNT, world::Name};

const LEFT: Tab = Tab(1);
const RIGHT: Tab = Tab(2);

/// Who is told what, of these effects.
fn told(effects: &[Effect]) -> Vec<(Option<Tab>, Event)> {
    let told = effects.iter().filter_map(|effect| match effect {
        Effect::Event(event) => Some((None, event.clone())),
        Effect::Tell { tab, event } => Some((Some(*tab), event.clone())),
        _ => None,
    });
    told.collect()
}

fn at(world: &mut World, tab: Tab, command: impl FnOnce(&World) -> Command) -> Vec<(Option<Tab>, Event)> {
    let command = command(world);
    let effects = world.effects_at("alice", tab, command);
    let told = told(&effects);
    world.carry_out("alice", effects);
    told
}

fn show(whom: Name) -> impl FnOnce(&World) -> Command {
    move |world| Command::Show {
        conversation: Some(world.address(whom).into()),
    }
}

fn send(to: Name, id: u8, text: &str) -> impl FnOnce(&World) -> Command {
    move |world| Command::text(world.address(to), MessageId([id; 16]), text)
}

/// Alice, who knows Bob and Carol.
fn among_friends(seed: u64) -> World {
    let mut world = World::with(seed, &["alice", "bob", "carol"]);
    for friend in ["bob", "carol"] {
        world.send("alice", friend, "hello");
        world.accept(friend, "alice");
    }
    world
}

/// A worker without the lead keeps what is written there.
fn wish(world: &World, to: Name, id: u8, at: i64, text: &str) -> Option<Event> {
    let visit = world.people["alice"].vault.visit();
    let place = (world.address(to).into(), MessageId([id; 16]));
    let body = Draft::Text(text.into());
    let kept = block_on(client::keep_send(
        &visit,
        world.address("alice"),
        UnixMillis(at),
        place,
        (None, &body),
    ));
    match kept.unwrap() {
        SendKept::Kept(event) => event.map(|event| *event),
        SendKept::Refused => None,
    }
}

#[test]
fn each_tab_is_told_of_the_thread_it_shows() {
    let mut world = among_friends(300);
    let left = at(&mut world, LEFT, show("bob"));
    assert!(matches!(left[..], [(Some(LEFT), Event::Thread { .. })]));
    let right = at(&mut world, RIGHT, show("carol"));
    assert!(matches!(right[..], [(Some(RIGHT), Event::Thread { .. })]));

    let said = at(&mut world, RIGHT, send("bob", 100, "written on the right"));
    let of = |said: &[(Option<Tab>, Event)], tab| {
        let messages = |event: &Event| matches!(event, Event::Messages { .. });
        said.iter().any(|(to, event)| *to == Some(tab) && messages(event))
    };
    assert!(of(&said, LEFT) && !of(&said, RIGHT), "{said:?}");
    let list = |(to, event): &(Option<Tab>, Event)| to.is_none() && matches!(event, Event::Conversation(_));
    assert!(said.iter().any(list), "the list is everybody's");

    at(&mut world, RIGHT, show("bob"));
    let said = at(&mut world, RIGHT, send("bob", 101, "both look"));
    assert!(of(&said, LEFT) && of(&said, RIGHT));

    let effects = world.people.get_mut("alice").unwrap().client.closed(LEFT);
    world.carry_out("alice", effects);
    let said = at(&mut world, RIGHT, send("bob", 102, "one is closed"));
    assert!(!of(&said, LEFT) && of(&said, RIGHT));
    assert_eq!(
        world.texts("bob", "alice"),
        ["hello", "written on the right", "both look", "one is closed"]
    );
}

#[test]
fn a_tab_that_comes_is_told_everything_and_nobody_else_is() {
    let mut world = among_friends(301);
    let open = Command::Open {
        account: world.address("alice"),
    };
    let opened = at(&mut world, RIGHT, |_| open);
    assert!(opened.iter().all(|(to, _)| *to == Some(RIGHT)), "{opened:?}");
    let has = |like: fn(&Event) -> bool| opened.iter().any(|(_, event)| like(event));
    assert!(has(|event| matches!(event, Event::Opened { .. })));
    assert!(has(
        |event| matches!(event, Event::Conversations(list) if list.len() == 2)
    ));
    let connected = at(&mut world, RIGHT, |_| Command::Connect);
    assert_eq!(connected, [(Some(RIGHT), Event::Connection(Connection::Live))]);
}

#[test]
fn who_signs_out_in_one_tab_has_signed_out_in_all() {
    let mut world = among_friends(302);
    let said = at(&mut world, LEFT, |_| Command::Disconnect);
    assert_eq!(
        said,
        [
            (None, Event::Connection(Connection::SignedOut)),
            (Some(LEFT), Event::Connection(Connection::Off))
        ]
    );
    let said = at(&mut world, LEFT, |_| Command::Forget);
    assert_eq!(said.last(), Some(&(None, Event::Forgotten)));
}

#[test]
fn a_wish_is_sent_once_however_the_leader_comes_to_know_of_it() {
    // Told by command, found when asked, found by the next leader, or all of it.
    for case in 0..8 {
        let mut world = among_friends(310 + case);
        let echo = wish(&world, "bob", 100, 2_000_000, "second").unwrap();
        let Event::Messages { messages, .. } = echo else {
            panic!("no echo");
        };
        assert_eq!(messages[0].state, MessageState::Sending);
        wish(&world, "bob", 101, 1_999_999, "first");
        if case & 1 > 0 {
            at(&mut world, LEFT, send("bob", 101, "first"));
            at(&mut world, LEFT, send("bob", 100, "second"));
        }
        if case & 2 > 0 {
            let effects = block_on(world.people.get_mut("alice").unwrap().client.pending_sends());
            world.carry_out("alice", effects);
        }
        if case & 4 > 0 || case == 0 {
            world.crash("alice");
            world.run();
        }
        assert_eq!(world.texts("bob", "alice"), ["hello", "first", "second"], "case {case}");
        assert_eq!(world.texts("alice", "bob"), ["hello", "first", "second"], "case {case}");
        assert!(world.people["alice"].vault.keys(client::Space::PendingSend).is_empty());
        at(&mut world, LEFT, send("bob", 100, "second"));
        assert_eq!(world.texts("bob", "alice").len(), 3, "said again by the page");
    }
}

#[test]
fn what_is_no_message_is_no_wish() {
    let world = among_friends(320);
    assert_eq!(wish(&world, "bob", 100, 1, ""), None);
    let long = "x".repeat(protocol::limits::TEXT + 1);
    assert_eq!(wish(&world, "bob", 100, 1, &long), None);
    assert!(world.people["alice"].vault.keys(client::Space::PendingSend).is_empty());
}

#[test]
fn a_leader_that_was_ousted_in_its_sleep_changes_and_sends_nothing() {
    let mut world = among_friends(321);
    let mls = |world: &World| {
        let records = client::Vault::all(&world.people["alice"].vault, client::Space::Mls);
        block_on(records).unwrap()
    };
    let before = mls(&world);
    let new = world.people["alice"].vault.open_again();
    let command = send("bob", 100, "from the one that slept")(&world);
    let old = world.effects_at("alice", LEFT, command);
    assert!(!old.iter().any(|effect| matches!(effect, Effect::Frame(_))), "{old:?}");
    assert_eq!(mls(&world), before, "no ratchet has moved");
    // What it hears is not kept there, and not acknowledged.
    world.send("bob", "alice", "to whoever leads");
    assert_eq!(mls(&world), before);

    world.people.get_mut("alice").unwrap().vault = new;
    world.crash("alice");
    world.run();
    at(&mut world, LEFT, send("bob", 100, "from the one that slept"));
    let all = ["hello", "to whoever leads", "from the one that slept"];
    assert_eq!(world.texts("alice", "bob"), all);
    assert_eq!(world.texts("bob", "alice"), all);
    assert!(world.are_keys_used_once());
}

/// What the wallets of these tabs are asked.
fn asked(told: &[(Option<Tab>, Event)]) -> Vec<(Tab, u32, WalletRequest)> {
    let asked = told.iter().filter_map(|(to, event)| match event {
        Event::Wallet { number, request } => Some((to.unwrap(), *number, request.clone())),
        _ => None,
    });
    asked.collect()
}

/// A world with a chain, in which the wallet of the right tab has spoken last. Alice knows Bob.
fn two_wallets(seed: u64) -> World {
    let (mut world, _) = World::with_chain(seed, &["alice", "bob"]);
    world.send("alice", "bob", "hello");
    world.accept("bob", "alice");
    world.people.get_mut("alice").unwrap().page = None;
    for tab in [LEFT, RIGHT] {
        let account = Some(world.address("alice"));
        let chain_id = Some(CHAIN);
        at(&mut world, tab, |_| Command::WalletAt { account, chain_id });
    }
    world
}

fn tip(id: MessageId) -> impl FnOnce(&World) -> Command {
    move |world| Command::Tip {
        peer: world.address("bob"),
        id,
        chain_id: CHAIN,
        amount: U256::from(AMOUNT),
    }
}

#[test]
fn the_wallet_opens_in_the_tab_that_wished() {
    let mut world = two_wallets(330);
    let id = MessageId([100; 16]);
    let mut said = at(&mut world, LEFT, tip(id));
    let mut prompted = false;
    for _ in 0..3 {
        let questions = asked(&said);
        let [(LEFT, number, request)] = &questions[..] else {
            panic!("{questions:?}");
        };
        let answer = match request {
            WalletRequest::Try(_) => WalletAnswer::Tried {
                gas: 1,
                gas_price: U256::from(1),
                balance: U256::MAX,
            },
            WalletRequest::Call { .. } => WalletAnswer::Returned(vec![0; 32]),
            WalletRequest::Send(_) => {
                prompted = true;
                break;
            }
            other => panic!("{other:?}"),
        };
        let number = *number;
        said = at(&mut world, LEFT, |_| Command::Wallet {
            number,
            answer: Ok(answer),
        });
    }
    assert!(prompted);
    let [(_, number, _)] = asked(&said)[..] else { panic!() };
    let answer = Err(WalletRefusal::Rejected);
    let said = at(&mut world, LEFT, |_| Command::Wallet { number, answer });
    let refused = |(to, event): &(Option<Tab>, Event)| {
        let why = TipRefusal::Wallet(WalletRefusal::Rejected);
        matches!(event, Event::TipRefused { why: said, .. } if *said == why) && to.is_none_or(|tab| tab == LEFT)
    };
    assert!(said.iter().any(refused), "{said:?}");
}

#[test]
fn a_tip_wished_for_in_a_tab_that_is_gone_opens_no_wallet_elsewhere() {
    let mut world = two_wallets(331);
    let id = MessageId([100; 16]);
    let said = at(&mut world, LEFT, tip(id));
    assert!(matches!(asked(&said)[..], [(LEFT, _, WalletRequest::Try(_))]));
    let effects = world.people.get_mut("alice").unwrap().client.closed(LEFT);
    let mut said = told(&effects);
    world.carry_out("alice", effects);
    // What is left is only looked at, by the tab that is still there.
    for _ in 0..4 {
        for (tab, number, request) in asked(&said) {
            assert_eq!(tab, RIGHT);
            assert!(
                !matches!(request, WalletRequest::Send(_)),
                "nobody here has wished for it"
            );
            let answer = Ok(WalletAnswer::Tried {
                gas: 1,
                gas_price: U256::from(1),
                balance: U256::MAX,
            });
            said = at(&mut world, RIGHT, |_| Command::Wallet { number, answer });
        }
    }
}

#[test]
fn what_is_read_is_asked_where_the_wallet_spoke_last() {
    let mut world = two_wallets(332);
    // A stranger pays Alice and says so: her device looks for itself.
    let effects = world.effects_at("bob", Tab::default(), {
        let peer = world.address("alice");
        Command::Show {
            conversation: Some(peer.into()),
        }
    });
    world.carry_out("bob", effects);
    let id = world.tip("bob", "alice");
    world.mine(1);
    assert!(world.tip_view("bob", "alice", id).is_some());
    let wake = block_on(world.people.get_mut("alice").unwrap().client.wake());
    let heard = told(&wake);
    world.carry_out("alice", wake);
    let events = asked(&heard);
    assert!(events.iter().all(|(tab, ..)| *tab == RIGHT), "{events:?}");
    let closed = block_on(
        world
            .people
            .get_mut("alice")
            .unwrap()
            .client
            .socket(SocketEvent::Closed { code: None }),
    );
    world.carry_out("alice", closed);
    let effects = world.people.get_mut("alice").unwrap().client.closed(RIGHT);
    let events = asked(&told(&effects));
    assert!(
        !events.is_empty() && events.iter().all(|(tab, ..)| *tab == LEFT),
        "asked anew, elsewhere: {events:?}"
    );
}

/// A worker without the lead keeps a reaction there.
fn wish_to_react(world: &World, to: Name, id: u8, at: i64, target: MessageId) -> SendKept {
    let visit = world.people["alice"].vault.visit();
    let place = (world.address(to).into(), MessageId([id; 16]));
    let body = Draft::Reaction {
        emoji: "👍".into(),
        set: true,
    };
    let kept = client::keep_send(
        &visit,
        world.address("alice"),
        UnixMillis(at),
        place,
        (Some(target), &body),
    );
    block_on(kept).unwrap()
}

#[test]
fn every_tab_that_shows_a_thread_sees_a_reaction_at_once() {
    let mut world = among_friends(340);
    let target = world.send("bob", "alice", "look");
    for tab in [LEFT, RIGHT] {
        at(&mut world, tab, show("bob"));
    }
    let body = Draft::Reaction {
        emoji: "👍".into(),
        set: true,
    };
    let heard = at(&mut world, LEFT, move |world| Command::Send {
        conversation: world.address("bob").into(),
        id: MessageId([90; 16]),
        in_reply_to: Some(target),
        body,
    });
    for tab in [LEFT, RIGHT] {
        let shown = heard.iter().any(|(to, event)| match event {
            Event::Messages { messages, .. } => {
                let there = messages.iter().find(|message| message.id == target);
                *to == Some(tab) && there.is_some_and(|message| message.reactions.len() == 1)
            }
            _ => false,
        });
        assert!(shown, "{tab:?}: {heard:?}");
    }
}

#[test]
fn a_reaction_kept_by_a_tab_without_the_lead_is_sent_by_the_one_that_leads() {
    let mut world = among_friends(341);
    let target = world.send("bob", "alice", "look");
    // Nothing to show there: the message it changes is not read by a visitor.
    assert_eq!(wish_to_react(&world, "bob", 91, 5, target), SendKept::Kept(None));
    let effects = block_on(world.people.get_mut("alice").unwrap().client.pending_sends());
    world.carry_out("alice", effects);
    world.run();
    let expected = [("👍".to_owned(), vec!["alice"])];
    assert_eq!(world.reactions("alice", "bob", target), expected);
    assert_eq!(world.reactions("bob", "alice", target), expected);
    assert!(world.people["alice"].vault.keys(client::Space::PendingSend).is_empty());
    // Also if nobody leads until the vault is opened again; and twice is once.
    assert_eq!(wish_to_react(&world, "bob", 91, 6, target), SendKept::Kept(None));
    world.crash("alice");
    world.run();
    assert_eq!(world.reactions("bob", "alice", target), expected);
    assert!(world.people["alice"].vault.keys(client::Space::PendingSend).is_empty());
}
