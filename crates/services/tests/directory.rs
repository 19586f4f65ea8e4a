//! Key packages: claimed once each, the last resort stays.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::HashSet;

use common::{person, person_with, site};
use futures::future::join_all;
use protocol::{ErrorCode, limits};
use sqlx::PgPool;

fn packages(count: usize, mark: u8) -> Vec<Vec<u8>> {
    (0..count)
        .map(|number| vec![mark, u8::try_from(number).unwrap()])
        .collect()
}

#[sqlx::test]
async fn twenty_claimers_get_twenty_different_key_packages(pool: PgPool) {
    let here = site(pool).await;
    let bob = person(2);
    bob.sign_in(&here).await;
    let directory = &here.services.directory;
    let last = Some(&b"last resort"[..]);
    assert_eq!(
        directory
            .publish_key_packages(bob.installation(), &packages(12, 1), last)
            .await
            .unwrap(),
        12
    );
    assert_eq!(
        directory
            .publish_key_packages(bob.installation(), &packages(8, 2), None)
            .await
            .unwrap(),
        20
    );

    let claims = join_all((0..20).map(|_| {
        let (directory, bob) = (directory.clone(), bob.installation());
        tokio::spawn(async move { directory.claim_key_package(bob).await.unwrap().unwrap() })
    }))
    .await;
    let claimed: HashSet<Vec<u8>> = claims.into_iter().map(Result::unwrap).collect();
    assert_eq!(claimed.len(), 20, "no two claimers share one");
    assert!(!claimed.contains(&b"last resort"[..]));
    assert_eq!(directory.key_packages(bob.installation()).await.unwrap(), 0);

    for _ in 0..2 {
        let stays = directory.claim_key_package(bob.installation()).await.unwrap();
        assert_eq!(stays.as_deref(), Some(&b"last resort"[..]));
    }
    let newer = Some(&b"newer"[..]);
    directory
        .publish_key_packages::<&[u8]>(bob.installation(), &[], newer)
        .await
        .unwrap();
    assert_eq!(
        directory
            .claim_key_package(bob.installation())
            .await
            .unwrap()
            .as_deref(),
        newer
    );
}

#[sqlx::test]
async fn without_key_packages_there_is_none_to_claim(pool: PgPool) {
    let here = site(pool).await;
    person(2).sign_in(&here).await;
    let directory = &here.services.directory;
    assert_eq!(
        directory.claim_key_package(person(2).installation()).await.unwrap(),
        None
    );
    assert_eq!(
        directory.claim_key_package(person(3).installation()).await.unwrap(),
        None
    );
}

#[sqlx::test]
async fn too_many_and_too_large_are_refused_whole(pool: PgPool) {
    let here = site(pool).await;
    let bob = person(2);
    bob.sign_in(&here).await;
    let directory = &here.services.directory;
    let large = vec![vec![1], vec![0; limits::KEY_PACKAGE + 1]];
    let cases = [
        (packages(limits::KEY_PACKAGES_PER_FRAME + 1, 0), ErrorCode::TooLarge),
        (large, ErrorCode::TooLarge),
        (vec![vec![1], vec![]], ErrorCode::Malformed),
    ];
    for (bad, expected) in cases {
        let refused = directory
            .publish_key_packages(bob.installation(), &bad, None)
            .await
            .unwrap_err();
        assert_eq!(ErrorCode::from(&refused), expected);
    }
    let stranger = directory
        .publish_key_packages(person(3).installation(), &packages(1, 0), None)
        .await
        .unwrap_err();
    assert_eq!(ErrorCode::from(&stranger), ErrorCode::NoSuchInstallation);
    assert_eq!(directory.key_packages(bob.installation()).await.unwrap(), 0);

    // Over the limit the oldest go.
    for mark in 0..4 {
        directory
            .publish_key_packages(bob.installation(), &packages(12, mark), None)
            .await
            .unwrap();
    }
    assert_eq!(directory.key_packages(bob.installation()).await.unwrap(), 40);
    assert_eq!(
        directory.claim_key_package(bob.installation()).await.unwrap(),
        Some(vec![0, 8])
    );
}

#[sqlx::test]
async fn the_list_is_bounded_and_begins_with_the_last_seen(pool: PgPool) {
    let here = site(pool).await;
    let alice = person(1);
    for installation in 1..=20 {
        person_with(1, installation).sign_in(&here).await;
        here.clock.forward(1);
    }
    let directory = &here.services.directory;
    directory.touch(person_with(1, 3).installation()).await.unwrap();
    let listed = directory.installations_of(alice.address()).await.unwrap();
    assert_eq!(listed.len(), limits::INSTALLATIONS);
    let first: Vec<_> = listed.iter().take(3).map(|(installation, _)| *installation).collect();
    assert_eq!(first, [3, 20, 19].map(|number| person_with(1, number).installation()));
}
