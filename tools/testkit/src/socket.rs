use std::{collections::VecDeque, time::Duration};

use futures::{SinkExt, StreamExt};
use protocol::{Answer, Ask, ClientFrame, Envelope, ErrorCode, MessageId, Publish, Seq, ServerFrame, Topic, codec};
use tokio::{
    net::{TcpSocket, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

use crate::Visitor;

/// How long a test waits for a frame that must come.
const SOON: Duration = Duration::from_secs(20);

/// A raw socket.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<TcpStream>,
    /// Frames that were heard while waiting for others.
    later: VecDeque<ServerFrame>,
    number: u32,
}

/// What was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A frame of the server.
    Frame(ServerFrame),
    /// The end, with its code if there was one.
    Closed(Option<u16>),
}

impl Socket {
    /// Opens a socket as a page of the site would.
    pub async fn open(visitor: &Visitor) -> Self {
        let origin = visitor.origin().to_owned();
        Self::open_with(visitor, &[("origin", &origin), ("cookie", &visitor.cookie())])
            .await
            .expect("the upgrade works")
    }

    /// The same, with the smallest buffer that the kernel gives.
    pub async fn open_with_a_small_buffer(visitor: &Visitor) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(1).unwrap();
        let stream = socket.connect(visitor.address()).await.unwrap();
        let headers = [("origin", visitor.origin()), ("cookie", &visitor.cookie())];
        Self::open_on(stream, visitor, &protocol::socket_path(), &headers)
            .await
            .expect("the upgrade works")
    }

    /// Opens a socket at this path, which states a feature level or none.
    pub async fn open_at(visitor: &Visitor, path: &str) -> Self {
        let stream = TcpStream::connect(visitor.address()).await.unwrap();
        let headers = [("origin", visitor.origin()), ("cookie", &visitor.cookie())];
        Self::open_on(stream, visitor, path, &headers)
            .await
            .expect("the upgrade works")
    }

    /// Opens a socket with exactly these headers.
    ///
    /// # Errors
    /// The status, if the server does not upgrade.
    pub async fn open_with(visitor: &Visitor, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let stream = TcpStream::connect(visitor.address()).await.unwrap();
        Self::open_on(stream, visitor, &protocol::socket_path(), headers).await
    }

    async fn open_on(stream: TcpStream, visitor: &Visitor, path: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let mut request = format!("ws://localhost:{}{path}", visitor.address().port())
            .into_client_request()
            .unwrap();
        for (name, value) in headers {
            let name: tokio_tungstenite::tungstenite::http::HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        match client_async(request, stream).await {
            Ok((stream, _)) => Ok(Self {
                stream,
                later: VecDeque::new(),
                number: 0,
            }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("the upgrade fails strangely: {error}"),
        }
    }

    /// Waits for the challenge.
    pub async fn challenge(&mut self) -> [u8; 32] {
        match self.hear().await {
            Heard::Frame(ServerFrame::Challenge { nonce, .. }) => nonce,
            other => panic!("expected a challenge: {other:?}"),
        }
    }

    /// Says a frame.
    pub async fn send(&mut self, frame: &ClientFrame) {
        self.send_bytes(codec::encode(frame).unwrap()).await;
    }

    /// Sends bytes as they are.
    pub async fn send_bytes(&mut self, bytes: Vec<u8>) {
        // A server that has closed already says so when it is listened to.
        let _ = self.stream.send(Message::Binary(bytes.into())).await;
    }

    /// Says a text, which no client does.
    pub async fn send_text(&mut self, text: &str) {
        let _ = self.stream.send(Message::Text(text.into())).await;
    }

    /// The next thing heard.
    pub async fn hear(&mut self) -> Heard {
        if let Some(frame) = self.later.pop_front() {
            return Heard::Frame(frame);
        }
        self.listen().await
    }

    async fn listen(&mut self) -> Heard {
        loop {
            let message = timeout(SOON, self.stream.next())
                .await
                .expect("the server says something in time");
            return match message {
                Some(Ok(Message::Binary(bytes))) => {
                    Heard::Frame(codec::decode(&bytes).expect("the server speaks frames"))
                }
                Some(Ok(Message::Close(frame))) => Heard::Closed(frame.map(|frame| frame.code.into())),
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => Heard::Closed(None),
            };
        }
    }

    /// The bytes of the next frame, whatever they are.
    pub async fn hear_bytes(&mut self) -> Vec<u8> {
        loop {
            let message = timeout(SOON, self.stream.next())
                .await
                .expect("the server says something in time");
            match message {
                Some(Ok(Message::Binary(bytes))) => return bytes.to_vec(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("no frame: {other:?}"),
            }
        }
    }

    /// Waits for a frame that this takes; others are kept for later.
    pub async fn wait<T>(&mut self, what: &str, mut take: impl FnMut(&ServerFrame) -> Option<T>) -> T {
        for place in 0..self.later.len() {
            if let Some(taken) = take(&self.later[place]) {
                self.later.remove(place);
                return taken;
            }
        }
        loop {
            match self.listen().await {
                Heard::Frame(frame) => match take(&frame) {
                    Some(taken) => return taken,
                    None => self.later.push_back(frame),
                },
                Heard::Closed(code) => panic!("closed ({code:?}) while waiting for {what}"),
            }
        }
    }

    /// Waits for the end: what the last frame said, and the close code.
    pub async fn end(&mut self) -> (Option<ErrorCode>, Option<u16>) {
        let mut bye = None;
        loop {
            match self.hear().await {
                Heard::Frame(ServerFrame::Bye { code }) => bye = Some(code),
                Heard::Frame(_) => {}
                Heard::Closed(code) => return (bye, code),
            }
        }
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// Why the server did not answer it.
    pub async fn ask(&mut self, ask: Ask) -> Result<Answer, ErrorCode> {
        self.number += 1;
        let asked = self.number;
        self.send(&ClientFrame::Ask { number: asked, ask }).await;
        self.wait("an answer", |frame| match frame {
            ServerFrame::Answer { number, answer } if *number == asked => Some(answer.clone()),
            _ => None,
        })
        .await
    }

    /// Publishes, and waits for the answer.
    ///
    /// # Errors
    /// Why the server refused.
    pub async fn publish(&mut self, publish: Publish) -> Result<Seq, ErrorCode> {
        let asked = publish.id;
        self.send(&ClientFrame::Publish(publish)).await;
        self.stored(asked).await
    }

    /// Waits for the answer to a publish.
    ///
    /// # Errors
    /// Why the server refused.
    pub async fn stored(&mut self, asked: MessageId) -> Result<Seq, ErrorCode> {
        self.wait("an answer to a publish", |frame| match frame {
            ServerFrame::Stored { id, seq, .. } if *id == asked => Some(Ok(*seq)),
            ServerFrame::Refused { id, code } if *id == asked => Some(Err(*code)),
            _ => None,
        })
        .await
    }

    /// Follows a topic from behind a place on.
    pub async fn subscribe(&mut self, topic: Topic, after: Seq) {
        self.send(&ClientFrame::Subscribe {
            topics: vec![(topic, after)],
        })
        .await;
    }

    /// Waits until everything of a topic up to now has come; gives what came.
    pub async fn caught_up(&mut self, topic: Topic) -> Vec<Envelope> {
        let mut found = Vec::new();
        loop {
            let done = self
                .wait("the end of a topic", |frame| match frame {
                    ServerFrame::Envelopes { topic: of, envelopes } if *of == topic => {
                        found.extend(envelopes.clone());
                        Some(false)
                    }
                    ServerFrame::CaughtUp { topic: of, .. } if *of == topic => Some(true),
                    _ => None,
                })
                .await;
            if done {
                return found;
            }
        }
    }

    /// Waits for the next envelopes of a topic, until there are as many.
    pub async fn envelopes(&mut self, topic: Topic, count: usize) -> Vec<Envelope> {
        let mut found: Vec<Envelope> = Vec::new();
        while found.len() < count {
            let more = self
                .wait("envelopes", |frame| match frame {
                    ServerFrame::Envelopes { topic: of, envelopes } if *of == topic => Some(envelopes.clone()),
                    _ => None,
                })
                .await;
            found.extend(more);
        }
        found
    }

    /// Closes it properly.
    pub async fn close(mut self) {
        let _ = self.stream.close(None).await;
        while let Some(Ok(_)) = self.stream.next().await {}
    }
}

/// A message id nobody else draws.
pub fn random_id() -> MessageId {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).unwrap();
    MessageId(bytes)
}
