//! What one socket meets concerns no other: many that never read.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::time::Duration;

use futures::future::join_all;
use protocol::{Envelope, Kind, Publish, Seq, Topic, Welcome, limits};
use testkit::{Installation, Socket, TestServer, eventually, random_id};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

const TOPIC: Topic = Topic([9; 32]);
const LOUD: Topic = Topic([8; 32]);

fn message(topic: Topic, last_commit: Seq, payload: Vec<u8>) -> Publish {
    Publish {
        topic,
        id: random_id(),
        last_commit,
        kind: Kind::Application,
        payload,
    }
}

/// How many never read. What a thousand of them cost the others is measured by `cargo xtask drill --figures`.
const STALLED: u16 = 60;
/// More than the buffers of both kernels and the server's own take.
const LOUD_MESSAGES: usize = 40;

#[tokio::test(flavor = "multi_thread")]
async fn many_that_never_read_are_cut_off_and_nobody_else_is() {
    let server = TestServer::start_with(|config, patience| {
        config.proxies = vec!["127.0.0.1".parse().unwrap()];
        patience.writing = Duration::from_secs(2);
    })
    .await;
    let (alice, bob) = (Installation::alice(&server).await, Installation::bob(&server).await);
    let mut a = alice.connect().await;
    let mut b = bob.connect().await;
    let quiet = a.make_conversation(TOPIC, &[&bob]).await;
    b.subscribe(TOPIC, quiet).await;
    b.caught_up(TOPIC).await;

    // All of them in one conversation, in which somebody is loud. Bob is in it too, and reads.
    let mut many: Vec<Installation> = (0..STALLED)
        .map(|number| Installation::one_of_many(&server, number))
        .collect();
    for some in many.chunks_mut(20) {
        for signed_in in join_all(some.iter_mut().map(Installation::sign_in)).await {
            signed_in.unwrap();
        }
    }
    let mut loud = a.make_conversation(LOUD, &[&bob]).await;
    for some in many.chunks(limits::WELCOMES) {
        let welcomes = some.iter().map(|one| Welcome {
            installation: one.id(),
            message: b"a welcome".to_vec(),
        });
        let commit = Publish {
            kind: Kind::Commit {
                welcomes: welcomes.collect(),
                removed: Vec::new(),
            },
            ..message(LOUD, loud, b"a commit".to_vec())
        };
        loud = a.publish(commit).await.unwrap();
    }
    let mut deaf: Vec<Socket> = Vec::new();
    for some in many.chunks(20) {
        deaf.extend(join_all(some.iter().map(Installation::connect_with_a_small_buffer)).await);
    }
    for socket in deaf.iter_mut().chain([&mut b]) {
        socket.subscribe(LOUD, loud).await;
    }
    let connections = || server.running().server().connections().count();
    assert_eq!(connections(), usize::from(STALLED) + 2);

    let (mut said, mut heard) = (Vec::new(), Vec::new());
    for _ in 0..LOUD_MESSAGES {
        let payload = vec![7; limits::PAYLOAD - 100];
        said.push(a.publish(message(LOUD, loud, payload)).await.unwrap());
        heard.extend(b.envelopes(LOUD, 1).await);
    }
    talk(&mut a, &mut b, quiet).await;
    eventually("they are cut off", async || connections() == 2).await;
    // Those left are Alice and Bob, on the sockets they had, and he has everything.
    talk(&mut a, &mut b, quiet).await;
    let places = |envelopes: &[Envelope]| envelopes.iter().map(|envelope| envelope.seq).collect::<Vec<_>>();
    assert_eq!(places(&heard), said);
    // Who comes back and reads has lost nothing.
    let mut back = many[0].connect().await;
    back.subscribe(LOUD, loud).await;
    assert_eq!(places(&back.envelopes(LOUD, LOUD_MESSAGES).await), said);
    drop((a, b, back, deaf));
    server.stop().await;
}

/// More than the buffers of both kernels take.
const LARGE: usize = 16 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_a_file_and_does_not_read_it_is_cut_off_and_costs_little() {
    let server = TestServer::start_with(|config, patience| {
        std::fs::write(config.site.join("pkg/worker_bg-1.wasm"), vec![7; LARGE]).unwrap();
        patience.writing = Duration::from_millis(200);
    })
    .await;
    let under_way = || server.running().server().shutdown().under_way();
    let before = under_way();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(1).unwrap();
    let mut idle = socket.connect(server.address()).await.unwrap();
    let request = "GET /pkg/worker_bg-1.wasm HTTP/1.1\r\nhost: localhost\r\n\r\n";
    idle.write_all(request.as_bytes()).await.unwrap();
    idle.readable().await.unwrap();
    assert_eq!(under_way(), before + 1, "the answer has begun");
    eventually("the connection is given up", async || under_way() == before).await;
    // What the kernel had taken still comes: as much as the other end has room for, and little more.
    let mut taken = Vec::new();
    idle.read_to_end(&mut taken).await.unwrap();
    assert!(taken.len() < LARGE / 16, "the kernel had taken {} bytes", taken.len());

    // Somebody who reads slowly, longer than that in all, gets everything.
    let mut slow = TcpStream::connect(server.address()).await.unwrap();
    slow.write_all(request.as_bytes()).await.unwrap();
    let (mut read, mut some) = (0, vec![0; LARGE / 16]);
    while read < LARGE {
        let more = slow.read(&mut some).await.unwrap();
        assert!(more > 0, "it ended after {read} bytes");
        read += more;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    drop((idle, slow));
    server.stop().await;
}

/// Alice says something and Bob hears it, many times.
async fn talk(a: &mut Socket, b: &mut Socket, commit: Seq) {
    for _ in 0..200 {
        let seq = a.publish(message(TOPIC, commit, b"hello".to_vec())).await.unwrap();
        assert_eq!(b.envelopes(TOPIC, 1).await[0].seq, seq);
    }
}
