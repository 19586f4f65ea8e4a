//! Associations, as a server gives them out.

use identity::{Association, fingerprint, recover, verify_challenge};

use crate::people::{DOMAIN, Directory, Person, association};

/// An association has one encoding; what it states follows from its bytes; and nobody is believed but whose key signed the text.
pub(crate) fn holds(input: &[u8]) {
    // The same bytes as a signature of a text, and of a challenge: strangers choose those too.
    let _ = recover(&[7; 32], input);
    let (key, signature) = input.split_at(input.len().min(65));
    verify_challenge(key, DOMAIN, &[7; 32], signature);

    let Ok(read) = Association::from_bytes(input) else {
        return;
    };
    assert_eq!(read.to_bytes(), input);
    let Ok(stated) = read.stated(DOMAIN) else { return };
    assert_eq!(stated.hash, read.hash());
    assert_eq!(stated.installation, fingerprint(&stated.public_key));
    assert_eq!(stated.public_key.as_slice(), read.public_key);
    assert_eq!(stated.sign_in().text(), read.text);
    assert_eq!(stated.sign_in().domain, DOMAIN);
    if let Ok(vouched) = read.verify(DOMAIN) {
        assert_eq!(recover(vouched.digest(), vouched.signature()), Ok(vouched.address));
    }
}

/// An honest association.
pub(crate) fn seeds() -> Vec<(String, Vec<u8>)> {
    let key = Person::new("alice", 1, &Directory::default()).it.public_key();
    vec![("honest".into(), association(1, &key).to_bytes())]
}
