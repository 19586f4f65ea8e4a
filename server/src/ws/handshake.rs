//! A cookie proves an account, not an installation: the installation signs a challenge.

use protocol::{ClientFrame, ErrorCode, ServerFrame, Support};
use services::{accounts::Session, time::Clock};
use tokio::time::timeout;

use super::{
    connections::ConnectionSlot,
    ending::Ending,
    frame_socket::{FrameSocket, Heard},
};
use crate::state::Server;

/// Challenge, `Hello`, `Ready`. Returns the slot of the installation, which is the session's. `features` is the client's level by its
/// socket path: a page of level 0 could not read a challenge with more in it than a nonce.
pub async fn open(
    server: &Server,
    link: &mut FrameSocket,
    session: &Session,
    features: u32,
) -> Result<ConnectionSlot, Ending> {
    let mut nonce = [0; 32];
    server.fill(&mut nonce);
    let support = (features > 0).then_some(Support::OURS);
    link.feed(&ServerFrame::Challenge { nonce, support }).await?;
    link.flush().await?;
    let signature = timeout(server.patience().hello, hello(link, session))
        .await
        .map_err(|_| Ending::Silence)??;

    let services = server.services();
    let installation = session.installation;
    let key = services
        .directory
        .public_key(installation)
        .await
        .map_err(|error| unavailable(&error))?;
    let believed = key.is_some_and(|key| identity::verify_challenge(&key, server.domain(), &nonce, &signature));
    if !believed {
        return Err(Ending::NotBelieved);
    }
    let slot = server.connections().take(installation);
    let key_packages = services
        .directory
        .key_packages(installation)
        .await
        .map_err(|error| unavailable(&error))?;
    let incarnation = services.delivery.incarnation();
    if let Err(error) = services.directory.touch(installation).await {
        // Only the list of browsers in the settings shows an older time.
        tracing::debug!("when an installation was seen could not be written: {error}");
    }
    link.feed(&ServerFrame::Ready {
        incarnation,
        key_packages,
        now: server.clock().now(),
    })
    .await?;
    link.flush().await?;
    Ok(slot)
}

/// Waits for `Hello` of the session's own installation.
async fn hello(link: &mut FrameSocket, session: &Session) -> Result<Vec<u8>, Ending> {
    loop {
        match link.hear().await {
            Heard::Frame(ClientFrame::Hello {
                installation,
                signature,
                support,
            }) if installation == session.installation => {
                tracing::debug!(
                    features = support.map_or(0, |support| support.features),
                    "an installation says hello"
                );
                return Ok(signature);
            }
            Heard::Frame(ClientFrame::Hello { .. }) => return Err(Ending::NotBelieved),
            Heard::Frame(ClientFrame::Unknown) | Heard::Life => {}
            Heard::Frame(_) => return Err(Ending::BadFrame(ErrorCode::Malformed)),
            Heard::End(ending) => return Err(ending),
        }
    }
}

fn unavailable(error: &dyn std::error::Error) -> Ending {
    tracing::warn!("a socket could not be opened: {error}");
    Ending::Unavailable
}
