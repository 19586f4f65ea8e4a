//! Work nobody asks for: what has expired is swept away, chains are watched.

use std::time::Duration;

use crate::state::Server;

/// Between two sweeps.
const EVERY: Duration = Duration::from_mins(1);

/// Sweeps and watches until the end is wanted. Several servers over one database may do so at once.
pub fn start(server: &Server) {
    for watcher in server.services().tips.watchers() {
        server.shutdown().spawn(watcher.run(server.shutdown().token()));
    }
    let accounts = server.services().accounts.clone();
    let shutdown = server.shutdown().clone();
    server.shutdown().spawn(async move {
        loop {
            tokio::select! {
                () = shutdown.wanted() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            if let Err(error) = accounts.sweep().await {
                tracing::warn!("what has expired could not be swept away: {error}");
            }
        }
    });
}
