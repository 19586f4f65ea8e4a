//! The text a wallet signs (EIP-4361).

use identity::{SignIn, personal_digest};
use protocol::limits;

use crate::people::association;

/// Whatever is read renders to the very same text, so that no two texts mean one thing; and it is what wallets show: printable.
pub(crate) fn holds(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    personal_digest(text);
    let Ok(read) = SignIn::parse(text) else { return };
    assert!(text.len() <= limits::SIGN_IN_TEXT, "over the limit and read");
    assert!(text.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)));
    assert_eq!(read.text(), text);
    assert_ne!(read.chain_id, 0);
    // A field that could hold a line end could hold other fields.
    for field in [
        &read.domain,
        &read.uri,
        &read.nonce,
        &read.issued_at,
        &read.expiration_time,
    ] {
        assert!(!field.is_empty() && !field.contains('\n'), "{field:?}");
    }
}

/// An honest text.
pub(crate) fn seeds() -> Vec<(String, Vec<u8>)> {
    vec![("honest".into(), association(1, &[4; 65]).text.into_bytes())]
}
