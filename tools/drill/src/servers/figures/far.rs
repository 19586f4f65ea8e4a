//! A way to a server on which everything takes its time.

use std::time::Duration;

use anyhow::Result;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep_until},
};

/// Open until it is dropped; what goes over it then goes on.
#[derive(Debug)]
pub struct Way {
    port: u16,
    listening: JoinHandle<()>,
}

impl Way {
    /// Where it begins.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// A way to this port that takes so long, in each direction.
pub async fn way(port: u16, length: Duration) -> Result<Way> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let here = listener.local_addr()?.port();
    let listening = tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            tokio::spawn(async move {
                let far = TcpStream::connect(("127.0.0.1", port)).await?;
                near.set_nodelay(true)?;
                far.set_nodelay(true)?;
                let (near_out, near_in) = near.into_split();
                let (far_out, far_in) = far.into_split();
                tokio::join!(carry(near_out, far_in, length), carry(far_out, near_in, length));
                Ok::<(), std::io::Error>(())
            });
        }
    });
    Ok(Way { port: here, listening })
}

/// Everything arrives in its order, so much later. Ends with either side.
async fn carry(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, length: Duration) {
    let (put, mut under_way) = mpsc::channel::<(Instant, Vec<u8>)>(1_024);
    let reading = async move {
        let mut bytes = vec![0; 64 * 1024];
        while let Ok(read) = from.read(&mut bytes).await
            && read > 0
            && put
                .send((Instant::now() + length, bytes[..read].to_vec()))
                .await
                .is_ok()
        {}
    };
    let writing = async move {
        while let Some((due, bytes)) = under_way.recv().await {
            sleep_until(due).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
        let _ = to.shutdown().await;
    };
    tokio::join!(reading, writing);
}
