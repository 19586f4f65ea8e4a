use std::time::Duration;

use axum::{
    extract::{State, WebSocketUpgrade},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use protocol::{ErrorCode, limits};
use services::{accounts::Session, time::Clock};
use tracing::Instrument;

use super::{alarm::Alarm, ending::Ending, handshake, link::Link, session};
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
pub async fn upgrade(State(server): State<Server>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if !origin::same_origin(&headers, server.origin()) {
        return Refusal(ErrorCode::CrossSite).into_response();
    }
    if server.shutdown().begun() {
        return Refusal(ErrorCode::Restarting).into_response();
    }
    // Listened to before the session is looked up: an ending in between is heard.
    let ended = server.services().accounts.ended();
    let session = session_of(&server, &headers).await;
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
            let link = Link::new(socket, server.patience().writing);
            match session {
                Err(code) => link.close(refusal(code)).await,
                Ok(session) => {
                    let accounts = server.services().accounts.clone();
                    let alarm = Alarm::new(
                        server.shutdown().token(),
                        accounts,
                        ended,
                        &session,
                        left(&server, &session),
                    );
                    serve(server, link, alarm, session).await;
                }
            }
            drop(token);
        }
        .instrument(span)
    })
}

async fn serve(server: Server, mut link: Link, mut alarm: Alarm, session: Session) {
    let opened = tokio::select! {
        ending = alarm.rings() => Err(ending),
        opened = handshake::open(&server, &mut link, &session) => opened,
    };
    let ending = match opened {
        Err(ending) => ending,
        Ok(seat) => {
            alarm.keep(seat);
            session::run(&server, &mut link, &mut alarm, &session).await
        }
    };
    tracing::debug!(code = ending.close_code(), "a socket ends: {ending:?}");
    // The seat is free before the goodbye, which may take a moment.
    drop(alarm);
    link.close(ending).await;
}

async fn session_of(server: &Server, headers: &HeaderMap) -> Result<Session, ErrorCode> {
    let token = api::caller(headers, server.secure())
        .session_token
        .ok_or(ErrorCode::NotSignedIn)?;
    server.services().accounts.session(&token).await.map_err(|error| {
        let code = ErrorCode::from(&error);
        if matches!(code, ErrorCode::Internal | ErrorCode::Unavailable) {
            tracing::warn!("a session could not be looked up: {error}");
        }
        code
    })
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
