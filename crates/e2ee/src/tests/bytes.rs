//! Bytes that stand in people's browsers and in other people's messages: they never change.

use super::people::{Directory, Person, TOPIC};
#[test]
fn own_records_keep_their_bytes() {
    let mut alice = Person::new("alice", 1, &Directory::default());
    alice.step(|it| it.create(TOPIC)).unwrap();
    let own: Vec<_> = alice.disk.iter().filter(|(key, _)| key[0] == 0).collect();
    let topic_key = [&[0, 2], TOPIC.0.as_slice()].concat();
    assert_eq!(own.len(), 2);
    assert_eq!(own[1], (&topic_key, &vec![1]));
    let (key, value) = own[0];
    assert_eq!(key, &[0, 1]);
    let address = alice.vouched.address;
    let secret = &value[1..33];
    let expected = [&[1], secret, &[1, 20], address.as_slice(), &alice.vouched.hash.0].concat();
    assert_eq!(value, &expected);
    let secret = p256::ecdsa::SigningKey::from_slice(secret).unwrap();
    assert_eq!(
        secret.verifying_key().to_sec1_point(false).as_bytes(),
        alice.it.public_key()
    );
}

#[test]
fn records_of_the_library_have_their_keys() {
    let mut alice = Person::new("alice", 1, &Directory::default());
    alice.step(|it| it.create(TOPIC)).unwrap();
    let of_group: Vec<_> = alice
        .disk
        .keys()
        .filter(|key| key[0] == 1 && key[2..].starts_with(&[32, 7, 7]))
        .collect();
    let kinds: Vec<_> = of_group.iter().map(|key| key[1]).collect();
    assert_eq!(kinds, [1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15]);
    assert_eq!(of_group[0][2..], [&[32], TOPIC.0.as_slice()].concat());
}

#[test]
fn a_credential_keeps_its_bytes() {
    let alice = Person::new("alice", 1, &Directory::default());
    let credential = alice.it.credential_with_key().unwrap().credential;
    let bytes = credential.serialized_content();
    assert_eq!(bytes.len(), 53);
    assert_eq!(
        bytes,
        [&[1], alice.vouched.address.as_slice(), &alice.vouched.hash.0].concat()
    );
}
