use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use sqlx::postgres::PgConnectOptions;
use tokio::{
    net::{TcpStream, UnixListener, UnixStream},
    task::{JoinHandle, JoinSet},
};

/// A wire to the database that can be cut.
#[derive(Debug)]
pub struct Wire {
    folder: PathBuf,
    upstream: Arc<PgConnectOptions>,
    listening: Mutex<Option<JoinHandle<()>>>,
}

impl Wire {
    /// A wire that ends in a socket in this folder.
    pub fn lay(folder: &Path, upstream: PgConnectOptions) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let wire = Self {
            folder: folder.to_owned(),
            upstream: Arc::new(upstream),
            listening: Mutex::new(None),
        };
        wire.mend();
        wire
    }

    /// Everything that goes through it breaks off, and nothing new gets through.
    pub fn cut(&self) {
        let listening = self.listening.lock().unwrap().take();
        listening.expect("the wire is whole").abort();
        let _ = std::fs::remove_file(self.socket());
    }

    /// It is whole again.
    pub fn mend(&self) {
        let _ = std::fs::remove_file(self.socket());
        let listener = UnixListener::bind(self.socket()).unwrap();
        let listening = tokio::spawn(listen(listener, Arc::clone(&self.upstream)));
        *self.listening.lock().unwrap() = Some(listening);
    }

    fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if let Some(listening) = self.listening.lock().unwrap().take() {
            listening.abort();
        }
    }
}

/// Aborting this breaks every connection, because they belong to the set.
async fn listen(listener: UnixListener, upstream: Arc<PgConnectOptions>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(forward(stream, Arc::clone(&upstream)));
        while connections.try_join_next().is_some() {}
    }
}

async fn forward(mut near: UnixStream, upstream: Arc<PgConnectOptions>) -> io::Result<()> {
    let port = upstream.get_port();
    let folder = upstream
        .get_socket()
        .cloned()
        .or_else(|| upstream.get_host().starts_with('/').then(|| upstream.get_host().into()));
    if let Some(folder) = folder {
        let mut far = UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).await?;
        tokio::io::copy_bidirectional(&mut near, &mut far).await?;
    } else {
        let mut far = TcpStream::connect((upstream.get_host(), port)).await?;
        tokio::io::copy_bidirectional(&mut near, &mut far).await?;
    }
    Ok(())
}
