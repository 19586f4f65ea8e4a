//! The names that accounts chose.

mod store;

use std::collections::HashMap;

use protocol::{Address, ErrorCode, api::Person};
use sqlx::PgPool;

use crate::db::DbError;

/// How many people one question may name.
pub const PEOPLE_PER_QUESTION: usize = 200;

/// Why the answer is none.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// More than [`PEOPLE_PER_QUESTION`].
    #[error("too many people in one question")]
    TooLarge,
    /// The database did not do it.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<&PeopleError> for ErrorCode {
    fn from(error: &PeopleError) -> Self {
        match error {
            PeopleError::TooLarge => Self::TooLarge,
            PeopleError::Database(error) => error.into(),
        }
    }
}

/// The people of this site, for those who are signed in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct People {
    pool: PgPool,
}

impl People {
    /// The people in this database.
    pub fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// One answer for every address, in the order of the question, known here or not.
    ///
    /// # Errors
    /// `TooLarge`, or if the database is away.
    pub async fn people(&self, addresses: &[Address]) -> Result<Vec<Person>, PeopleError> {
        if addresses.len() > PEOPLE_PER_QUESTION {
            return Err(PeopleError::TooLarge);
        }
        let asked: Vec<&[u8]> = addresses.iter().map(|address| address.as_slice()).collect();
        let names: HashMap<Vec<u8>, String> = store::names(&self.pool, &asked)
            .await
            .map_err(DbError::from)?
            .into_iter()
            .map(|row| (row.address, row.name))
            .collect();
        Ok(addresses
            .iter()
            .map(|address| {
                let name = names.get(address.as_slice());
                Person {
                    address: *address,
                    name: name.cloned().unwrap_or_default(),
                    is_registered: name.is_some(),
                }
            })
            .collect())
    }
}
