//! Limits and shape of a single publish.

use std::collections::HashSet;

use protocol::{ErrorCode, InstallationId, Kind, Publish, limits};

/// Refuses what could never be stored, whatever storage holds.
///
/// # Errors
/// `TooLarge` beyond [`limits::PAYLOAD`], [`limits::WELCOMES`] or a frame's worth of removals; `Malformed` for an empty payload or
/// welcome, and for an installation that is invited twice or by itself; `UnknownKind`.
pub fn check(publish: &Publish, sender: InstallationId) -> Result<(), ErrorCode> {
    if publish.payload.len() > limits::PAYLOAD {
        return Err(ErrorCode::TooLarge);
    }
    if publish.payload.is_empty() {
        return Err(ErrorCode::Malformed);
    }
    let (welcomes, removed) = match &publish.kind {
        Kind::Application => return Ok(()),
        Kind::Commit { welcomes, removed } => (welcomes, removed),
        Kind::Unknown => return Err(ErrorCode::UnknownKind),
    };
    if welcomes.len() > limits::WELCOMES
        || removed.len() > limits::FRAME / InstallationId::LEN
        || welcomes.iter().any(|welcome| welcome.message.len() > limits::PAYLOAD)
    {
        return Err(ErrorCode::TooLarge);
    }
    let mut invited = HashSet::from([sender]);
    if welcomes
        .iter()
        .all(|welcome| !welcome.message.is_empty() && invited.insert(welcome.installation))
    {
        Ok(())
    } else {
        Err(ErrorCode::Malformed)
    }
}
