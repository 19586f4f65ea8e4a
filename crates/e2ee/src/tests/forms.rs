//! Key packages of another form than ours, signed by their owner all the same: found by fuzzing.

use openmls::prelude::{Capabilities, KeyPackage, MlsMessageOut};
use openmls_traits::signatures::Signer as _;
use tls_codec::{Serialize as _, VLBytes};

use super::people::{Person, TOPIC, alice_and_bob, all_talk};
use crate::{E2eeError, settings};

/// A key package with other bytes for its init key, signed anew by its owner.
fn with_init_key(owner: &Person, key_package: &[u8], change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    // Version and wire format; version, suite, and a key of 65 bytes behind its length; at the end the signature behind its own.
    let mut bytes = key_package.to_vec();
    change(&mut bytes[10..75]);
    let signed = (70..=72)
        .map(|length| bytes.len() - length)
        .find(|at| bytes[*at] == 0x30 && usize::from(bytes[at - 1]) == bytes.len() - at)
        .unwrap()
        - 2;
    bytes.truncate(signed);
    let opaque = |bytes: &[u8]| VLBytes::from(bytes).tls_serialize_detached().unwrap();
    let signature = owner
        .it
        .signer
        .sign(&[opaque(b"MLS 1.0 KeyPackageTBS"), opaque(&bytes[4..])].concat());
    bytes.extend(opaque(&signature.unwrap()));
    bytes
}

#[test]
fn a_key_package_nothing_can_be_sealed_to_is_refused() {
    let (mut alice, mut bob) = alice_and_bob(false);
    let mut carol = Person::new("carol", 3, &alice.known.clone());
    let good = carol.key_package();
    let bad = with_init_key(&carol, &good, |key| key[64] ^= 1);
    let add = [(bad, carol.vouched.clone())];
    // Not `Internal`: it is Carol's defect, not ours.
    assert_eq!(
        alice.step(|it| it.commit(TOPIC, &add, &[])).unwrap_err(),
        E2eeError::NotBelieved
    );
    let resigned = with_init_key(&carol, &good, |_| ());
    let proposed = alice.step(|it| it.commit(TOPIC, &[(resigned, carol.vouched.clone())], &[]));
    bob.process(&proposed.unwrap().commit).unwrap();
}

#[test]
fn a_key_package_that_speaks_no_suite_of_ours_is_refused() {
    let (mut alice, mut bob) = alice_and_bob(false);
    let carol = Person::new("carol", 3, &alice.known.clone());
    let mute = KeyPackage::builder()
        .key_package_lifetime(settings::lifetime())
        .leaf_node_capabilities(Capabilities::new(
            None,
            Some(&[]),
            Some(&[crate::rules::GROUP]),
            None,
            None,
        ))
        .build(
            settings::SUITE,
            &carol.it.provider,
            &carol.it.signer,
            carol.it.credential_with_key().unwrap(),
        )
        .unwrap()
        .into_key_package();
    let bytes = MlsMessageOut::from(mute).to_bytes().unwrap();
    let add = [(bytes, carol.vouched.clone())];
    assert_eq!(
        alice.step(|it| it.commit(TOPIC, &add, &[])).unwrap_err(),
        E2eeError::NotBelieved
    );
    all_talk(&mut [&mut alice, &mut bob]);
}
