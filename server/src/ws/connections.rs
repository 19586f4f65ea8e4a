//! One socket per installation: a newer one takes the slot of the older.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use protocol::InstallationId;
use tokio_util::sync::CancellationToken;

/// The sockets of this server that have proved their installation.
#[derive(Debug, Clone, Default)]
pub struct Connections(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    next: AtomicU64,
    slots: Mutex<HashMap<InstallationId, (u64, CancellationToken)>>,
}

impl Connections {
    /// Takes the installation's slot; the socket that had it is superseded.
    pub fn take(&self, installation: InstallationId) -> ConnectionSlot {
        let number = self.0.next.fetch_add(1, Ordering::Relaxed);
        let taken = CancellationToken::new();
        if let Some((_, older)) = self.slots().insert(installation, (number, taken.clone())) {
            older.cancel();
        }
        ConnectionSlot {
            connections: self.clone(),
            installation,
            number,
            taken,
        }
    }

    /// How many installations are connected.
    pub fn count(&self) -> usize {
        self.slots().len()
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<InstallationId, (u64, CancellationToken)>> {
        self.0.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right of a socket to speak for an installation; given back on drop.
#[derive(Debug)]
pub struct ConnectionSlot {
    connections: Connections,
    installation: InstallationId,
    number: u64,
    taken: CancellationToken,
}

impl ConnectionSlot {
    /// Waits until a newer socket has taken over.
    pub async fn superseded(&self) {
        self.taken.cancelled().await;
    }
}

impl Drop for ConnectionSlot {
    fn drop(&mut self) {
        let mut slots = self.connections.slots();
        if slots
            .get(&self.installation)
            .is_some_and(|(number, _)| *number == self.number)
        {
            slots.remove(&self.installation);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newer_socket_takes_over_and_the_older_ones_end_leaves_it_alone() {
        let connections = Connections::default();
        let installation = InstallationId([1; 32]);
        let first = connections.take(installation);
        let second = connections.take(installation);
        assert!(first.taken.is_cancelled() && !second.taken.is_cancelled());
        drop(first);
        assert_eq!(connections.count(), 1);
        drop(second);
        assert_eq!(connections.count(), 0);
    }
}
