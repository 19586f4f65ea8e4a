//! A wallet vouches for an installation.

use bridge::{ChallengeRefusal, Command, Connection, Event, Statement, Trouble};
use identity::{Association, SignIn};
use protocol::{UnixMillis, api::Challenge};

use crate::support::{
    World,
    wallet::{DOMAIN, Wallet, origin},
};

const MINUTE: i64 = 60_000;

/// What an honest server answers now.
fn challenge(world: &World) -> Challenge {
    let now = world.now.get();
    Challenge {
        text: String::new(),
        nonce: "0123456789abcdef0123".into(),
        issued_at: UnixMillis(now),
        expires_at: UnixMillis(now + 5 * MINUTE),
    }
}

/// What alice's worker has her wallet sign with this challenge.
fn to_sign(world: &mut World, challenge: Challenge) -> Result<Statement, ChallengeRefusal> {
    let chain_id = 31_337;
    world.command("alice", Command::SignIn { chain_id, challenge });
    match world.people["alice"].events.last().unwrap() {
        Event::ToSign(statement) => Ok(statement.clone()),
        Event::NotToSign(why) => Err(*why),
        event => panic!("{event:?}"),
    }
}

/// The same, with an honest challenge.
fn now_to_sign(world: &mut World) -> Result<Statement, ChallengeRefusal> {
    let honest = challenge(world);
    to_sign(world, honest)
}

#[test]
fn a_new_vault_has_an_installation_that_nobody_vouches_for_yet() {
    let mut world = World::new(40);
    world.arrive("alice");
    assert!(!world.is_associated("alice"));
    assert_eq!(
        identity::fingerprint(&world.public_key("alice")),
        world.installation("alice")
    );
    world.command("alice", Command::Connect);
    assert_eq!(
        world.connection("alice"),
        Some(Connection::Off),
        "it has nothing to say hello with"
    );
    let before = world.installation("alice");
    world.crash("alice");
    world.run();
    assert_eq!(world.installation("alice"), before, "the key stays");
}

#[test]
fn it_stays_associated() {
    let mut world = World::with(41, &["alice"]);
    assert!(world.people["alice"].events.contains(&Event::Associated));
    world.crash("alice");
    world.run();
    assert!(world.is_associated("alice"));
    assert_eq!(world.connection("alice"), Some(Connection::Live));
}

#[test]
fn signing_in_again_keeps_the_first_association() {
    let mut world = World::with(42, &["alice", "bob"]);
    let kept = world.people["alice"].vault.keys(client::Space::Association);
    world.go_offline("alice");
    let (text, signature) = world.people["alice"].wallet.vouch(world.installation("alice"));
    let text = text.replace("0123456789abcdef", "fedcba9876543210");
    let (_, signature_of_new) = world.people["alice"].wallet.sign(&text);
    assert_ne!(signature, signature_of_new);
    world.command(
        "alice",
        Command::Associate {
            text,
            signature: signature_of_new,
        },
    );
    let last = world.people["alice"].events.last().unwrap();
    assert_eq!(last, &Event::Associated);
    assert_eq!(world.people["alice"].vault.keys(client::Space::Association), kept);
    world.go_online("alice");
    world.send("alice", "bob", "still me");
    world.accept("bob", "alice");
    assert_eq!(world.texts("bob", "alice"), ["still me"]);
}

#[test]
fn an_association_of_another_account_key_or_site_is_wrong() {
    let mut world = World::new(43);
    world.arrive("alice");
    let (own, address) = (world.installation("alice"), world.address("alice"));
    let (alice, mallory) = (world.people["alice"].wallet.clone(), Wallet::new(99));
    let other_key = identity::fingerprint(&[4; 65]);
    let wrong = [
        ("another account", mallory.vouch(own)),
        (
            "signed by another",
            mallory.vouch_as(address, own, crate::support::wallet::DOMAIN),
        ),
        ("another key", alice.vouch(other_key)),
        ("another site", alice.vouch_as(address, own, "evil.example")),
        ("no text", ("sign here".into(), vec![0; 65])),
    ];
    for (what, (text, signature)) in wrong {
        world.command("alice", Command::Associate { text, signature });
        let last = world.people["alice"].events.last().unwrap();
        assert_eq!(last, &Event::Trouble(Trouble::WrongAssociation), "{what}");
    }
    world.crash("alice");
    world.run();
    assert!(!world.is_associated("alice"));
    let (text, signature) = alice.vouch(own);
    let association = Association {
        text: text.clone(),
        signature: signature.clone(),
        public_key: world.public_key("alice"),
    };
    world.server.borrow_mut().register(address, association);
    world.command("alice", Command::Associate { text, signature });
    assert_eq!(
        world.people["alice"].events.last().unwrap(),
        &Event::Associated,
        "the right one still is"
    );
}

#[test]
fn forgetting_deletes_the_vault_and_closes_the_socket() {
    let mut world = World::with(44, &["alice", "bob"]);
    world.send("alice", "bob", "soon gone");
    world.command("alice", Command::Forget);
    assert_eq!(world.people["alice"].events.last().unwrap(), &Event::Forgotten);
    assert!(world.people["alice"].vault.keys(client::Space::Mls).is_empty());
    let told = world.people["alice"].events.len();
    world.command("alice", Command::Connect);
    world.pass(100_000);
    assert_eq!(world.people["alice"].events.len(), told, "nothing more is done");
}

#[test]
fn what_is_signed_is_rendered_here_and_vouches_for_this_key() {
    let mut world = World::new(45);
    world.arrive("alice");
    let statement = now_to_sign(&mut world).unwrap();
    assert_eq!(statement.account(), world.address("alice"));
    let read = SignIn::parse(&statement.text()).unwrap();
    let expected = SignIn {
        domain: DOMAIN.into(),
        address: world.address("alice"),
        uri: origin().as_str().into(),
        chain_id: 31_337,
        nonce: "0123456789abcdef0123".into(),
        issued_at: "1970-01-01T00:16:40Z".into(),
        expiration_time: "1970-01-01T00:21:40Z".into(),
        installation: world.installation("alice"),
    };
    assert_eq!(read, expected);

    let (text, signature) = world.people["alice"].wallet.sign(&statement.text());
    world.command("alice", Command::Associate { text, signature });
    assert_eq!(world.people["alice"].events.last().unwrap(), &Event::Associated);
}

/// The server answers with a whole sign-in text for a key of its own. Before ADR 22 the wallet signed it.
#[test]
fn c1_a_text_of_the_servers_reaches_no_wallet() {
    let mut world = World::new(46);
    world.arrive("alice");
    let alice = world.people["alice"].wallet.clone();
    let ghost = identity::fingerprint(&[4; 65]);
    let honest = now_to_sign(&mut world).unwrap();
    for text in [
        alice.vouch(ghost).0,
        alice
            .vouch_as(alice.address(), world.installation("alice"), "evil.example")
            .0,
        format!("Revoke a browser at {DOMAIN}"),
    ] {
        let lie = Challenge {
            text,
            ..challenge(&world)
        };
        assert_eq!(to_sign(&mut world, lie), Ok(honest.clone()));
    }
    assert!(!honest.text().contains(&ghost.to_string()));
}

#[test]
fn c1_no_field_of_the_challenge_carries_a_line_of_its_own() {
    let mut world = World::new(47);
    world.arrive("alice");
    let ghost = identity::fingerprint(&[4; 65]);
    for nonce in [
        format!("0123456789abcdef0123\nResources:\n- urn:jackdaw:installation:{ghost}"),
        "short".into(),
        "0123456789abcdef\r".into(),
        String::new(),
        "0".repeat(1_000_000),
    ] {
        let lie = Challenge {
            nonce,
            ..challenge(&world)
        };
        assert_eq!(to_sign(&mut world, lie), Err(ChallengeRefusal::Malformed));
    }
}

#[test]
fn c1_no_text_is_signed_for_another_time_or_for_long() {
    let mut world = World::new(48);
    world.arrive("alice");
    let now = world.now.get();
    let given = |issued: i64, lasts: i64| Challenge {
        issued_at: UnixMillis(issued),
        expires_at: UnixMillis(issued.saturating_add(lasts)),
        ..challenge(&World::new(0))
    };
    for apart in [-5 * MINUTE, -MINUTE, 0, 5 * MINUTE] {
        assert!(to_sign(&mut world, given(now + apart, 5 * MINUTE)).is_ok(), "{apart}");
    }
    for apart in [
        -5 * MINUTE - 1,
        5 * MINUTE + 1,
        365 * 24 * 60 * MINUTE,
        i64::MAX - now,
        i64::MIN,
    ] {
        let why = to_sign(&mut world, given(now.saturating_add(apart), 4 * MINUTE));
        assert!(why.is_err(), "{apart}: {why:?}");
    }
    assert_eq!(
        to_sign(&mut world, given(now - 6 * MINUTE, 5 * MINUTE)),
        Err(ChallengeRefusal::Clock)
    );
    for lasts in [5 * MINUTE + 1, 365 * 24 * 60 * MINUTE, i64::MAX, 0, -1] {
        let why = to_sign(&mut world, given(now, lasts));
        assert_eq!(why, Err(ChallengeRefusal::Malformed), "{lasts}");
    }
}

#[test]
fn a_wrong_clock_is_said_and_once_it_is_right_one_signs_in() {
    let mut world = World::new(49);
    world.arrive("alice");
    world.people["alice"].offset.set(60 * MINUTE);
    assert_eq!(now_to_sign(&mut world), Err(ChallengeRefusal::Clock));
    world.people["alice"].offset.set(0);
    assert!(now_to_sign(&mut world).is_ok());
}
