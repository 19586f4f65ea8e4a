//! Answers the questions of a socket, and makes frames of pushes.

use futures::{FutureExt, future::BoxFuture};
use protocol::{Answer, Ask, ErrorCode, MessageId, ServerFrame, limits};
use serde_bytes::ByteBuf;
use services::{
    Services,
    accounts::Session,
    delivery::Pending,
    push::Push,
    reported,
    tx::{Asker, Purpose},
};

use super::ending::Ending;
use crate::state::Server;

/// Failpoint: panics while a question is answered.
pub const ANSWER: &str = "answer";

/// Work in flight for a socket. It results in a frame, or in the socket's end.
pub type Work = BoxFuture<'static, Result<ServerFrame, Ending>>;

/// Waits for a publish that was handed in.
///
/// `Unavailable` is no refusal: the publish may stand all the same, if only the answer to the commit was lost. So the socket
/// ends, as its writer has, and whatever was not answered comes again on the next one, the oldest first.
pub fn publish(id: MessageId, pending: Pending) -> Work {
    async move {
        match pending.await {
            Ok(stored) => Ok(ServerFrame::Stored {
                id,
                seq: stored.seq,
                at: stored.at,
            }),
            Err(ErrorCode::Unavailable) => Err(Ending::Unavailable),
            Err(code) => Ok(ServerFrame::Refused { id, code }),
        }
    }
    .boxed()
}

/// The answer to a publish that was not accepted into the queue.
pub fn refused(id: MessageId, code: ErrorCode) -> Result<ServerFrame, Ending> {
    match code {
        ErrorCode::Unavailable => Err(Ending::Unavailable),
        code => Ok(ServerFrame::Refused { id, code }),
    }
}

/// Answers one question.
pub fn ask(server: Server, session: Session, transactions: Asker, number: u32, ask: Ask) -> Work {
    async move {
        failpoint::panic_point(ANSWER);
        let answer = answer(server.services(), &session, &transactions, ask).await;
        Ok(ServerFrame::Answer { number, answer })
    }
    .boxed()
}

/// The frame of a push.
pub fn frame(push: Push) -> ServerFrame {
    match push {
        Push::Envelopes { topic, envelopes } => ServerFrame::Envelopes { topic, envelopes },
        Push::CaughtUp { topic, head } => ServerFrame::CaughtUp { topic, head },
        Push::NotSubscribed { topic, code } => ServerFrame::NotSubscribed { topic, code },
        Push::Installations { account } => ServerFrame::Installations { account },
        Push::Tip {
            chain_id,
            sender,
            id,
            report,
        } => ServerFrame::Tip {
            chain_id,
            sender,
            id,
            report,
        },
        Push::Transaction { chain_id, hash, report } => ServerFrame::Transaction { chain_id, hash, report },
    }
}

/// Called when the installations of the socket's own account have changed, perhaps on another node: closes the socket if its session was
/// revoked, else sends the frame.
pub fn unless_ended(server: Server, session: Session, then: ServerFrame) -> Work {
    async move {
        match server.services().accounts.end_reason(session.id).await {
            Ok(Some(why)) => Err(Ending::Session(why)),
            // If the database is away, other work of the socket notices.
            Ok(None) | Err(_) => Ok(then),
        }
    }
    .boxed()
}

async fn answer(services: &Services, session: &Session, transactions: &Asker, ask: Ask) -> Result<Answer, ErrorCode> {
    let directory = &services.directory;
    let answer = match ask {
        Ask::Unknown => return Err(ErrorCode::UnknownKind),
        Ask::Tip {
            chain_id,
            sender,
            id,
            hash,
        } => {
            let purpose = Purpose::Tip { sender, id };
            return transactions.ask(chain_id, purpose, hash).await.map(Answer::Tip);
        }
        Ask::Transaction { chain_id, hash } => {
            let purpose = Purpose::Transfer { hash };
            return transactions.ask(chain_id, purpose, None).await.map(Answer::Transaction);
        }
        Ask::Revoke { revocation } => {
            let done = services.accounts.revoke(session.address, &revocation).await;
            return done
                .map(|()| Answer::Revoked)
                .map_err(|error| reported("an installation could not be revoked", &error));
        }
        Ask::Revocations { installations } => directory.revocations(&installations).await.map(|all| {
            let all = all.into_iter().map(ByteBuf::from);
            Answer::Revocations(all.collect())
        }),
        Ask::Installations { account } => directory.installations_of(account).await.map(Answer::Installations),
        Ask::Association { hash } => directory
            .association(hash)
            .await
            .map(|bytes| Answer::Association(bytes.map(ByteBuf::from))),
        Ask::ClaimKeyPackage { installation } => directory
            .claim_key_package(installation)
            .await
            .map(|bytes| Answer::KeyPackage(bytes.map(ByteBuf::from))),
        Ask::PublishKeyPackages {
            key_packages,
            last_resort,
        } => {
            if key_packages.len() > limits::KEY_PACKAGES_PER_FRAME {
                return Err(ErrorCode::TooLarge);
            }
            let last_resort = last_resort.as_ref().map(|bytes| bytes.as_slice());
            directory
                .publish_key_packages(session.installation, &key_packages, last_resort)
                .await
                .map(Answer::KeyPackagesKept)
        }
    };
    answer.map_err(|error| reported("a question could not be answered", &error))
}
