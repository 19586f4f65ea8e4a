//! What a wallet is asked to sign.

use bridge::{ChallengeRefusal, Event, Statement};
use protocol::{UnixMillis, api::Challenge};

use crate::{Client, Environment, Vault};

/// How far the server's clock may be from this device's, in milliseconds.
const CLOCKS: i64 = 5 * 60 * 1000;
/// How long a sign-in text may be valid, in milliseconds.
const LASTS: i64 = 5 * 60 * 1000;

impl<V: Vault, E: Environment + 'static> Client<V, E> {
    /// Renders the sign-in text for this account, this installation and this site. Of the server's challenge it takes nonce and times, if
    /// they are plausible: everything else in the text is known here, and a server that could choose it could have its own key vouched
    /// for (ADR 22).
    pub(crate) fn state_sign_in(&mut self, chain_id: u64, challenge: &Challenge) {
        let statement = judge(challenge, self.environment.now()).and_then(|()| {
            let key = self.installation.id();
            Statement::sign_in(&self.origin, self.account, key, chain_id, challenge)
                .map_err(|_| ChallengeRefusal::Malformed)
        });
        self.reply(match statement {
            Ok(statement) => Event::ToSign(statement),
            Err(why) => Event::NotToSign(why),
        });
    }
}

fn judge(challenge: &Challenge, now: UnixMillis) -> Result<(), ChallengeRefusal> {
    let (issued, expires) = (challenge.issued_at.0, challenge.expires_at.0);
    if expires <= issued || expires.saturating_sub(issued) > LASTS {
        Err(ChallengeRefusal::Malformed)
    } else if issued.saturating_sub(now.0).saturating_abs() > CLOCKS {
        Err(ChallengeRefusal::Clock)
    } else {
        Ok(())
    }
}
