//! What an operation wants stored.

/// Records to write and to delete in one transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Keys and values to write. A value that is stored already is left out.
    pub puts: Vec<(Vec<u8>, Vec<u8>)>,
    /// Keys to delete.
    pub deletes: Vec<Vec<u8>>,
}

impl Changes {
    /// Whether there is nothing to write or delete.
    pub fn is_empty(&self) -> bool {
        self.puts.is_empty() && self.deletes.is_empty()
    }
}
