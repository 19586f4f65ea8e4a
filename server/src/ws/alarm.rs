//! Everything that ends a socket from outside of it, as one thing to wait for.

use std::time::Duration;

use protocol::ErrorCode;
use services::accounts::{Accounts, Session};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{connections::Seat, ending::Ending};

/// Rings when the socket has to end.
#[derive(Debug)]
pub struct Alarm {
    shutdown: CancellationToken,
    accounts: Accounts,
    ended: Receiver<(Uuid, ErrorCode)>,
    session: Uuid,
    expires: Instant,
    seat: Option<Seat>,
}

impl Alarm {
    /// For a socket of this session, which lasts for so long. Made before the session is looked up, so that no ending falls
    /// between the two.
    pub fn new(
        shutdown: CancellationToken,
        accounts: Accounts,
        ended: Receiver<(Uuid, ErrorCode)>,
        session: &Session,
        left: Duration,
    ) -> Self {
        Self {
            shutdown,
            accounts,
            ended,
            session: session.id,
            expires: Instant::now() + left,
            seat: None,
        }
    }

    /// From now on it also rings when the seat is taken.
    pub fn keep(&mut self, seat: Seat) {
        self.seat = Some(seat);
    }

    /// Waits. May be dropped at any time without missing anything.
    pub async fn rings(&mut self) -> Ending {
        loop {
            let superseded = async {
                match &self.seat {
                    Some(seat) => seat.superseded().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.shutdown.cancelled() => return Ending::Restarting,
                () = superseded => return Ending::Superseded,
                () = tokio::time::sleep_until(self.expires) => return Ending::Session(ErrorCode::NotSignedIn),
                heard = self.ended.recv() => match heard {
                    Ok((id, why)) if id == self.session => return Ending::Session(why),
                    Ok(_) => {}
                    // Some endings were missed: ask about our own.
                    Err(RecvError::Lagged(_)) => {
                        if let Ok(Some(why)) = self.accounts.over(self.session).await {
                            return Ending::Session(why);
                        }
                    }
                    Err(RecvError::Closed) => return Ending::Restarting,
                },
            }
        }
    }
}
