//! The token in the cookie: a JWT (RFC 7519) of one algorithm, for one audience.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use protocol::UnixMillis;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{error::AccountError, session::Session, session_key::SessionKey};

/// No token of ours is longer.
const LONGEST: usize = 1024;

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    addr: String,
    sid: Uuid,
    aud: String,
    exp: i64,
}

/// The token of a session.
pub(super) fn write(key: &SessionKey, domain: &str, session: &Session) -> Result<String, AccountError> {
    let claims = Claims {
        sub: session.account_id.to_string(),
        addr: session.address.to_string(),
        sid: session.id,
        aud: domain.to_owned(),
        exp: session.expires.0 / 1000,
    };
    encode(
        &Header::new(Algorithm::HS256),
        &claims,
        &EncodingKey::from_secret(key.bytes()),
    )
    .map_err(|_| AccountError::Damaged)
}

/// The session in a token signed here, for this domain, that is not too old.
pub(super) fn read(key: &SessionKey, domain: &str, token: &str, now: UnixMillis) -> Result<Uuid, AccountError> {
    if token.len() > LONGEST {
        return Err(AccountError::NotSignedIn);
    }
    let mut rules = Validation::new(Algorithm::HS256);
    rules.set_audience(&[domain]);
    rules.set_required_spec_claims(&["exp", "aud", "sub"]);
    // Checked below against our own clock.
    rules.validate_exp = false;
    let claims = decode::<Claims>(token, &DecodingKey::from_secret(key.bytes()), &rules)
        .map_err(|_| AccountError::NotSignedIn)?
        .claims;
    if claims.exp.saturating_mul(1000) <= now.0 {
        return Err(AccountError::NotSignedIn);
    }
    Ok(claims.sid)
}
