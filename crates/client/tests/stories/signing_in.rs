//! A wallet vouches for an installation.

use bridge::{Command, Connection, Event, Trouble};
use identity::Association;

use crate::support::{World, wallet::Wallet};

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
