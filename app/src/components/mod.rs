//! Small parts: they receive, they do not fetch.
