//! What the client wants done, and what it is told.

/// What the owner of a client does for it, in the order given. Effects are handed out only after the vault has what
/// they stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Tell every tab.
    Event(bridge::Event),
    /// Tell this tab only.
    Tell {
        /// The tab that receives the event.
        tab: crate::Tab,
        /// The event to deliver.
        event: bridge::Event,
    },
    /// Open the WebSocket to the site's `/ws`. The client waits for the first frame or for [`SocketEvent::Closed`].
    OpenSocket,
    /// Close the WebSocket; nothing is told of it any more (neither frames nor `Closed`).
    CloseSocket,
    /// Send this one binary message: an encoded [`protocol::ClientFrame`].
    Frame(Vec<u8>),
    /// Call `wake` after this time. Replaces an earlier `WakeIn`.
    WakeIn {
        /// The delay from now, in milliseconds.
        milliseconds: u32,
    },
    /// Delete the account's vault, before the effects that follow. The client does nothing any more.
    DeleteVault,
}

/// What happened to the WebSocket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketEvent {
    /// A binary message came.
    Frame(Vec<u8>),
    /// It is closed, or could not be opened.
    Closed {
        /// The close code, if one came; 4401: the session is not accepted.
        code: Option<u16>,
    },
}
