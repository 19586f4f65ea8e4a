//! Everything that ends a socket from outside of it, as one thing to wait for.

use std::{sync::Arc, time::Duration};

use protocol::ErrorCode;
use services::push::Subscriber;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{connections::ConnectionSlot, ending::Ending};

/// Fires when the socket has to end: the server ends, the session is over, or a newer socket of the installation has come.
#[derive(Debug)]
pub struct CloseSignal {
    shutdown: CancellationToken,
    subscriber: Arc<Subscriber>,
    expires: Instant,
    slot: Option<ConnectionSlot>,
}

impl CloseSignal {
    /// For the socket of this subscriber, whose session lasts for `left`.
    pub fn new(shutdown: CancellationToken, subscriber: Arc<Subscriber>, left: Duration) -> Self {
        Self {
            shutdown,
            subscriber,
            expires: Instant::now() + left,
            slot: None,
        }
    }

    /// Holds the slot; from now on it also fires when a newer socket takes it.
    pub fn hold(&mut self, slot: ConnectionSlot) {
        self.slot = Some(slot);
    }

    /// Waits. May be dropped at any time without missing anything.
    pub async fn fires(&self) -> Ending {
        let superseded = async {
            match &self.slot {
                Some(slot) => slot.superseded().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.shutdown.cancelled() => Ending::Restarting,
            () = superseded => Ending::Superseded,
            () = tokio::time::sleep_until(self.expires) => Ending::Session(ErrorCode::NotSignedIn),
            reason = self.subscriber.ended() => Ending::Session(reason),
        }
    }
}
