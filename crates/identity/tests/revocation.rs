//! Who may revoke an installation, and what is not a revocation.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{DOMAIN, address, association, installation, public_key, sign, sign_in, wallet};
use identity::{Association, Revocation, RevocationError, Revoker, Stated, fingerprint};
use p256::ecdsa::{Signature, signature::Signer};
use protocol::{InstallationId, UnixMillis, limits};

/// The same account's installation with this key.
fn another(byte: u8) -> Association {
    let key = public_key(&installation(byte));
    let text = identity::SignIn {
        installation: fingerprint(&key),
        ..sign_in()
    }
    .text();
    Association {
        signature: sign(&wallet(1), &text),
        text,
        public_key: key,
    }
}

fn stated(association: &Association) -> Stated {
    association.stated(DOMAIN).unwrap()
}

fn sealed(mut revocation: Revocation, by: u8, domain: &str) -> Revocation {
    let signature: Signature = installation(by).sign(&revocation.to_sign(domain));
    revocation.signature = signature.to_der().as_bytes().to_vec();
    revocation
}

/// Installation 3 of the account is revoked by installation 2.
fn revocation() -> Revocation {
    let unsigned = Revocation {
        account: address(&wallet(1)),
        installation: fingerprint(&public_key(&installation(3))),
        at: UnixMillis(1_795_000_000_000),
        revoker: Revoker::Installation(association().hash()),
        signature: Vec::new(),
    };
    sealed(unsigned, 2, DOMAIN)
}

#[test]
fn another_installation_the_revoked_one_itself_and_the_accounts_key_may() {
    let revocation = revocation();
    assert_eq!(revocation.verify(DOMAIN, Some(&stated(&association()))), Ok(()));

    let own = another(3);
    let itself = Revocation {
        revoker: Revoker::Installation(own.hash()),
        ..revocation.clone()
    };
    let itself = sealed(itself, 3, DOMAIN);
    assert_eq!(itself.verify(DOMAIN, Some(&stated(&own))), Ok(()));

    let mut by_wallet = Revocation {
        revoker: Revoker::Account,
        ..revocation
    };
    by_wallet.signature = sign(&wallet(1), &by_wallet.text(DOMAIN));
    assert_eq!(by_wallet.verify(DOMAIN, None), Ok(()));
    assert_eq!(
        (by_wallet.association(), itself.association()),
        (None, Some(own.hash()))
    );
    by_wallet.signature = sign(&wallet(9), &by_wallet.text(DOMAIN));
    assert_eq!(by_wallet.verify(DOMAIN, None), Err(RevocationError::WrongSigner));
}

#[test]
fn nobody_else_may_and_no_word_of_it_can_be_changed() {
    let (good, signer) = (revocation(), stated(&association()));
    let wrong = |revocation: Revocation| revocation.verify(DOMAIN, Some(&signer)).unwrap_err();
    // Another account, another installation, another time, another site.
    let of_another = Revocation {
        account: address(&wallet(7)),
        ..good.clone()
    };
    assert_eq!(wrong(of_another), RevocationError::WrongSigner);
    let elsewhere = Revocation {
        installation: InstallationId([9; 32]),
        ..good.clone()
    };
    assert_eq!(wrong(elsewhere), RevocationError::WrongSignature);
    let later = Revocation {
        at: UnixMillis(good.at.0 + 1),
        ..good.clone()
    };
    assert_eq!(wrong(later), RevocationError::WrongSignature);
    assert_eq!(
        wrong(sealed(good.clone(), 2, "evil.example")),
        RevocationError::WrongSignature
    );
    // A key that the named association does not speak for; an association that is not the named one, or none.
    assert_eq!(wrong(sealed(good.clone(), 4, DOMAIN)), RevocationError::WrongSignature);
    let other = stated(&another(4));
    assert_eq!(good.verify(DOMAIN, Some(&other)), Err(RevocationError::WrongSigner));
    assert_eq!(good.verify(DOMAIN, None), Err(RevocationError::WrongSigner));
    // What an installation signed is not the wallet's word, nor the other way round.
    let by_account = Revocation {
        revoker: Revoker::Account,
        ..good
    };
    assert_eq!(wrong(by_account), RevocationError::WrongSignature);
}

#[test]
fn only_its_one_encoding_is_read() {
    let good = revocation();
    let bytes = good.to_bytes();
    assert!(bytes.len() <= limits::REVOCATION, "{}", bytes.len());
    assert_eq!(Revocation::from_bytes(&bytes).unwrap(), good);
    for cut in 0..bytes.len() {
        assert_eq!(
            Revocation::from_bytes(&bytes[..cut]),
            Err(RevocationError::Malformed),
            "{cut}"
        );
    }
    let mut longer = bytes.clone();
    longer.push(0);
    let mut newer = bytes;
    newer[0] = 2;
    let mut fat = good;
    fat.signature = vec![0; limits::REVOCATION];
    for bad in [longer, newer, fat.to_bytes(), Vec::new()] {
        assert_eq!(Revocation::from_bytes(&bad), Err(RevocationError::Malformed));
    }
}

/// What is signed and what is kept never changes.
#[test]
fn the_bytes_are_these() {
    let revocation = revocation();
    let signed = revocation.to_sign(DOMAIN);
    let start = b"jackdaw/revoke/1\0jackdaw.example\0";
    assert_eq!(&signed[..start.len()], start);
    let rest = [
        revocation.account.as_slice(),
        &revocation.installation.0,
        &1_795_000_000_000_i64.to_be_bytes(),
        &association().hash().0,
    ]
    .concat();
    assert_eq!(&signed[start.len()..], rest);
    let bytes = revocation.to_bytes();
    assert_eq!((bytes[0], bytes[1]), (1, 20), "version, then the address");
    let text = revocation.text(DOMAIN);
    assert!(text.starts_with("Revoke a browser at jackdaw.example\n"), "{text}");
}
