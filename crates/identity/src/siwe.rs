//! The sign-in text: EIP-4361 with nothing optional left to anybody's choice.
//!
//! There is exactly one text for every [`SignIn`], and [`SignIn::parse`] accepts nothing but that text: whatever it reads
//! must render to the same bytes again. Blank lines, other fields, other orders, other line ends and other spellings of a
//! number or an address are all refused by that one comparison.

use protocol::{Address, InstallationId, UnixMillis, limits};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// The statement people read in their wallet.
pub const STATEMENT: &str = "Sign in to Jackdaw and vouch for this browser's key.";

const GREETING: &str = " wants you to sign in with your Ethereum account:";
const INSTALLATION: &str = "- urn:jackdaw:installation:";
/// EIP-4361 asks for at least eight; the server draws 128 bits and more.
const NONCE_CHARACTERS: std::ops::RangeInclusive<usize> = 16..=128;

/// What a wallet signs to sign in and to vouch for an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// Host, and port if it is not the default (RFC 3986 authority without user information), lower case.
    pub domain: String,
    /// The account that signs.
    pub address: Address,
    /// The origin of the site: `https://` or `http://` and the domain.
    pub uri: String,
    /// EIP-155 chain id, not zero.
    pub chain_id: u64,
    /// Drawn by the server for this sign-in: 16 to 128 of `A-Z a-z 0-9`.
    pub nonce: String,
    /// `YYYY-MM-DDTHH:MM:SSZ`.
    pub issued_at: String,
    /// `YYYY-MM-DDTHH:MM:SSZ`.
    pub expiration_time: String,
    /// The fingerprint of the installation's public key.
    pub installation: InstallationId,
}

/// Why a text is no sign-in text of Jackdaw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// The text is longer than [`limits::SIGN_IN_TEXT`].
    #[error("the sign-in text is too long")]
    TooLong,
    /// A line is missing, too much, or not where it belongs; or a character is not printable ASCII.
    #[error("the text is not a sign-in text of this site's form")]
    Shape,
    /// The domain is not a lower-case host with an optional port.
    #[error("the domain is not one")]
    Domain,
    /// Not 20 bytes of hexadecimal with the checksum of EIP-55.
    #[error("the address is not one, or its checksum is wrong")]
    Address,
    /// Not an origin.
    #[error("the uri is not an origin")]
    Uri,
    /// Not a positive decimal number.
    #[error("the chain id is not one")]
    ChainId,
    /// Not 16 to 128 letters and digits.
    #[error("the nonce is not 16 to 128 letters and digits")]
    Nonce,
    /// A time is not of the form `YYYY-MM-DDTHH:MM:SSZ`.
    #[error("a time is not of the form YYYY-MM-DDTHH:MM:SSZ")]
    Time,
    /// Not one installation's fingerprint.
    #[error("the resources do not name one installation")]
    Installation,
}

impl SignIn {
    /// The text to sign. Fields that [`SignIn::parse`] would refuse render to a text that it refuses.
    pub fn text(&self) -> String {
        format!(
            "{domain}{GREETING}\n{address}\n\n{STATEMENT}\n\nURI: {uri}\nVersion: 1\nChain ID: {chain}\nNonce: {nonce}\n\
             Issued At: {issued}\nExpiration Time: {expires}\nResources:\n{INSTALLATION}{installation}",
            domain = self.domain,
            address = self.address.to_checksum(None),
            uri = self.uri,
            chain = self.chain_id,
            nonce = self.nonce,
            issued = self.issued_at,
            expires = self.expiration_time,
            installation = self.installation,
        )
    }

    /// Reads a text, strictly.
    ///
    /// # Errors
    /// For every text that is not byte for byte what [`SignIn::text`] gives for well-formed fields.
    pub fn parse(text: &str) -> Result<Self, SignInError> {
        if text.len() > limits::SIGN_IN_TEXT {
            return Err(SignInError::TooLong);
        }
        if !text.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)) {
            return Err(SignInError::Shape);
        }
        let lines: Vec<&str> = text.split('\n').collect();
        let [
            greeting,
            address,
            "",
            STATEMENT,
            "",
            uri,
            "Version: 1",
            chain,
            nonce,
            issued,
            expires,
            "Resources:",
            resource,
        ] = lines.as_slice()
        else {
            return Err(SignInError::Shape);
        };
        let field = |line: &str, label: &str| line.strip_prefix(label).map(str::to_owned).ok_or(SignInError::Shape);
        let domain = greeting.strip_suffix(GREETING).ok_or(SignInError::Shape)?.to_owned();
        let read = Self {
            domain,
            address: Address::parse_checksummed(address, None).map_err(|_| SignInError::Address)?,
            uri: field(uri, "URI: ")?,
            chain_id: field(chain, "Chain ID: ")?.parse().map_err(|_| SignInError::ChainId)?,
            nonce: field(nonce, "Nonce: ")?,
            issued_at: field(issued, "Issued At: ")?,
            expiration_time: field(expires, "Expiration Time: ")?,
            installation: field(resource, INSTALLATION)?
                .parse()
                .map_err(|_| SignInError::Installation)?,
        };
        read.check()?;
        // Catches what the readers above are lenient about: "+1", "01", upper-case hexadecimal, a missing "0x".
        if read.text() == text {
            Ok(read)
        } else {
            Err(SignInError::Shape)
        }
    }

    /// Every field has the form the text needs.
    pub(crate) fn check(&self) -> Result<(), SignInError> {
        if !is_domain(&self.domain) {
            return Err(SignInError::Domain);
        }
        let host = self
            .uri
            .strip_prefix("https://")
            .or_else(|| self.uri.strip_prefix("http://"));
        if !host.is_some_and(is_domain) {
            return Err(SignInError::Uri);
        }
        if self.chain_id == 0 {
            return Err(SignInError::ChainId);
        }
        if !NONCE_CHARACTERS.contains(&self.nonce.len()) || !self.nonce.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(SignInError::Nonce);
        }
        if is_time(&self.issued_at) && is_time(&self.expiration_time) {
            Ok(())
        } else {
            Err(SignInError::Time)
        }
    }
}

/// A lower-case host name, IPv4 or bracketed IPv6 address, with an optional port, as in a browser's `location.host`.
pub(crate) fn is_domain(text: &str) -> bool {
    let (host, port) = match text.rfind(':') {
        Some(at) if !text.ends_with(']') => (&text[..at], Some(&text[at + 1..])),
        _ => (text, None),
    };
    let port_fits =
        port.is_none_or(|port| !port.starts_with(['0', '+']) && port.parse::<u16>().is_ok_and(|number| number != 0));
    let name = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host
            .split('.')
            .all(|label| !label.is_empty() && label.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))),
    };
    port_fits && name && host.len() <= 253
}

/// A time as it stands in the text: `YYYY-MM-DDTHH:MM:SSZ` (RFC 3339, UTC), cut to whole seconds. `None` outside of the years 0
/// to 9999.
pub fn time_text(at: UnixMillis) -> Option<String> {
    let at = OffsetDateTime::from_unix_timestamp(at.0.div_euclid(1000)).ok()?;
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    let month = u8::from(month);
    (0..=9999)
        .contains(&year)
        .then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

/// The shape `YYYY-MM-DDTHH:MM:SSZ`; which moment it is, or whether there is such a day, is not asked here.
fn is_time(text: &str) -> bool {
    text.len() == 20
        && text
            .bytes()
            .zip(b"0000-00-00T00:00:00Z")
            .all(|(byte, shape)| match shape {
                b'0' => byte.is_ascii_digit(),
                other => byte == *other,
            })
}
