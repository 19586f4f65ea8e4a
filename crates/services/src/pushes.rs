//! Everything that is pushed to one socket, as one stream.

use futures::FutureExt;
use protocol::{Address, InstallationId, Seq, Topic};

use crate::{
    delivery::{Delivery, Follower},
    push::{Push, Subscription},
};

/// The pushes for one socket: those of its [`Subscription`] and the logs that it follows.
#[derive(Debug)]
pub struct Pushes {
    subscription: Subscription,
    follower: Follower,
}

impl Pushes {
    /// Of a socket that speaks for this installation of this account. Its own account is watched: should a notice that its session is
    /// over be lost between nodes, a change of its installations still makes it look.
    pub fn new(
        mut subscription: Subscription,
        delivery: &Delivery,
        installation: InstallationId,
        account: Address,
    ) -> Self {
        subscription.bind(installation, account);
        subscription.watch(account);
        Self {
            subscription,
            follower: delivery.follow(installation),
        }
    }

    /// The next push. Waits while there is none; may be dropped and called again at any time.
    pub async fn next(&mut self) -> Push {
        tokio::select! {
            push = self.follower.next() => push,
            push = self.subscription.next() => push,
        }
    }

    /// A push that needs no waiting, so that it can go out in the same write.
    pub fn ready(&mut self) -> Option<Push> {
        self.next().now_or_never()
    }

    /// Follows a topic from behind `after` on. Repeated: from the new cursor on.
    pub fn follow(&mut self, topic: Topic, after: Seq) {
        self.follower.add(topic, after);
    }

    /// How many topics are followed.
    pub fn followed(&self) -> usize {
        self.follower.len()
    }

    /// Pushes from now on when the installations of this account change ([`Subscription::watch`]).
    pub fn watch(&mut self, account: Address) {
        self.subscription.watch(account);
    }

    /// The subscription, for areas that push to this socket.
    pub fn subscription(&self) -> &Subscription {
        &self.subscription
    }
}
