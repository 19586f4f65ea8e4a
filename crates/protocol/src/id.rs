//! Ids: fixed byte strings, shown as lower-case hexadecimal.

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, SeqAccess, Visitor},
};

/// A text that is not an id of the expected length in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {expected} bytes of hexadecimal")]
pub struct ParseIdError {
    /// The length an id of this kind has, in bytes.
    pub expected: usize,
}

/// Reads what serde writes for an array, in a loop: serde itself reads each byte in a place of its own, which is 4 KB of the page's wasm.
fn bytes<'de, D: Deserializer<'de>, const N: usize>(deserializer: D) -> Result<[u8; N], D::Error> {
    struct Bytes<const N: usize>;

    impl<'de, const N: usize> Visitor<'de> for Bytes<N> {
        type Value = [u8; N];

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("bytes of an id")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<[u8; N], A::Error> {
            let mut bytes = [0; N];
            for (place, byte) in bytes.iter_mut().enumerate() {
                *byte = seq.next_element()?.ok_or_else(|| Error::invalid_length(place, &self))?;
            }
            Ok(bytes)
        }
    }

    deserializer.deserialize_tuple(N, Bytes)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(#[serde(deserialize_with = "bytes")] pub [u8; $len]);

        impl $name {
            /// How many bytes it has.
            pub const LEN: usize = $len;

            /// The id in `bytes`, if they have the right length.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl std::str::FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                let mut bytes = [0; $len];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| ParseIdError { expected: $len })?;
                Ok(Self(bytes))
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }
    };
}

id! {
    /// An installation: the SHA-256 of its P-256 public key (65 bytes, SEC1 uncompressed). It is the fingerprint that
    /// stands in `Resources` of the sign-in text, and the name of the installation's inbox [`Topic`].
    InstallationId, 32
}
id! {
    /// A log the server keeps in order: a conversation (32 random bytes, also the MLS group id) or an installation's
    /// inbox (the [`InstallationId`]'s bytes).
    Topic, 32
}
id! {
    /// The SHA-256 by which an association is named in an MLS credential and fetched.
    AssociationHash, 32
}
id! {
    /// Identifies one publish of one installation. Its sender draws it before the first attempt; a repeated publish is answered with the
    /// place of the first.
    MessageId, 16
}
id! {
    /// Identifies one life of the server's database. It changes when a backup is restored, so that clients notice.
    Incarnation, 16
}

id! {
    /// Identifies one tip of one sender on every chain: the 16 bytes of its message's [`MessageId`], then 16 random ones.
    TipId, 32
}
id! {
    /// A transaction of a chain.
    TxHash, 32
}

impl TipId {
    /// The message that holds the reference of this tip.
    pub fn message(self) -> MessageId {
        let mut id = [0; 16];
        id.copy_from_slice(&self.0[..16]);
        MessageId(id)
    }
}

impl InstallationId {
    /// The log in which welcomes for this installation wait.
    pub fn inbox(self) -> Topic {
        Topic(self.0)
    }
}

/// The place of an envelope in its topic: 1 for the first, without gaps. As a cursor: the last one already stored, 0 for none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Seq(pub u64);

impl Seq {
    /// The next place.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl std::fmt::Display for Seq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UnixMillis(pub i64);
