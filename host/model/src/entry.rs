//! Entries: a connector's own cross-references, by space and key.

/// One cross-reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key, unique within its space.
    pub key: String,
    /// The value.
    pub value: String,
    /// Counts up from 1 with every put.
    pub revision: u64,
}

/// Why an entry was not stored. Both are for the connector to handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutError {
    /// The entry has this revision now, and not the expected one. 0: it does not exist.
    Stale(u64),
    /// A limit is reached; the text says which.
    Full(String),
}
