//! Every URL as a type: the one table for the server's router, links and the browser's history.

use protocol::{Address, Topic};

/// Where somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// `/`: what Jackdaw is.
    Landing,
    /// `/invite/{address}`: somebody wants to talk.
    Invite(Address),
    /// `/app`: the list of conversations.
    Chats,
    /// `/app/c/{address}`: the conversation with an account.
    Thread(Address),
    /// `/app/g/{topic}`: a group, by its topic in lower-case hexadecimal.
    Group(Topic),
    /// `/app/new`: start one.
    New,
    /// `/app/settings`: profile, installations, sessions.
    Settings,
    /// Any other path: the page that says so.
    NotFound,
}

impl Place {
    /// The place of a path (no query, no fragment). One slash at the end is forgiven.
    pub fn parse(path: &str) -> Self {
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut parts = path.split('/').skip(1);
        let found = match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => Some(Self::Landing),
            (Some("invite"), Some(address), None) => parse_address(address).ok().map(Self::Invite),
            (Some("app"), None, _) => Some(Self::Chats),
            (Some("app"), Some("new"), None) => Some(Self::New),
            (Some("app"), Some("settings"), None) => Some(Self::Settings),
            (Some("app"), Some("c"), Some(address)) => parse_address(address).ok().map(Self::Thread),
            (Some("app"), Some("g"), Some(topic)) => parse_topic(topic).map(Self::Group),
            _ => None,
        };
        if parts.next().is_some() {
            Self::NotFound
        } else {
            found.unwrap_or(Self::NotFound)
        }
    }

    /// The path of the place. `NotFound` has none of its own and gives the list.
    pub fn path(self) -> String {
        match self {
            Self::Landing => "/".to_owned(),
            Self::Invite(address) => format!("/invite/{address}"),
            Self::Chats | Self::NotFound => "/app".to_owned(),
            Self::Thread(peer) => format!("/app/c/{peer}"),
            Self::Group(topic) => {
                let digits = topic.0.iter().map(|byte| format!("{byte:02x}"));
                format!("/app/g/{}", digits.collect::<String>())
            }
            Self::New => "/app/new".to_owned(),
            Self::Settings => "/app/settings".to_owned(),
        }
    }

    /// The app's shell answers here: the same bytes for every path below `/app`.
    pub fn is_app_path(path: &str) -> bool {
        path == "/app" || path.starts_with("/app/")
    }
}

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not `0x` and 40 hexadecimal digits.
    #[error("not an address")]
    Shape,
    /// Upper and lower case do not fit the checksum of EIP-55: a digit is mistyped.
    #[error("wrong checksum")]
    Checksum,
}

/// The address in `text`: `0x` and 40 hexadecimal digits; where it is written in mixed case the EIP-55 checksum must hold.
pub fn parse_address(text: &str) -> Result<Address, AddressError> {
    let digits = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))
        .ok_or(AddressError::Shape)?;
    if digits.len() != 40 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(AddressError::Shape);
    }
    let address: Address = digits.parse().map_err(|_| AddressError::Shape)?;
    let mixed = digits.bytes().any(|b| b.is_ascii_uppercase()) && digits.bytes().any(|b| b.is_ascii_lowercase());
    if mixed && address.to_string()[2..] != *digits {
        Err(AddressError::Checksum)
    } else {
        Ok(address)
    }
}

/// The topic in `text`: 64 lower-case hexadecimal digits.
fn parse_topic(text: &str) -> Option<Topic> {
    let is_digit = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != 2 * Topic::LEN || !text.bytes().all(is_digit) {
        return None;
    }
    let mut topic = [0; Topic::LEN];
    for (place, byte) in topic.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(Topic(topic))
}

/// `0x7099…79C8`: for lines. The full address is always one click away.
pub fn short(address: Address) -> String {
    let full = address.to_string();
    format!("{}…{}", &full[..6], &full[38..])
}

/// The full address in groups of four, for reading aloud and comparing.
pub fn grouped(address: Address) -> String {
    let full = address.to_string();
    let mut text = full[..6].to_owned();
    for start in (6..42).step_by(4) {
        text.push(' ');
        text.push_str(&full[start..start + 4]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOB: &str = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

    fn bob() -> Address {
        parse_address(BOB).unwrap()
    }

    #[test]
    fn every_place_is_found_again_by_its_path() {
        for place in [
            Place::Landing,
            Place::Invite(bob()),
            Place::Chats,
            Place::Thread(bob()),
            Place::Group(Topic([0x0a; 32])),
            Place::New,
            Place::Settings,
        ] {
            assert_eq!(Place::parse(&place.path()), place);
        }
    }

    #[test]
    fn a_path_that_names_nothing_is_not_found() {
        for path in [
            "/ap",
            "/app/c",
            "/app/c/0x1",
            "/app/new/er",
            "/invite",
            "//",
            "/app//",
            "/app/settings/x",
            "/app/c/x/y/z",
            "/app/g",
            "/app/g/0a",
            &format!("/app/g/{}", "0A".repeat(32)),
            &format!("/app/g/{}", "é".repeat(32)),
            &format!("/app/g/{}/x", "0a".repeat(32)),
        ] {
            assert_eq!(Place::parse(path), Place::NotFound, "{path}");
        }
    }

    #[test]
    fn a_slash_at_the_end_and_another_case_are_forgiven() {
        assert_eq!(Place::parse("/app/"), Place::Chats);
        assert_eq!(
            Place::parse(&format!("/app/c/{}/", BOB.to_lowercase())),
            Place::Thread(bob())
        );
        assert_eq!(Place::Thread(bob()).path(), format!("/app/c/{BOB}"));
    }

    #[test]
    fn a_mistyped_digit_in_a_mixed_case_address_is_noticed() {
        assert_eq!(parse_address(&BOB.replace("C5", "c5")), Err(AddressError::Checksum));
        assert_eq!(parse_address("bob"), Err(AddressError::Shape));
        assert_eq!(parse_address(&BOB[..41]), Err(AddressError::Shape));
        assert_eq!(parse_address(&format!("0x{}é", &BOB[2..40])), Err(AddressError::Shape));
    }

    #[test]
    fn addresses_are_shortened_and_grouped() {
        assert_eq!(short(bob()), "0x7099…79C8");
        assert_eq!(grouped(bob()), "0x7099 7970 C518 12dc 3A01 0C7d 01b5 0e0d 17dc 79C8");
    }
}
