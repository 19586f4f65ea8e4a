use protocol::ErrorCode;

use crate::db::DbError;

/// Why nothing can be read.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// There is no such topic.
    #[error("no such topic")]
    NoSuchTopic,
    /// The installation is no member, or is none any more.
    #[error("not a member")]
    NotAMember,
    /// The cursor is beyond the log's end: the database was restored, or the cursor is made up.
    #[error("the cursor is ahead of the log")]
    CursorAhead,
    /// A stored row is not what it must be: a defect.
    #[error("a stored row is damaged")]
    Damaged,
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<&DeliveryError> for ErrorCode {
    fn from(error: &DeliveryError) -> Self {
        match error {
            DeliveryError::NoSuchTopic => Self::NoSuchTopic,
            DeliveryError::NotAMember => Self::NotAMember,
            DeliveryError::CursorAhead => Self::CursorAhead,
            DeliveryError::Damaged => Self::Internal,
            DeliveryError::Database(error) => error.into(),
        }
    }
}
