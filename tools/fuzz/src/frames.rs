//! Frames of the WebSocket, in both directions.

use std::fmt::Debug;

use protocol::{ClientFrame, ServerFrame, codec, limits};
use serde::{Serialize, de::DeserializeOwned};

/// Whatever decodes means the same when it is written again, in at most as many bytes, and with bytes of a newer peer behind it.
pub(crate) fn holds(input: &[u8]) {
    both_ways::<ClientFrame>(input);
    both_ways::<ServerFrame>(input);
}

fn both_ways<F: Serialize + DeserializeOwned + PartialEq + Debug>(input: &[u8]) {
    let Ok(frame) = codec::decode::<F>(input) else { return };
    assert!(input.len() <= limits::FRAME, "over the limit and read");
    // Unknown kinds are read, never written.
    let Ok(written) = codec::encode(&frame) else { return };
    assert!(written.len() <= input.len(), "{frame:?} grows");
    assert_eq!(codec::decode::<F>(&written).as_ref(), Ok(&frame));
    assert_eq!(codec::decode::<F>(&[&written, &[0][..]].concat()).as_ref(), Ok(&frame));
}

/// Every frame there is: the byte snapshots of `protocol`.
pub(crate) fn seeds() -> Vec<(String, Vec<u8>)> {
    let snapshots = include_str!("../../../crates/protocol/tests/frames.txt");
    let frames = snapshots.lines().filter_map(|line| line.split_once(": "));
    let bytes = |hex| hex::decode(hex).expect("a snapshot is hexadecimal");
    frames.map(|(name, hex)| (name.replace(' ', "-"), bytes(hex))).collect()
}
