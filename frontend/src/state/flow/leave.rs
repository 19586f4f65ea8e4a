//! Signing out.

use app::{error::AppError, server_fns};
use bridge::{Command, Connection};

use super::{feed, machine::Input};
use crate::state::State;

/// Ends the session. History and drafts stay in this browser, unless they are to be forgotten.
///
/// # Errors
/// Why it did not end; nothing is changed then.
pub async fn sign_out(state: State, forget: bool) -> Result<(), AppError> {
    if forget && state.connection.get_untracked() == Connection::Live {
        // The worker revokes this browser first, which takes the session; the rest follows when all is deleted.
        state.send(Command::Forget);
        return Ok(());
    }
    server_fns::sign_out().await?;
    feed(state, Input::SignedOut { forget });
    Ok(())
}
