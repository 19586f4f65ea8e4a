//! What an account's avatar looks like.

use protocol::Address;

const CLASSES: [[&str; 8]; 3] = [
    [
        "av s av-0",
        "av s av-1",
        "av s av-2",
        "av s av-3",
        "av s av-4",
        "av s av-5",
        "av s av-6",
        "av s av-7",
    ],
    [
        "av av-0", "av av-1", "av av-2", "av av-3", "av av-4", "av av-5", "av av-6", "av av-7",
    ],
    [
        "av l av-0",
        "av l av-1",
        "av l av-2",
        "av l av-3",
        "av l av-4",
        "av l av-5",
        "av l av-6",
        "av l av-7",
    ],
];

/// The classes of an account's avatar: its colour is a property of the address, the same everywhere. Size 0 to 2.
pub fn classes(account: Address, size: usize) -> &'static str {
    // FNV-1a: neighbours get different colours.
    let mixed = account.iter().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    });
    CLASSES[size.min(2)][(mixed >> 16) as usize % 8]
}

/// What stands in it: the first letter of the name, or the two last digits of the address. The style makes capitals of them: the table of
/// all scripts' capitals is 12 KB, and the browser has it.
pub fn letter(name: Option<&str>, account: Address) -> String {
    match name.and_then(|name| name.trim().chars().next()) {
        Some(first) => first.to_string(),
        None => account.to_string()[40..].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_avatar_is_a_property_of_the_address() {
        let (a, b) = (Address::repeat_byte(0x11), Address::repeat_byte(0x12));
        assert_eq!(classes(a, 1), classes(a, 1));
        assert_ne!(classes(a, 1), classes(b, 1));
        assert_eq!(letter(Some(" élan"), a), "é");
        assert_eq!(letter(Some(""), a), "11");
        assert_eq!(letter(None, b), "12");
    }
}
