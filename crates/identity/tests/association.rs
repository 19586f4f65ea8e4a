//! Associations, wallet signatures and the socket's challenge.
#![allow(
    clippy::unwrap_used,
    clippy::too_many_lines,
    clippy::large_stack_arrays,
    reason = "tests"
)]

mod common;

use common::{DOMAIN, address, association, installation, public_key, sign, sign_in, wallet};
use identity::{
    Association, AssociationError, SignIn, SignInError, SignatureError, challenge_bytes, fingerprint, personal_digest,
    recover, verify_challenge,
};
use p256::ecdsa::signature::Signer;

#[test]
fn an_association_holds_for_its_site() {
    let vouched = association().verify(DOMAIN).unwrap();
    assert_eq!(vouched.address, address(&wallet(1)));
    assert_eq!(vouched.public_key.as_slice(), public_key(&installation(2)));
    assert_eq!(vouched.installation, fingerprint(&vouched.public_key));
    assert_eq!(vouched.hash, association().hash());
}

#[test]
fn an_association_keeps_its_bytes() {
    let bytes = association().to_bytes();
    assert_eq!(Association::from_bytes(&bytes), Ok(association()));
    // Stored by every client and named by its hash in every credential: these bytes never change.
    assert_eq!(bytes.len(), 556);
    let text = association().text;
    assert_eq!(bytes[..3], [1, 0xa5, 0x03]); // the version, then the text's length (421) as a varint
    assert_eq!(&bytes[3..424], text.as_bytes());
    assert_eq!(bytes[424], 65);
    assert_eq!(bytes[425..490], association().signature);
    assert_eq!(bytes[490], 65);
    assert_eq!(bytes[491..], association().public_key);
    assert_eq!(
        association().hash().to_string(),
        "a105c343198966ead865bd047b8b6b83d3bb9e7f5ab541e67c994d9b90ba250d"
    );
}

#[test]
fn bytes_that_are_no_association_are_refused() {
    let bytes = association().to_bytes();
    for cut in 0..bytes.len() {
        assert!(Association::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    assert_eq!(
        Association::from_bytes(&[bytes.clone(), vec![0]].concat()),
        Err(AssociationError::Malformed)
    );
    let mut newer = bytes.clone();
    newer[0] = 2;
    assert_eq!(
        Association::from_bytes(&newer),
        Err(AssociationError::UnknownVersion(2))
    );
    // a length with an unnecessary byte decodes to the same fields but would have another hash
    let mut longer = bytes.clone();
    longer[2] |= 0x80;
    longer.insert(3, 0);
    assert_eq!(Association::from_bytes(&longer), Err(AssociationError::Malformed));
    assert_eq!(Association::from_bytes(&[1; 20_000]), Err(AssociationError::TooLarge));
    let large = Association {
        signature: vec![0; 8193],
        ..association()
    };
    assert_eq!(
        Association::from_bytes(&large.to_bytes()),
        Err(AssociationError::TooLarge)
    );
    assert_eq!(large.verify(DOMAIN), Err(AssociationError::TooLarge));
    // a length that promises more than there is
    assert_eq!(
        Association::from_bytes(&[1, 0xff, 0xff, 0xff, 0xff, 0x0f]),
        Err(AssociationError::Malformed)
    );
}

#[test]
fn another_site_does_not_believe_it() {
    for domain in [
        "jackdaw.example:443",
        "eve.example",
        "Jackdaw.example",
        "example",
        "",
        "jackdaw.example.eve.example",
    ] {
        assert_eq!(
            association().verify(domain),
            Err(AssociationError::WrongDomain),
            "{domain}"
        );
    }
    let text = SignIn {
        uri: "https://eve.example".into(),
        ..sign_in()
    }
    .text();
    let elsewhere = Association {
        signature: sign(&wallet(1), &text),
        text,
        ..association()
    };
    assert_eq!(elsewhere.verify(DOMAIN), Err(AssociationError::WrongDomain));
    assert_eq!(elsewhere.verify("eve.example"), Err(AssociationError::WrongDomain));
}

#[test]
fn a_forged_association_is_refused() {
    // Eve signs a text that names Alice
    let forged = Association {
        signature: sign(&wallet(9), &association().text),
        ..association()
    };
    assert_eq!(forged.verify(DOMAIN), Err(AssociationError::WrongSigner));
    // Eve puts her own key under Alice's text
    let stolen = Association {
        public_key: public_key(&installation(9)),
        ..association()
    };
    assert_eq!(stolen.verify(DOMAIN), Err(AssociationError::WrongInstallation));
    // Eve changes the text under Alice's signature
    let text = SignIn {
        installation: fingerprint(&public_key(&installation(9))),
        ..sign_in()
    }
    .text();
    let changed = Association {
        text,
        public_key: public_key(&installation(9)),
        ..association()
    };
    assert_eq!(changed.verify(DOMAIN), Err(AssociationError::WrongSigner));
    // a text that is not of the form, however well signed
    let text = format!("{}\n", sign_in().text());
    let shapeless = Association {
        signature: sign(&wallet(1), &text),
        text,
        ..association()
    };
    assert_eq!(
        shapeless.verify(DOMAIN),
        Err(AssociationError::Text(SignInError::Shape))
    );
}

#[test]
fn a_key_that_is_no_key_is_refused() {
    let with = |public_key: Vec<u8>| {
        let text = SignIn {
            installation: fingerprint(&public_key),
            ..sign_in()
        }
        .text();
        Association {
            signature: sign(&wallet(1), &text),
            text,
            public_key,
        }
        .verify(DOMAIN)
    };
    let good = public_key(&installation(2));
    assert!(with(good.clone()).is_ok());
    let compressed = installation(2).verifying_key().to_sec1_point(true).as_bytes().to_vec();
    let mut off_curve = good.clone();
    off_curve[64] ^= 1;
    let mut hybrid = good.clone();
    hybrid[0] = 6 + (good[64] & 1);
    let mut zero = vec![0; 65];
    let raw = good[1..].to_vec();
    assert_eq!(with(zero.clone()), Err(AssociationError::BadPublicKey));
    zero[0] = 4;
    for bad in [
        vec![],
        zero,
        compressed,
        off_curve,
        hybrid,
        raw,
        [good, vec![0]].concat(),
    ] {
        assert_eq!(
            with(bad.clone()),
            Err(AssociationError::BadPublicKey),
            "{}",
            hex::encode(bad)
        );
    }
}

#[test]
fn every_flipped_bit_of_the_signature_is_noticed() {
    for at in 0..64 * 8 {
        let mut one = association();
        one.signature[at / 8] ^= 1 << (at % 8);
        assert!(one.verify(DOMAIN).is_err(), "bit {at}");
    }
}

#[test]
fn well_known_signatures_name_their_signers() {
    // ethers: hashMessage
    assert_eq!(
        hex::encode(personal_digest("Hello World")),
        "a1de988600a42c4b4ab089b619297c17d53cffae5d5120d82d8a92d0bb3b78f2"
    );
    // (text, signature, signer): viem's first test account; the example of web3.js
    for (text, signature, signer) in [
        (
            "hello world",
            "a461f509887bd19e312c0c58467ce8ff8e300d3c1a90b608a760c5b80318eaf1\
             5fe57c96f9175d6cd4daad4663763baa7e78836e067d0163e9a2ccf2ff753f5b1b",
            "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
        ),
        (
            "Some data",
            "b91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd\
             6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c",
            "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23",
        ),
    ] {
        let recovered = recover(&personal_digest(text), &hex::decode(signature).unwrap()).unwrap();
        assert_eq!(recovered.to_checksum(None), signer);
    }
    // the length in the prefix counts bytes, not characters
    assert_ne!(personal_digest("é"), personal_digest("e"));
}

#[test]
fn a_signature_has_one_spelling() {
    let digest = personal_digest("text");
    let good = sign(&wallet(1), "text");
    assert_eq!(recover(&digest, &good), Ok(address(&wallet(1))));
    let with = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        recover(&digest, &bytes)
    };
    // 0 and 1 are what some wallets give for 27 and 28
    assert_eq!(with(64, good[64] - 27), Ok(address(&wallet(1))));
    assert_ne!(with(64, 55 - good[64]), Ok(address(&wallet(1))));
    for v in (2..=26).chain(29..=255) {
        assert_eq!(with(64, v), Err(SignatureError::RecoveryByte(v)));
    }
    for length in [0, 1, 63, 64, 66, 130] {
        let mut bytes = good.clone();
        bytes.resize(length, 27);
        assert_eq!(recover(&digest, &bytes), Err(SignatureError::Length(length)));
    }
    // high s: the other root, with the other recovery byte, names the same signer and is refused
    let order = hex::decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141").unwrap();
    let mut high = good.clone();
    let mut borrow = 0i16;
    for at in (0..32).rev() {
        let difference = i16::from(order[at]) - i16::from(good[32 + at]) - borrow;
        borrow = i16::from(difference < 0);
        high[32 + at] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    high[64] = 55 - good[64];
    assert_eq!(recover(&digest, &high), Err(SignatureError::HighS));
    // zero and overflowing scalars
    for range in [0..32, 32..64] {
        for filling in [0x00, 0xff] {
            let mut bytes = good.clone();
            bytes[range.clone()].fill(filling);
            assert_eq!(recover(&digest, &bytes), Err(SignatureError::NoKey));
        }
    }
    assert_ne!(recover(&personal_digest("other text"), &good), Ok(address(&wallet(1))));
}

#[test]
fn only_the_installation_answers_a_challenge() {
    let key = installation(2);
    let nonce = [7; 32];
    let bytes = challenge_bytes(DOMAIN, &nonce);
    assert_eq!(
        bytes,
        [b"jackdaw/connect/1\0jackdaw.example\0".as_slice(), &nonce].concat()
    );
    let signature: p256::ecdsa::Signature = key.sign(&bytes);
    let der = signature.to_der();
    let der = der.as_bytes();
    assert!(verify_challenge(&public_key(&key), DOMAIN, &nonce, der));
    assert!(!verify_challenge(&public_key(&key), "eve.example", &nonce, der));
    assert!(!verify_challenge(&public_key(&key), DOMAIN, &[8; 32], der));
    assert!(!verify_challenge(&public_key(&installation(3)), DOMAIN, &nonce, der));
    assert!(!verify_challenge(
        &public_key(&key),
        DOMAIN,
        &nonce,
        &signature.to_bytes()
    ));
    assert!(!verify_challenge(&public_key(&key), DOMAIN, &nonce, &[]));
    assert!(!verify_challenge(&public_key(&key)[1..], DOMAIN, &nonce, der));
    assert!(!verify_challenge(&[], DOMAIN, &nonce, der));
    assert!(!verify_challenge(
        &public_key(&key),
        DOMAIN,
        &nonce,
        &[der, &[0]].concat()
    ));
}
