//! The WebSocket.

use client::SocketEvent;
use futures::{SinkExt, StreamExt};
use tokio::{net::TcpStream, sync::mpsc};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::HeaderValue, http::header},
};

use crate::Site;

/// One socket: frames go in at `frames`; dropping it closes the socket.
pub(crate) struct Socket {
    pub frames: mpsc::UnboundedSender<Vec<u8>>,
    pub events: mpsc::UnboundedReceiver<SocketEvent>,
}

impl Socket {
    /// Opens a socket to the site's `/ws`; what happens to it is told.
    pub fn open(site: &Site) -> Self {
        let (frames, outgoing) = mpsc::unbounded_channel();
        let (events_in, events) = mpsc::unbounded_channel();
        let site = site.clone();
        tokio::task::spawn_local(async move {
            let code = match connect(&site).await {
                Ok(stream) => talk(stream, outgoing, &events_in).await,
                // The upgrade is refused without a valid session.
                Err(Error::Http(answer)) if matches!(answer.status().as_u16(), 401 | 403) => Some(4401),
                Err(_) => None,
            };
            let _ = events_in.send(SocketEvent::Closed { code });
        });
        Self { frames, events }
    }
}

async fn connect(site: &Site) -> Result<WebSocketStream<TcpStream>, Error> {
    let mut request = format!("ws://{}{}", site.domain(), protocol::socket_path()).into_client_request()?;
    let value = |text: &str| HeaderValue::from_str(text).map_err(|error| Error::HttpFormat(error.into()));
    request.headers_mut().insert(header::ORIGIN, value(site.origin())?);
    request.headers_mut().insert(header::COOKIE, value(&site.cookie())?);
    let stream = TcpStream::connect(site.authority()).await?;
    stream.set_nodelay(true)?;
    Ok(client_async(request, stream).await?.0)
}

async fn talk(
    mut stream: WebSocketStream<TcpStream>,
    mut outgoing: mpsc::UnboundedReceiver<Vec<u8>>,
    events: &mpsc::UnboundedSender<SocketEvent>,
) -> Option<u16> {
    loop {
        tokio::select! {
            frame = outgoing.recv() => {
                let Some(frame) = frame else {
                    let _ = stream.close(None).await;
                    return None;
                };
                if stream.send(Message::Binary(frame.into())).await.is_err() {
                    return None;
                }
            }
            message = stream.next() => match message {
                Some(Ok(Message::Binary(bytes))) => {
                    if events.send(SocketEvent::Frame(bytes.to_vec())).is_err() {
                        return None;
                    }
                }
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            },
        }
    }
}
