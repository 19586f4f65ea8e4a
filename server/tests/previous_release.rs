//! A page of the previous release at today's server: it speaks with the frames and reads answers by the rules of its day (ADR 18).
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../../crates/protocol/tests/previous/mod.rs"]
mod previous;

use previous::{Answer, Ask, Body, ClientFrame, Envelope, Kind, Publish, ServerFrame, Welcome};
use protocol::{ErrorCode, InstallationId, MessageId, Seq, Topic, limits};
use serde_bytes::ByteBuf;
use testkit::{Installation, Socket, TestServer, random_id, request};

const TOPIC: Topic = Topic([7; 32]);

/// The socket of a page of the previous release.
struct Page(Socket);

impl Page {
    async fn open(installation: &Installation) -> Self {
        let mut page = Self(Socket::open_at(&installation.browser, "/ws").await);
        let ServerFrame::Challenge { nonce } = page.hear().await else {
            panic!("first a challenge");
        };
        page.say(&ClientFrame::Hello {
            installation: installation.id(),
            signature: installation.sign_challenge(&nonce),
        })
        .await;
        let ready = page.hear().await;
        assert!(matches!(ready, ServerFrame::Ready { .. }), "{ready:?}");
        page
    }

    async fn say(&mut self, frame: &ClientFrame) {
        self.0.send_bytes(previous::encode(frame)).await;
    }

    /// The next frame, which must be one of the previous release to the last byte.
    async fn hear(&mut self) -> ServerFrame {
        let bytes = self.0.hear_bytes().await;
        previous::decode(&bytes).unwrap_or_else(|error| panic!("{error}: {}", hex(&bytes)))
    }

    async fn ask(&mut self, number: u32, ask: Ask) -> Result<Answer, ErrorCode> {
        self.say(&ClientFrame::Ask { number, ask }).await;
        loop {
            if let ServerFrame::Answer { number: of, answer } = self.hear().await {
                assert_eq!(of, number);
                return answer;
            }
        }
    }

    async fn publish(&mut self, last_commit: Seq, kind: Kind, payload: &[u8]) -> Result<Seq, ErrorCode> {
        let asked = random_id();
        let publish = Publish {
            topic: TOPIC,
            id: asked,
            last_commit,
            kind,
            payload: payload.to_vec(),
        };
        self.say(&ClientFrame::Publish(publish)).await;
        loop {
            match self.hear().await {
                ServerFrame::Stored { id, seq, .. } if id == asked => return Ok(seq),
                ServerFrame::Refused { id, code } if id == asked => return Err(code),
                _ => {}
            }
        }
    }

    /// Everything of a topic up to where the server says it is read.
    async fn read(&mut self, topic: Topic) -> Vec<Envelope> {
        let topics = vec![(topic, Seq(0))];
        self.say(&ClientFrame::Subscribe { topics }).await;
        let mut read = Vec::new();
        loop {
            match self.hear().await {
                ServerFrame::Envelopes { envelopes, .. } => read.extend(envelopes),
                ServerFrame::CaughtUp { .. } => return read,
                // The hint that a peer's installation can be written to now.
                ServerFrame::Installations { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn begin(with: InstallationId) -> Kind {
    Kind::Commit {
        welcomes: vec![Welcome {
            installation: with,
            message: b"come in".to_vec(),
        }],
        removed: Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_the_previous_release_talks_with_one_of_today() {
    let server = TestServer::start().await;
    let (alice, bob) = (Installation::alice(&server).await, Installation::bob(&server).await);
    let mut before = Page::open(&alice).await;
    let mut today = bob.connect().await;

    before.say(&ClientFrame::Ping).await;
    assert_eq!(before.hear().await, ServerFrame::Pong);
    let packages = Ask::PublishKeyPackages {
        key_packages: vec![ByteBuf::from(*b"one")],
        last_resort: Some(ByteBuf::from(*b"last")),
    };
    assert_eq!(before.ask(1, packages).await, Ok(Answer::KeyPackagesKept(1)));
    let account = bob.account();
    let Ok(Answer::Installations(rows)) = before.ask(2, Ask::Installations { account }).await else {
        panic!("a list");
    };
    let (installation, hash) = rows[0];
    assert_eq!(installation, bob.id());
    let association = before.ask(3, Ask::Association { hash }).await;
    assert!(
        matches!(association, Ok(Answer::Association(Some(_)))),
        "{association:?}"
    );
    let none = before.ask(4, Ask::ClaimKeyPackage { installation }).await;
    assert_eq!(none, Ok(Answer::KeyPackage(None)));
    let installations = vec![installation];
    let revocations = before.ask(5, Ask::Revocations { installations }).await;
    assert_eq!(revocations, Ok(Answer::Revocations(Vec::new())));

    let commit = before.publish(Seq(0), begin(bob.id()), b"a commit").await.unwrap();
    assert_eq!(
        before.publish(Seq(0), Kind::Application, b"late").await,
        Err(ErrorCode::StaleEpoch)
    );
    before.publish(commit, Kind::Application, b"hello").await.unwrap();
    today.subscribe(bob.id().inbox(), Seq(0)).await;
    assert_eq!(today.envelopes(bob.id().inbox(), 1).await.len(), 1);
    today.subscribe(TOPIC, commit).await;
    let heard = &today.envelopes(TOPIC, 1).await[0].body;
    assert_eq!(heard, &protocol::Body::Application(b"hello".to_vec()));
    let answer = protocol::Publish {
        topic: TOPIC,
        id: MessageId([9; 16]),
        last_commit: commit,
        kind: protocol::Kind::Application,
        payload: b"hello yourself".to_vec(),
    };
    today.publish(answer).await.unwrap();
    let read: Vec<Body> = before
        .read(TOPIC)
        .await
        .into_iter()
        .map(|envelope| envelope.body)
        .collect();
    assert_eq!(
        read,
        [
            Body::Commit(b"a commit".to_vec()),
            Body::Application(b"hello".to_vec()),
            Body::Application(b"hello yourself".to_vec()),
        ]
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_says_more_only_to_whom_can_read_it() {
    let server = TestServer::start().await;
    let alice = Installation::alice(&server).await;
    let length = 2 + 32;
    for (path, more) in [
        ("/ws", 0),
        ("/ws?features=0", 0),
        ("/ws?features=1", 3),
        ("/ws?features=7", 3),
    ] {
        let mut socket = Socket::open_at(&alice.browser, path).await;
        assert_eq!(socket.hear_bytes().await.len(), length + more, "{path}");
    }
    server.stop().await;
}

/// Answers as the previous release's page reads them.
mod answers {
    use protocol::{Address, InstallationId, api::Network};
    use serde::Deserialize;

    #[derive(Deserialize)]
    pub struct Challenge {
        pub text: String,
    }

    #[derive(Deserialize)]
    pub struct Me {
        pub address: Address,
        pub name: String,
        pub installation: InstallationId,
    }

    #[derive(Deserialize)]
    pub struct SignedIn {
        pub me: Me,
        pub text: String,
        #[serde(with = "serde_bytes")]
        pub signature: Vec<u8>,
    }

    #[derive(Deserialize)]
    pub struct Site {
        pub domain: String,
        pub networks: Vec<Network>,
        pub me: Option<Me>,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_the_previous_release_signs_in() {
    let server = TestServer::start().await;
    let mut alice = Installation::new(&server, 0xa1, 0xa1);
    let site: answers::Site = alice.browser.call("site", &()).await.unwrap();
    assert!(site.me.is_none() && site.domain == server.domain());
    let arguments = (alice.account(), site.networks[0].chain_id, alice.public_key());
    let challenge: answers::Challenge = alice.browser.call("challenge", &arguments).await.unwrap();
    let signature = alice.sign_text(&challenge.text);
    let arguments = (&challenge.text, signature.clone());
    let signed_in: answers::SignedIn = alice.browser.call("sign_in", &arguments).await.unwrap();
    assert_eq!((signed_in.text, signed_in.signature), (challenge.text, signature));
    assert_eq!(signed_in.me.address, alice.account());
    let name: String = alice.browser.call("set_name", &("Alice",)).await.unwrap();
    let site: answers::Site = alice.browser.call("site", &()).await.unwrap();
    let me = site.me.unwrap();
    assert_eq!((me.name, me.installation), (name, alice.id()));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_states_its_version_or_is_of_the_first() {
    let server = TestServer::start().await;
    let visitor = server.visitor();
    let origin = visitor.origin().to_owned();
    for (media_type, status) in [
        ("application/x-postcard", 200),
        ("application/x-postcard; version=1", 200),
        ("application/x-postcard; version=2", 400),
        ("application/x-postcard; version=next", 400),
    ] {
        let headers = [("origin", origin.as_str()), ("content-type", media_type)];
        let answer = request(visitor.address(), "POST", "/api/site", &headers, &[]).await;
        assert_eq!(answer.status, status, "{media_type}");
        let stated = answer.headers.iter().find(|(name, _)| name == "content-type");
        assert_eq!(stated.map(|(_, value)| value.as_str()), Some(protocol::api::MEDIA_TYPE));
        if status == 400 {
            assert_eq!(answer.refusal(), ErrorCode::UnknownVersion);
        }
    }
    assert_eq!(limits::VERSION, 1, "the previous release reads no other");
    server.stop().await;
}
