//! Upper bounds of everything on the wire. The server refuses what exceeds them; the client never sends it.

/// The version of frames spoken here; the first byte of every frame.
pub const VERSION: u8 = 1;
/// The largest frame, in bytes, version byte included. What may be larger is sent by HTTP or in pages.
pub const FRAME: usize = 64 * 1024;
/// The largest payload of one application envelope, in bytes.
pub const PAYLOAD: usize = 48 * 1024;
/// The longest text of one message, in bytes of UTF-8.
pub const TEXT: usize = 8 * 1024;
/// The longest display name, in characters.
pub const NAME: usize = 40;
/// The longest signature of a wallet, in bytes (65 for accounts with a key; smart accounts may need thousands).
pub const SIGNATURE: usize = 8 * 1024;
/// The longest sign-in text, in bytes.
pub const SIGN_IN_TEXT: usize = 2 * 1024;
/// The largest key package, in bytes.
pub const KEY_PACKAGE: usize = 4 * 1024;
/// How many key packages one frame may publish.
pub const KEY_PACKAGES_PER_FRAME: usize = 12;
/// How many unused key packages the server keeps for one installation.
pub const KEY_PACKAGES: usize = 40;
/// How many installations of one account the server lists.
pub const INSTALLATIONS: usize = 16;
/// How many accounts a socket watches for changed installations: those it asked about last.
pub const ACCOUNTS_WATCHED: usize = 1_000;
/// The largest revocation, in bytes.
pub const REVOCATION: usize = 256;
/// How many installations one `Ask::Revocations` may name, so that the answer fits into a frame.
pub const REVOCATIONS: usize = 64;
/// How many topics one `Subscribe` may name.
pub const TOPICS_PER_FRAME: usize = 500;
/// How many welcomes one publish may carry.
pub const WELCOMES: usize = 32;
/// How many envelopes one frame, and one read of a topic, holds at most.
pub const PAGE: usize = 50;
/// How many envelopes may wait in memory for one socket. What does not fit is read from the log later, by the socket's cursors; the socket
/// stays open. A socket that takes nothing for 20 s is closed.
pub const SOCKET_QUEUE: usize = 256;
/// Seconds between two heartbeats of a client (`ClientFrame::Ping`).
pub const HEARTBEAT_SECONDS: u64 = 25;
/// Seconds without a frame after which either side closes the socket.
pub const SILENCE_SECONDS: u64 = 60;
/// How many tips the server watches for one installation at once.
pub const TIPS_WATCHED: usize = 200;
