//! Revoking an installation: who may, and what ends by it.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{DOMAIN, Here, Person, commit, message, person, person_with, site};
use identity::{Association, Revocation, Revoker};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use protocol::{ErrorCode, InstallationId, Topic, UnixMillis, limits};
use services::accounts::SignedIn;
use sqlx::PgPool;

/// `signer` says, with the installation key of this number, that this installation is no more.
fn revocation(account: &Person, signer: &Association, key: u8, revoked: InstallationId) -> Revocation {
    let mut revocation = Revocation {
        account: account.address(),
        installation: revoked,
        at: UnixMillis(1_795_000_000_000),
        revoker: Revoker::Installation(signer.hash()),
        signature: Vec::new(),
    };
    let key = SigningKey::from_slice(&[key; 32]).unwrap();
    let signature: Signature = key.sign(&revocation.to_sign(DOMAIN));
    revocation.signature = signature.to_der().as_bytes().to_vec();
    revocation
}

/// Alice at two browsers, 11 and 12.
async fn two(here: &Here) -> (Person, SignedIn, Person, SignedIn) {
    let (laptop, phone) = (person_with(1, 11), person_with(1, 12));
    let (at_laptop, at_phone) = (laptop.sign_in(here).await, phone.sign_in(here).await);
    (laptop, at_laptop, phone, at_phone)
}

async fn revoke(here: &Here, asker: &Person, revocation: &Revocation) -> Result<(), ErrorCode> {
    let accounts = &here.services.accounts;
    let done = accounts.revoke(asker.address(), &revocation.to_bytes()).await;
    done.map_err(|error| ErrorCode::from(&error))
}

#[sqlx::test]
async fn what_it_had_here_ends_and_everybody_can_see_why(pool: PgPool) {
    let here = site(pool).await;
    let (laptop, at_laptop, phone, at_phone) = two(&here).await;
    let (accounts, directory) = (&here.services.accounts, &here.services.directory);
    let packages = directory.publish_key_packages(phone.installation(), &[b"one"], Some(b"last"));
    packages.await.unwrap();
    let subscription = here.services.notifier.subscribe(at_phone.session.id);
    let statement = revocation(&laptop, &at_laptop.association, 11, phone.installation());
    revoke(&here, &laptop, &statement).await.unwrap();

    assert_eq!(subscription.subscriber().ended().await, ErrorCode::Revoked);
    let over = accounts.session(&at_phone.token).await.unwrap_err();
    assert_eq!(ErrorCode::from(&over), ErrorCode::Revoked);
    assert_eq!(
        accounts.end_reason(at_phone.session.id).await.unwrap(),
        Some(ErrorCode::Revoked)
    );
    assert_eq!(accounts.end_reason(at_laptop.session.id).await.unwrap(), None);
    assert_eq!(directory.claim_key_package(phone.installation()).await.unwrap(), None);
    assert_eq!(directory.public_key(phone.installation()).await.unwrap(), None);
    let listed = directory.installations_of(laptop.address()).await.unwrap();
    assert_eq!(listed, [(laptop.installation(), at_laptop.association.hash())]);
    let asked = [phone.installation(), laptop.installation(), InstallationId([9; 32])];
    assert_eq!(directory.revocations(&asked).await.unwrap(), [statement.to_bytes()]);
    // Its association stays: members read old entries with it.
    let kept = directory.association(at_phone.association.hash()).await.unwrap();
    assert_eq!(kept, Some(at_phone.association.to_bytes()));

    // Said twice, by whomever, the first word stands.
    let again = Revocation {
        at: UnixMillis(1),
        ..revocation(&laptop, &at_laptop.association, 11, phone.installation())
    };
    assert_eq!(revoke(&here, &laptop, &again).await, Err(ErrorCode::WrongSignature));
    revoke(&here, &laptop, &statement).await.unwrap();
    assert_eq!(directory.revocations(&asked).await.unwrap(), [statement.to_bytes()]);

    // The key never comes back; a new one does.
    let text = phone.challenge(&here).await;
    let back = accounts
        .sign_in(&phone.browser, &text, &phone.sign(&text), common::AGENT)
        .await;
    assert_eq!(ErrorCode::from(&back.unwrap_err()), ErrorCode::Revoked);
    person_with(1, 13).sign_in(&here).await;
}

#[sqlx::test]
async fn an_installation_may_revoke_itself_and_the_accounts_key_any(pool: PgPool) {
    let here = site(pool).await;
    let (laptop, at_laptop, phone, at_phone) = two(&here).await;
    let itself = revocation(&phone, &at_phone.association, 12, phone.installation());
    revoke(&here, &phone, &itself).await.unwrap();
    let mut by_wallet = Revocation {
        revoker: Revoker::Account,
        ..revocation(&laptop, &at_laptop.association, 11, laptop.installation())
    };
    by_wallet.signature = laptop.sign(&by_wallet.text(DOMAIN));
    revoke(&here, &laptop, &by_wallet).await.unwrap();
    let directory = &here.services.directory;
    assert_eq!(directory.installations_of(laptop.address()).await.unwrap(), []);
}

#[sqlx::test]
async fn forged_foreign_and_misplaced_ones_revoke_nobody(pool: PgPool) {
    let here = site(pool).await;
    let (laptop, at_laptop, phone, at_phone) = two(&here).await;
    let bob = person(2);
    let at_bob = bob.sign_in(&here).await;
    let good = revocation(&laptop, &at_laptop.association, 11, phone.installation());

    // Another key; another site; somebody else's browser under the account's name; a stranger's word.
    let forged = revocation(&laptop, &at_laptop.association, 2, phone.installation());
    assert_eq!(revoke(&here, &laptop, &forged).await, Err(ErrorCode::WrongSignature));
    let mut elsewhere = good.clone();
    let key = SigningKey::from_slice(&[11; 32]).unwrap();
    let signature: Signature = key.sign(&elsewhere.to_sign("evil.example"));
    elsewhere.signature = signature.to_der().as_bytes().to_vec();
    assert_eq!(revoke(&here, &laptop, &elsewhere).await, Err(ErrorCode::WrongSignature));
    let of_bob = revocation(&laptop, &at_laptop.association, 11, bob.installation());
    assert_eq!(revoke(&here, &laptop, &of_bob).await, Err(ErrorCode::NotFound));
    let by_bob = revocation(&laptop, &at_bob.association, 2, phone.installation());
    assert_eq!(revoke(&here, &laptop, &by_bob).await, Err(ErrorCode::WrongSignature));
    // Handed in by somebody else; cut.
    assert_eq!(revoke(&here, &bob, &good).await, Err(ErrorCode::NotYourInstallation));
    let cut = good.to_bytes();
    let cut = here.services.accounts.revoke(laptop.address(), &cut[..40]).await;
    assert_eq!(ErrorCode::from(&cut.unwrap_err()), ErrorCode::Malformed);
    let asked = vec![InstallationId([1; 32]); limits::REVOCATIONS + 1];
    let many = here.services.directory.revocations(&asked).await;
    assert_eq!(ErrorCode::from(&many.unwrap_err()), ErrorCode::TooLarge);
    let listed = here
        .services
        .directory
        .installations_of(laptop.address())
        .await
        .unwrap();
    assert_eq!(listed.len(), 2);

    // A revoked installation can revoke only itself.
    revoke(&here, &laptop, &good).await.unwrap();
    let late = revocation(&phone, &at_phone.association, 12, laptop.installation());
    assert_eq!(revoke(&here, &phone, &late).await, Err(ErrorCode::WrongSignature));
}

#[sqlx::test]
async fn a_removed_installation_reads_no_further(pool: PgPool) {
    let here = site(pool).await;
    let (laptop, _, phone, _) = two(&here).await;
    let bob = person(2);
    bob.sign_in(&here).await;
    let topic = Topic([9; 32]);
    let delivery = &here.services.delivery;
    let add = [laptop.installation(), phone.installation()];
    let publish = async |publish| delivery.publish(bob.installation(), publish).await.unwrap();
    publish(commit(topic, 1, 0, &add, &[])).await;
    publish(message(topic, 2, 1, b"to both")).await;
    publish(commit(topic, 3, 1, &[], &[phone.installation()])).await;
    publish(message(topic, 4, 3, b"to one")).await;
    let page = delivery
        .read(phone.installation(), topic, protocol::Seq(1), 50)
        .await
        .unwrap();
    let last = page.envelopes.last().unwrap().seq.0;
    assert_eq!((last, page.closed), (3, true), "up to the commit that removed it");
    let page = delivery
        .read(laptop.installation(), topic, protocol::Seq(1), 50)
        .await
        .unwrap();
    assert_eq!(page.envelopes.last().unwrap().seq.0, 4);
}
