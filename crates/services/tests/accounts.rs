//! Signing in, and what must not pass for it.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{AGENT, CHAIN, DOMAIN, person, person_with, site, site_of};
use futures::FutureExt;
use identity::{Association, SignIn};
use protocol::{AssociationHash, ErrorCode};
use services::accounts::{AccountError, BrowserId, SessionKey};
use services::time::SystemRandomness;
use sqlx::PgPool;

fn code<T: std::fmt::Debug>(result: Result<T, AccountError>) -> ErrorCode {
    ErrorCode::from(&result.unwrap_err())
}

#[sqlx::test]
async fn one_signature_signs_in_and_vouches(pool: PgPool) {
    let here = site(pool).await;
    let alice = person(1);
    let text = alice.challenge(&here).await;
    let sign_in = SignIn::parse(&text).unwrap();
    assert_eq!(
        (sign_in.domain.as_str(), sign_in.uri.as_str()),
        (DOMAIN, "http://localhost:3000")
    );
    assert_eq!(sign_in.installation, alice.installation());
    assert!(sign_in.nonce.len() >= 32, "128 bits and more");

    let accounts = &here.services.accounts;
    let signed_in = accounts
        .sign_in(&alice.browser, &text, &alice.sign(&text), AGENT)
        .await
        .unwrap();
    let session = accounts.session(&signed_in.token).await.unwrap();
    assert_eq!(session, signed_in.session);
    assert_eq!(session.address, alice.address());
    assert_eq!(session.installation, alice.installation());
    assert_eq!(session.me().name, "");

    let sessions = accounts.sessions(&session).await.unwrap();
    assert_eq!(sessions.len(), 1);
    assert!(sessions[0].is_current && sessions[0].agent == "Firefox on Linux");
    let installations = accounts.installations(&session).await.unwrap();
    assert_eq!(installations.len(), 1);
    assert!(installations[0].is_current && installations[0].id == alice.installation());

    // What others need to believe it is in the directory, and it holds by itself.
    let directory = &here.services.directory;
    let listed = directory.installations_of(alice.address()).await.unwrap();
    assert_eq!(listed.len(), 1);
    let bytes = directory.association(listed[0].1).await.unwrap().unwrap();
    let vouched = Association::from_bytes(&bytes).unwrap().verify(DOMAIN).unwrap();
    assert_eq!(
        (vouched.address, vouched.installation, vouched.hash),
        (alice.address(), listed[0].0, listed[0].1)
    );
    assert_eq!(
        directory
            .public_key(alice.installation())
            .await
            .unwrap()
            .unwrap()
            .to_vec(),
        alice.key
    );
    assert_eq!(directory.association(AssociationHash([7; 32])).await.unwrap(), None);
    assert!(
        directory
            .installations_of(person(2).address())
            .await
            .unwrap()
            .is_empty()
    );
}

#[sqlx::test]
async fn a_nonce_is_used_once_even_when_two_try_at_once(pool: PgPool) {
    let here = site(pool.clone()).await;
    let alice = person(1);
    let text = alice.challenge(&here).await;
    let signature = alice.sign(&text);
    let accounts = &here.services.accounts;
    let attempt = || accounts.sign_in(&alice.browser, &text, &signature, AGENT);
    let (one, other) = tokio::join!(attempt(), attempt());
    assert_eq!([&one, &other].iter().filter(|attempt| attempt.is_ok()).count(), 1);
    let loser = if one.is_ok() { other } else { one };
    assert_eq!(code(loser), ErrorCode::NonceSpent);
    assert_eq!(code(attempt().await), ErrorCode::NonceSpent);
    let sessions: i64 = sqlx::query_scalar("select count(*) from sessions")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(sessions, 1);
}

#[sqlx::test]
async fn a_text_is_good_for_five_minutes(pool: PgPool) {
    let here = site(pool).await;
    let alice = person(1);
    let accounts = &here.services.accounts;
    let (early, late) = (alice.challenge(&here).await, alice.challenge(&here).await);
    here.clock.forward(298);
    accounts
        .sign_in(&alice.browser, &early, &alice.sign(&early), AGENT)
        .await
        .unwrap();
    here.clock.forward(2);
    assert_eq!(
        code(accounts.sign_in(&alice.browser, &late, &alice.sign(&late), AGENT).await),
        ErrorCode::Expired
    );
}

#[sqlx::test]
async fn a_text_belongs_to_the_browser_that_asked(pool: PgPool) {
    let here = site(pool).await;
    let alice = person(1);
    let accounts = &here.services.accounts;
    let text = alice.challenge(&here).await;
    let signature = alice.sign(&text);
    let other = BrowserId::draw(&SystemRandomness);
    assert_eq!(
        code(accounts.sign_in(&other, &text, &signature, AGENT).await),
        ErrorCode::NonceSpent
    );
    // And the stranger's attempt has not used it up.
    accounts
        .sign_in(&alice.browser, &text, &signature, AGENT)
        .await
        .unwrap();
}

#[sqlx::test]
async fn only_the_very_text_that_was_given_out_counts(pool: PgPool) {
    let here = site(pool).await;
    let (alice, eve) = (person(1), person(2));
    let accounts = &here.services.accounts;
    let text = alice.challenge(&here).await;
    let given = SignIn::parse(&text).unwrap();
    let far = "2099-01-01T00:00:00Z".to_owned();
    let changed = [
        (
            SignIn {
                installation: eve.installation(),
                ..given.clone()
            },
            ErrorCode::WrongText,
        ),
        (
            SignIn {
                address: eve.address(),
                ..given.clone()
            },
            ErrorCode::WrongText,
        ),
        (
            SignIn {
                domain: "evil.example".into(),
                ..given.clone()
            },
            ErrorCode::WrongText,
        ),
        (
            SignIn {
                uri: "http://evil.example".into(),
                ..given.clone()
            },
            ErrorCode::WrongText,
        ),
        (
            SignIn {
                chain_id: 1,
                ..given.clone()
            },
            ErrorCode::WrongChain,
        ),
        (
            SignIn {
                expiration_time: far.clone(),
                ..given.clone()
            },
            ErrorCode::Expired,
        ),
        (
            SignIn {
                issued_at: far.clone(),
                expiration_time: far,
                ..given.clone()
            },
            ErrorCode::Expired,
        ),
        (
            SignIn {
                nonce: "0".repeat(40),
                ..given.clone()
            },
            ErrorCode::NonceSpent,
        ),
    ];
    for (changed, expected) in changed {
        let text = changed.text();
        for signer in [&alice, &eve] {
            assert_eq!(
                code(
                    accounts
                        .sign_in(&alice.browser, &text, &signer.sign(&text), AGENT)
                        .await
                ),
                expected,
                "{text}"
            );
        }
    }
    for bad in ["", "hello", &format!("{text}\n"), &text.replace("Jackdaw", "Magpie")] {
        assert_eq!(
            code(accounts.sign_in(&alice.browser, bad, &alice.sign(bad), AGENT).await),
            ErrorCode::WrongText
        );
    }
    let long = "a".repeat(4096);
    assert_eq!(
        code(accounts.sign_in(&alice.browser, &long, &[0; 65], AGENT).await),
        ErrorCode::TooLarge
    );
    assert_eq!(
        code(accounts.sign_in(&alice.browser, &text, &vec![0; 9000], AGENT).await),
        ErrorCode::TooLarge
    );
}

#[sqlx::test]
async fn only_the_accounts_own_low_signature_counts(pool: PgPool) {
    let here = site(pool).await;
    let (alice, eve) = (person(1), person(2));
    let accounts = &here.services.accounts;
    let text = alice.challenge(&here).await;
    let good = alice.sign(&text);
    let mut flipped = good.clone();
    flipped[40] ^= 1;
    let forged = [
        eve.sign(&text),
        alice.sign_high(&text),
        alice.sign("another text"),
        flipped,
        good[..64].to_vec(),
        vec![],
    ];
    for signature in forged {
        let refused = accounts.sign_in(&alice.browser, &text, &signature, AGENT).await;
        assert_eq!(code(refused), ErrorCode::WrongSignature);
    }
    accounts.sign_in(&alice.browser, &text, &good, AGENT).await.unwrap();
}

#[sqlx::test]
async fn other_chains_and_bad_keys_get_no_text(pool: PgPool) {
    let here = site(pool).await;
    let alice = person(1);
    let accounts = &here.services.accounts;
    let ask = async |chain: u64, key: &[u8]| accounts.challenge(&alice.browser, alice.address(), chain, key).await;
    assert_eq!(code(ask(1, &alice.key).await), ErrorCode::WrongChain);
    assert_eq!(code(ask(CHAIN, &alice.key[..64]).await), ErrorCode::Malformed);
    assert_eq!(code(ask(CHAIN, &[2; 65]).await), ErrorCode::Malformed);
    // Looks like a key and is no point of the curve: found out when somebody vouches for it.
    let mut off = alice.key.clone();
    off[40] ^= 1;
    let text = ask(CHAIN, &off).await.unwrap().text;
    assert_eq!(
        code(accounts.sign_in(&alice.browser, &text, &alice.sign(&text), AGENT).await),
        ErrorCode::WrongSignature
    );
}

#[sqlx::test]
async fn an_installation_has_one_account(pool: PgPool) {
    let here = site(pool).await;
    person(1).sign_in(&here).await;
    // Eve vouches for the key of Alice's browser.
    let eve = person_with(2, 1);
    let text = eve.challenge(&here).await;
    let refused = here
        .services
        .accounts
        .sign_in(&eve.browser, &text, &eve.sign(&text), AGENT)
        .await;
    assert_eq!(code(refused), ErrorCode::NotYourInstallation);
    assert!(
        here.services
            .directory
            .installations_of(eve.address())
            .await
            .unwrap()
            .is_empty(),
        "nothing half done"
    );
}

#[sqlx::test]
async fn signing_in_again_keeps_the_installation(pool: PgPool) {
    let here = site(pool).await;
    let alice = person(1);
    alice.sign_in(&here).await;
    let directory = &here.services.directory;
    let listed = async || directory.installations_of(alice.address()).await.unwrap();
    let first = listed().await;
    // The answer to the first was lost, say: the second one tells the browser by what others know it.
    here.clock.forward(10);
    let again = alice.sign_in(&here).await;
    assert_eq!(again.association.hash(), first[0].1);
    assert_eq!(listed().await, first);
    here.clock.forward(10);
    let session = alice.session(&here).await;
    assert!(
        directory.association(first[0].1).await.unwrap().is_some(),
        "associations stay"
    );
    assert_eq!(here.services.accounts.sessions(&session).await.unwrap().len(), 3);
}

#[sqlx::test]
async fn tokens_of_others_are_none(pool: PgPool) {
    let here = site(pool.clone()).await;
    let elsewhere = site_of(pool, "other.example").await;
    let signed_in = person(1).sign_in(&here).await;
    let accounts = &here.services.accounts;
    assert_eq!(
        code(elsewhere.services.accounts.session(&signed_in.token).await),
        ErrorCode::NotSignedIn
    );
    let (rest, signature) = signed_in.token.rsplit_once('.').unwrap();
    let (_, claims) = rest.split_once('.').unwrap();
    let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    for bad in [
        "",
        "a.b.c",
        rest,
        &format!("{rest}."),
        &format!("{unsigned}.{claims}."),
        &format!("{unsigned}.{claims}.{signature}"),
    ] {
        assert_eq!(code(accounts.session(bad).await), ErrorCode::NotSignedIn, "{bad}");
    }
    assert_eq!(
        code(accounts.session(&"a".repeat(100_000)).await),
        ErrorCode::NotSignedIn
    );
    accounts.session(&signed_in.token).await.unwrap();
}

#[sqlx::test]
async fn signing_out_ends_the_session_and_says_so(pool: PgPool) {
    let here = site(pool).await;
    let accounts = &here.services.accounts;
    let signed_in = person(1).sign_in(&here).await;
    let subscription = here.services.notifier.subscribe(signed_in.session.id);
    accounts.sign_out(&signed_in.session).await.unwrap();
    assert_eq!(subscription.subscriber().ended().await, ErrorCode::SessionEnded);
    assert_eq!(code(accounts.session(&signed_in.token).await), ErrorCode::SessionEnded);
    assert_eq!(
        accounts.end_reason(signed_in.session.id).await.unwrap(),
        Some(ErrorCode::SessionEnded)
    );
}

#[sqlx::test]
async fn others_are_ended_and_strangers_are_not(pool: PgPool) {
    let here = site(pool).await;
    let accounts = &here.services.accounts;
    let phone = person_with(1, 11).sign_in(&here).await;
    let tablet = person_with(1, 12).sign_in(&here).await;
    let laptop = person_with(1, 13).sign_in(&here).await;
    let bob = person(2).sign_in(&here).await;
    let [at_phone, at_tablet, at_laptop, at_bobs] = [&phone, &tablet, &laptop, &bob].map(|one| {
        let subscription = here.services.notifier.subscribe(one.session.id);
        (subscription.subscriber(), subscription)
    });

    accounts
        .end_session(&laptop.session, &phone.session.id.to_string())
        .await
        .unwrap();
    assert_eq!(at_phone.0.ended().await, ErrorCode::SessionEnded);
    assert_eq!(at_tablet.0.ended().now_or_never(), None);
    assert_eq!(code(accounts.session(&phone.token).await), ErrorCode::SessionEnded);
    for not_ours in [
        bob.session.id.to_string(),
        phone.session.id.to_string(),
        "nonsense".to_owned(),
    ] {
        assert_eq!(
            code(accounts.end_session(&laptop.session, &not_ours).await),
            ErrorCode::NotFound
        );
    }

    assert_eq!(accounts.end_others(&laptop.session).await.unwrap(), 1);
    assert_eq!(at_tablet.0.ended().await, ErrorCode::SessionEnded);
    for other in [at_laptop, at_bobs] {
        assert_eq!(other.0.ended().now_or_never(), None);
    }
    accounts.session(&laptop.token).await.unwrap();
    accounts.session(&bob.token).await.unwrap();
    assert_eq!(accounts.sessions(&laptop.session).await.unwrap().len(), 1);
}

#[sqlx::test]
async fn what_is_over_is_swept(pool: PgPool) {
    let here = site(pool.clone()).await;
    let accounts = &here.services.accounts;
    let signed_in = person(1).sign_in(&here).await;
    person(2).challenge(&here).await;
    let subscription = here.services.notifier.subscribe(signed_in.session.id);
    let rows = async |table: &'static str| {
        let count = format!("select count(*) from {table}");
        sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(count))
            .fetch_one(&pool)
            .await
            .unwrap()
    };
    accounts.sweep().await.unwrap();
    assert_eq!((rows("challenges").await, rows("sessions").await), (1, 1));
    here.clock.forward(5 * 60);
    accounts.sweep().await.unwrap();
    assert_eq!((rows("challenges").await, rows("sessions").await), (0, 1));
    here.clock.forward(30 * 24 * 3600);
    assert_eq!(code(accounts.session(&signed_in.token).await), ErrorCode::NotSignedIn);
    accounts.sweep().await.unwrap();
    assert_eq!(rows("sessions").await, 0);
    assert_eq!(subscription.subscriber().ended().await, ErrorCode::SessionEnded);
}

#[sqlx::test]
async fn people_are_known_by_the_names_they_chose(pool: PgPool) {
    let here = site(pool).await;
    let accounts = &here.services.accounts;
    let (alice, bob, carol) = (person(1), person(2), person(3));
    let signed_in = alice.sign_in(&here).await;
    bob.sign_in(&here).await;
    assert_eq!(
        accounts.set_name(&signed_in.session, "  Alice ").await.unwrap(),
        "Alice"
    );
    for bad in ["A\u{202e}lice", "\u{200d}", "0x7099…79C8"] {
        let refused = accounts.set_name(&signed_in.session, bad).await;
        assert_eq!(code(refused), ErrorCode::BadName, "{bad:?}");
    }
    assert_eq!(accounts.session(&signed_in.token).await.unwrap().me().name, "Alice");
    let people = here
        .services
        .people
        .people(&[carol.address(), alice.address(), bob.address()])
        .await
        .unwrap();
    let seen: Vec<_> = people
        .iter()
        .map(|person| (person.address, person.name.as_str(), person.is_registered))
        .collect();
    assert_eq!(
        seen,
        [
            (carol.address(), "", false),
            (alice.address(), "Alice", true),
            (bob.address(), "", true)
        ]
    );
    assert!(here.services.people.people(&vec![alice.address(); 201]).await.is_err());

    // An empty name removes the name.
    assert_eq!(accounts.set_name(&signed_in.session, "  ").await.unwrap(), "");
    assert_eq!(accounts.session(&signed_in.token).await.unwrap().me().name, "");
}

#[sqlx::test]
async fn an_account_names_its_own_browsers_and_nobody_elses(pool: PgPool) {
    let here = site(pool).await;
    let accounts = &here.services.accounts;
    let (alice, bob) = (person(1), person(2));
    let (hers, his) = (alice.sign_in(&here).await.session, bob.sign_in(&here).await.session);
    let named = accounts.name_installation(&hers, hers.installation, " At home ").await;
    assert_eq!(named.unwrap(), "At home");
    assert_eq!(accounts.installations(&hers).await.unwrap()[0].name, "At home");
    let elses = accounts.name_installation(&his, hers.installation, "mine").await;
    assert_eq!(code(elses), ErrorCode::NotFound);
    let bad = accounts.name_installation(&hers, hers.installation, "a\nb").await;
    assert_eq!(code(bad), ErrorCode::BadName);
    accounts.name_installation(&hers, hers.installation, "").await.unwrap();
    assert_eq!(accounts.installations(&hers).await.unwrap()[0].name, "");
}

#[test]
fn the_session_key_is_made_once_and_is_the_owners() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let made = SessionKey::load_or_make(folder.path(), &SystemRandomness).unwrap();
    let loaded = SessionKey::load_or_make(folder.path(), &SystemRandomness).unwrap();
    assert!(made == loaded);
    assert!(!format!("{made:?}").contains(|c: char| c.is_ascii_digit()));
    let path = folder.path().join("session.key");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::write(&path, "short").unwrap();
    assert!(SessionKey::load_or_make(folder.path(), &SystemRandomness).is_err());
}
