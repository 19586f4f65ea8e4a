//! A WebSocket that carries frames.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures::{SinkExt, StreamExt};
use protocol::{ClientFrame, ErrorCode, ServerFrame, codec};
use tokio::time::timeout;

use super::ending::Ending;

/// How long the other side may take to answer a close.
const CLOSING: Duration = Duration::from_secs(1);
/// How much is put into the socket's buffer before waiting for it to be taken, in bytes.
const BEFORE_FLUSH: usize = 128 * 1024;

/// The server's end of a socket.
#[derive(Debug)]
pub struct FrameSocket {
    socket: WebSocket,
    fed: usize,
    /// How long a socket may take to accept what is written to it.
    writing: Duration,
}

/// What came from the client.
#[derive(Debug)]
pub enum Heard {
    /// A frame of the protocol.
    Frame(ClientFrame),
    /// A sign of life without content.
    Life,
    /// The socket has ended, or must.
    End(Ending),
}

impl FrameSocket {
    /// A socket over an upgraded connection.
    pub fn new(socket: WebSocket, writing: Duration) -> Self {
        Self {
            socket,
            fed: 0,
            writing,
        }
    }

    /// Reads the next frame, sign of life or end. Cancel-safe.
    pub async fn hear(&mut self) -> Heard {
        match self.socket.next().await {
            Some(Ok(Message::Binary(bytes))) => match codec::decode(&bytes) {
                Ok(frame) => Heard::Frame(frame),
                Err(error) => Heard::End(Ending::BadFrame(error.into())),
            },
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Heard::Life,
            Some(Ok(Message::Text(_))) => Heard::End(Ending::BadFrame(ErrorCode::Malformed)),
            Some(Ok(Message::Close(_))) | None => Heard::End(Ending::Gone),
            Some(Err(error)) => Heard::End(after_error(error)),
        }
    }

    /// Puts a frame into the buffer; [`FrameSocket::flush`] sends it.
    pub async fn feed(&mut self, frame: &ServerFrame) -> Result<(), Ending> {
        let bytes = match codec::encode(frame) {
            Ok(bytes) => bytes,
            Err(error) => {
                // Every frame we make is bounded where it is made; this one is a defect, and the socket must not hang.
                tracing::error!(%error, "a frame of ours does not fit");
                return Err(Ending::BadFrame(ErrorCode::Internal));
            }
        };
        self.fed += bytes.len();
        if self.fed > BEFORE_FLUSH {
            self.flush().await?;
        }
        match timeout(self.writing, self.socket.feed(Message::Binary(bytes.into()))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Ending::Gone),
            Err(_) => Err(Ending::TooSlow),
        }
    }

    /// Sends what is in the buffer.
    pub async fn flush(&mut self) -> Result<(), Ending> {
        self.fed = 0;
        match timeout(self.writing, self.socket.flush()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Ending::Gone),
            Err(_) => Err(Ending::TooSlow),
        }
    }

    /// Sends the reason, closes, and waits briefly for the client's close frame.
    pub async fn close(mut self, ending: Ending) {
        if ending == Ending::Gone {
            let _ = timeout(CLOSING, self.socket.close()).await;
            return;
        }
        let goodbye = async {
            if let Some(Ok(bytes)) = ending.bye().map(|code| codec::encode(&ServerFrame::Bye { code })) {
                self.socket.feed(Message::Binary(bytes.into())).await?;
            }
            let reason = ending.bye().map_or("", ErrorCode::word).into();
            self.socket
                .send(Message::Close(Some(CloseFrame {
                    code: ending.close_code(),
                    reason,
                })))
                .await?;
            while let Some(Ok(_)) = self.socket.next().await {}
            Ok::<(), axum::Error>(())
        };
        let _ = timeout(CLOSING, goodbye).await;
    }
}

/// What a failed read means: too large and malformed are the other side's doing, the rest is the network's.
fn after_error(error: axum::Error) -> Ending {
    use tungstenite::Error as E;
    match error.into_inner().downcast::<E>().map(|error| *error) {
        Ok(E::Capacity(_)) => Ending::BadFrame(ErrorCode::TooLarge),
        Ok(E::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake)) => Ending::Gone,
        Ok(E::Protocol(_) | E::Utf8(_)) => Ending::BadFrame(ErrorCode::Malformed),
        _ => Ending::Gone,
    }
}
