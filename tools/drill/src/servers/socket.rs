//! A raw socket of an installation, over a wire that can be cut.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures::{SinkExt, StreamExt};
use protocol::{ClientFrame, ErrorCode, ServerFrame, Support, codec};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest},
};

use super::{
    person::{Person, Place},
    wire::Wire,
};

/// How long opening may take before another try is made.
const OPENING: Duration = Duration::from_secs(5);

/// Open, and believed.
#[derive(Debug)]
pub struct Socket(WebSocketStream<Wire>);

/// The server did not open, and said why.
#[derive(Debug)]
pub struct Unwelcome(pub ErrorCode);

impl std::fmt::Display for Unwelcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the server says {}", self.0.word())
    }
}

impl std::error::Error for Unwelcome {}

impl Socket {
    /// Upgrade, challenge, `Hello`, `Ready`, at the server of this port.
    pub async fn open(person: &Person, place: &Place, port: u16) -> Result<Self> {
        let open = async {
            let stream = TcpStream::connect(("127.0.0.1", port)).await?;
            Self::on(stream, person, place).await
        };
        timeout(OPENING, open).await.context("not open in time")?
    }

    /// The same, at a machine that takes hardly anything before it is read.
    pub async fn open_small(person: &Person, place: &Place, port: u16) -> Result<Self> {
        let open = async {
            let socket = TcpSocket::new_v4()?;
            socket.set_recv_buffer_size(1)?;
            let stream = socket.connect(([127, 0, 0, 1], port).into()).await?;
            Self::on(stream, person, place).await
        };
        timeout(OPENING, open).await.context("not open in time")?
    }

    async fn on(stream: TcpStream, person: &Person, place: &Place) -> Result<Self> {
        let mut request = format!("ws://{}{}", place.domain, protocol::socket_path()).into_client_request()?;
        request.headers_mut().insert("origin", place.origin.parse()?);
        request.headers_mut().insert("cookie", person.cookie().parse()?);
        request.headers_mut().insert("x-forwarded-for", person.from().parse()?);
        stream.set_nodelay(true)?;
        let (stream, _) = client_async(request, Wire::new(stream)).await?;
        let mut socket = Self(stream);
        let ServerFrame::Challenge { nonce, support } = socket.hear().await? else {
            bail!("expected a challenge");
        };
        let hello = ClientFrame::Hello {
            installation: person.id(),
            signature: person.sign_challenge(&place.domain, &nonce),
            support: support.map(|_| Support::OURS),
        };
        socket.say(&hello).await?;
        match socket.hear().await? {
            ServerFrame::Ready { .. } => Ok(socket),
            other => bail!("expected to be believed: {other:?}"),
        }
    }

    /// Says a frame.
    pub async fn say(&mut self, frame: &ClientFrame) -> Result<()> {
        self.feed(frame).await?;
        self.flush().await
    }

    /// Puts a frame into the buffer.
    pub async fn feed(&mut self, frame: &ClientFrame) -> Result<()> {
        let bytes = codec::encode(frame)?;
        Ok(self.0.feed(Message::Binary(bytes.into())).await?)
    }

    /// Sends what is in the buffer.
    pub async fn flush(&mut self) -> Result<()> {
        Ok(self.0.flush().await?)
    }

    /// The next frame. `Bye` is an error, [`Unwelcome`]. May be dropped without losing anything.
    pub async fn hear(&mut self) -> Result<ServerFrame> {
        loop {
            return match self.0.next().await {
                Some(Ok(Message::Binary(bytes))) => match codec::decode(&bytes)? {
                    ServerFrame::Bye { code } => Err(Unwelcome(code).into()),
                    frame => Ok(frame),
                },
                Some(Ok(Message::Close(_))) | None => bail!("closed"),
                Some(Ok(_)) => continue,
                Some(Err(error)) => Err(error.into()),
            };
        }
    }

    /// Lets only so many more bytes through, in each direction.
    pub fn cut_after(&mut self, reading: usize, writing: usize) {
        let wire = self.0.get_mut();
        wire.reading = Some(reading);
        wire.writing = Some(writing);
    }
}
