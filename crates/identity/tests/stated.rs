//! What an association states, and who proves it: keys first, then the one chain of the text.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{DOMAIN, address, association, installation, public_key, sign, sign_in, wallet};
use identity::{AccountKind, Association, AssociationError, SignIn, SignatureError, fingerprint, personal_digest};
use protocol::{Address, limits};

const CHAIN: u64 = 31_337;
const HERE: AccountKind = AccountKind::Contract { chain_id: CHAIN };

/// What a contract account would show, with a signature in its own form.
fn of_a_contract(signature: Vec<u8>) -> Association {
    let text = SignIn {
        address: Address::repeat_byte(0xcc),
        ..sign_in()
    }
    .text();
    Association {
        text,
        signature,
        public_key: public_key(&installation(2)),
    }
}

#[test]
fn what_is_stated_is_what_is_vouched_for() {
    let stated = association().stated(DOMAIN).unwrap();
    assert_eq!(stated.sign_in(), &sign_in());
    assert_eq!(stated.digest(), &personal_digest(&association().text));
    assert_eq!(stated.signature(), association().signature);
    assert_eq!(stated.installation, fingerprint(&public_key(&installation(2))));
    let vouched = stated.by_key().unwrap();
    assert_eq!(*vouched, stated);
    assert_eq!(vouched.kind(), AccountKind::Key);
    assert_eq!(association().verify(DOMAIN).unwrap(), vouched);
}

#[test]
fn a_contracts_form_holds_whatever_its_signature() {
    for signature in [vec![], vec![7], vec![9; 65], vec![1; limits::SIGNATURE]] {
        let association = of_a_contract(signature);
        let stated = association.stated(DOMAIN).unwrap();
        assert_eq!(stated.address, Address::repeat_byte(0xcc));
        assert!(stated.by_key().is_err());
        assert_eq!(association.verify(DOMAIN), stated.by_key());
        assert_eq!(
            Association::from_bytes(&association.to_bytes())
                .unwrap()
                .stated(DOMAIN)
                .unwrap(),
            stated
        );
    }
    let too_large = of_a_contract(vec![1; limits::SIGNATURE + 1]);
    assert_eq!(too_large.stated(DOMAIN), Err(AssociationError::TooLarge));
    let here = of_a_contract(vec![7]);
    assert_eq!(here.stated("eve.example"), Err(AssociationError::WrongDomain));
    let stolen = Association {
        public_key: public_key(&installation(9)),
        ..here.clone()
    };
    assert_eq!(stolen.stated(DOMAIN), Err(AssociationError::WrongInstallation));
    let shapeless = Association {
        text: format!("{}\n", here.text),
        ..here
    };
    assert!(matches!(shapeless.stated(DOMAIN), Err(AssociationError::Text(_))));
}

#[test]
fn the_chain_of_the_text_has_the_word() {
    let stated = of_a_contract(vec![7; 100]).stated(DOMAIN).unwrap();
    assert_eq!(
        stated.by_key(),
        Err(AssociationError::Signature(SignatureError::Length(100)))
    );
    let vouched = stated.by_contract(CHAIN, true).unwrap();
    assert_eq!((vouched.kind(), vouched.address), (HERE, stated.address));
    assert_eq!(vouched.hash, stated.hash);
    assert_eq!(stated.by_contract(CHAIN, false), Err(AssociationError::WrongSigner));
    // An answer for another chain says nothing about this account.
    assert_eq!(stated.by_contract(1, true), Err(AssociationError::WrongChain));
}

#[test]
fn an_owners_key_is_not_the_contracts() {
    // The wallet's owner signs, as contract wallets want it: 65 bytes that name somebody else.
    let text = of_a_contract(vec![]).text;
    let stated = of_a_contract(sign(&wallet(1), &text)).stated(DOMAIN).unwrap();
    assert_eq!(stated.by_key(), Err(AssociationError::WrongSigner));
    assert_eq!(stated.by_contract(CHAIN, true).unwrap().kind(), HERE);
}

#[test]
fn no_chain_speaks_against_a_key() {
    // EIP-7702: the account has code, and whatever that says, its key has signed.
    let stated = association().stated(DOMAIN).unwrap();
    assert_eq!(stated.address, address(&wallet(1)));
    for (chain, yes) in [(CHAIN, true), (CHAIN, false), (1, true)] {
        assert_eq!(stated.by_contract(chain, yes).unwrap().kind(), AccountKind::Key);
    }
}

#[test]
fn a_key_outranks_code_and_nothing_else_changes() {
    let elsewhere = AccountKind::Contract { chain_id: 1 };
    for (known, shown, may) in [
        (AccountKind::Key, AccountKind::Key, true),
        (AccountKind::Key, HERE, false),
        (HERE, HERE, true),
        (HERE, elsewhere, false),
        (HERE, AccountKind::Key, true),
    ] {
        assert_eq!(known.may_become(shown), may, "{known:?} {shown:?}");
    }
    assert_eq!((AccountKind::Key.chain_id(), HERE.chain_id()), (None, Some(CHAIN)));
}
