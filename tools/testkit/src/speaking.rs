//! What a socket says in the name of an installation.

use protocol::{ClientFrame, Kind, Publish, Seq, ServerFrame, Support, Topic, Welcome};

use crate::{Heard, Installation, Socket, random_id};

impl Socket {
    /// `Hello` in this installation's name.
    pub async fn claim(&mut self, installation: &Installation, signature: Vec<u8>) {
        let installation = installation.id();
        self.send(&ClientFrame::Hello {
            installation,
            signature,
            support: Some(Support::OURS),
        })
        .await;
    }

    /// Challenge, `Hello`, `Ready`.
    pub async fn hello(&mut self, installation: &Installation) {
        let nonce = self.challenge().await;
        self.claim(installation, installation.sign_challenge(&nonce)).await;
        let heard = self.hear().await;
        assert!(matches!(heard, Heard::Frame(ServerFrame::Ready { .. })), "{heard:?}");
    }

    /// Makes a conversation with these welcomes in it; the bytes are no MLS, which the server cannot tell.
    pub async fn make_conversation(&mut self, topic: Topic, others: &[&Installation]) -> Seq {
        let welcomes = others
            .iter()
            .map(|other| Welcome {
                installation: other.id(),
                message: b"a welcome".to_vec(),
            })
            .collect();
        let kind = Kind::Commit {
            welcomes,
            removed: Vec::new(),
        };
        let publish = Publish {
            topic,
            id: random_id(),
            last_commit: Seq(0),
            kind,
            payload: b"a commit".to_vec(),
        };
        self.publish(publish).await.expect("a conversation is made")
    }
}
