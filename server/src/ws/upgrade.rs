use std::time::Duration;

use axum::{
    extract::{RawQuery, State, WebSocketUpgrade},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use protocol::{ErrorCode, limits};
use services::{accounts::Session, push::Subscription, reported, time::Clock};
use tracing::Instrument;

use super::{close_signal::CloseSignal, ending::Ending, frame_socket::FrameSocket, handshake, session};
use crate::{
    error::Refusal,
    http::{api, origin},
    state::{Server, new_id},
};

/// What a socket holds while it is idle; facts in `docs/performance.md`.
const READ_BUFFER: usize = 512;
/// Frames are gathered up to here before they are written; the buffer is made when the first one is.
const WRITE_BUFFER: usize = 16 * 1024;

/// `GET /ws`: only from our own pages. A browser cannot see the status of a failed upgrade, so a session that is over is
/// told by a close code, on a socket that is opened for nothing else.
pub async fn upgrade(
    State(server): State<Server>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !origin::same_origin(&headers, server.origin()) {
        return Refusal(ErrorCode::CrossSite).into_response();
    }
    if server.shutdown().begun() {
        return Refusal(ErrorCode::Restarting).into_response();
    }
    let session = session_of(&server, &headers).await;
    let features = protocol::features_in(query.as_deref());
    let token = server.shutdown().count();
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(8 * limits::FRAME)
        .max_message_size(limits::FRAME)
        .max_frame_size(limits::FRAME);
    upgrade.on_upgrade(move |socket| {
        let span = tracing::info_span!("socket", id = new_id());
        async move {
            let link = FrameSocket::new(socket, server.patience().writing);
            match session {
                Err(code) => link.close(refusal(code)).await,
                Ok((session, subscription)) => serve(server, link, session, subscription, features).await,
            }
            drop(token);
        }
        .instrument(span)
    })
}

async fn serve(server: Server, mut link: FrameSocket, session: Session, subscription: Subscription, features: u32) {
    let left = left(&server, &session);
    let mut close = CloseSignal::new(server.shutdown().token(), subscription.subscriber(), left);
    let opened = tokio::select! {
        ending = close.fires() => Err(ending),
        opened = handshake::open(&server, &mut link, &session, features) => opened,
    };
    let ending = match opened {
        Err(ending) => ending,
        Ok(slot) => {
            close.hold(slot);
            let pushes = server.services().pushes(subscription, &session);
            session::run(&server, &mut link, &close, &session, pushes).await
        }
    };
    tracing::debug!(code = ending.close_code(), "a socket ends: {ending:?}");
    // The slot is given back before the closing handshake, which may take a moment.
    drop(close);
    link.close(ending).await;
}

/// The session of the cookie. Subscribed to before it is looked up: an end in between is heard.
async fn session_of(server: &Server, headers: &HeaderMap) -> Result<(Session, Subscription), ErrorCode> {
    let token = api::caller(headers, server.secure())
        .session_token
        .ok_or(ErrorCode::NotSignedIn)?;
    let services = server.services();
    let unknown = |error| reported("a session could not be looked up", &error);
    let id = services.accounts.session_id(&token).map_err(unknown)?;
    let subscription = services.notifier.subscribe(id);
    let session = services.accounts.session(&token).await.map_err(unknown)?;
    Ok((session, subscription))
}

fn refusal(code: ErrorCode) -> Ending {
    match code {
        ErrorCode::Unavailable | ErrorCode::Internal => Ending::Unavailable,
        code => Ending::Session(code),
    }
}

/// How long the session has left.
fn left(server: &Server, session: &Session) -> Duration {
    let milliseconds = session.expires.0.saturating_sub(server.clock().now().0);
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or_default())
}
