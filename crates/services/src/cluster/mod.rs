//! The private Postgres; see `Cluster`.
