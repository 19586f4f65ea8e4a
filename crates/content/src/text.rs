use protocol::limits;

use crate::{Kind, Malformed, TooLarge};

/// Text: 1 to `limits::TEXT` bytes of UTF-8. Empty texts are read, for earlier builds may have sent them, and not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(pub String);

impl Kind for Text {
    const NUMBER: u16 = 0;

    fn fallback(&self) -> String {
        String::new()
    }

    fn encode(&self) -> Result<Vec<u8>, TooLarge> {
        if self.0.len() > limits::TEXT {
            return Err(TooLarge);
        }
        Ok(self.0.clone().into_bytes())
    }

    fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let text = std::str::from_utf8(bytes).map_err(|_| Malformed)?;
        if text.len() > limits::TEXT {
            return Err(Malformed);
        }
        Ok(Self(text.to_owned()))
    }
}
