//! Accepts connections and speaks HTTP/1.1 on them, with time limits for headers and for taking what is written, and an end that lets
//! requests finish.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::SockRef;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

use crate::shutdown::Shutdown;

/// How many connections may speak HTTP at once. Sockets leave this count when they are upgraded.
const CONNECTIONS: usize = 50_000;
/// How long a client may take for the headers of a request, or stay silent between two.
const HEADERS: Duration = Duration::from_secs(30);
/// How much the kernel takes from us for a connection beyond what the other end has room for, in bytes. Left to itself it takes megabytes,
/// and some hundred that do not read use up what it has for the connections of the whole machine.
const UNSENT: u32 = 128 * 1024;
/// A socket that does not take what is written to it is given up by its link, which says why. Whatever speaks no frames is given up
/// by the connection itself, so much later.
const AFTER_THE_LINK: Duration = Duration::from_secs(1);

/// The other end of the connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Listens; from now on clients may come.
///
/// # Errors
/// If the address is not ours, or taken.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address).await?;
    // Connections have it from the socket they were accepted by.
    SockRef::from(&listener).set_tcp_notsent_lowat(UNSENT)?;
    Ok(listener)
}

/// Serves until the end is wanted. `writing`: how long somebody may take to accept what is written to them.
pub async fn serve(listener: TcpListener, router: Router, shutdown: Shutdown, writing: Duration) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let accepted = tokio::select! {
            () = shutdown.wanted() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let router = router.clone();
                let ending = shutdown.clone();
                shutdown.spawn(async move {
                    connection(stream, peer, router, ending, writing + AFTER_THE_LINK).await;
                    drop(place);
                });
            }
            Err(error) => {
                // Out of descriptors, or the client left before it was accepted: neither ends the server.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, shutdown: Shutdown, writing: Duration) {
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(writing));
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        let router = router.clone();
        async move { Ok::<_, Infallible>(router.oneshot(request).await.unwrap_or_else(|never| match never {})) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
        .max_buf_size(64 * 1024)
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
        .with_upgrades();
    tokio::pin!(connection);
    // Errors here are clients that went away or speak no HTTP: nothing for a log.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = shutdown.wanted() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}
