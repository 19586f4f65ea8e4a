//! One server function of the list, as the server sees it.

/// How often a server function may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// As often as a session may call anything.
    Api,
    /// As rarely as one network may try to sign in.
    SignIn,
}

/// A server function.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// Its path, `/api/…`.
    pub path: &'static str,
    /// How often it may be called.
    pub limit: Limit,
    /// It has arguments; a body that does not decode to them is refused as `Malformed`.
    pub has_arguments: bool,
    /// Makes it known to `server_fn`.
    pub register: fn(),
}
