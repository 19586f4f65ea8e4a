//! From the error of an area to the code on the wire.

use std::fmt::Display;

use protocol::{ErrorClass, ErrorCode};

/// The code of an area's error, which is final: what the operator must know of is logged, once, here. `what` could not be done, in words.
pub fn reported<E: Display>(what: &str, error: &E) -> ErrorCode
where
    for<'a> ErrorCode: From<&'a E>,
{
    let code = ErrorCode::from(error);
    match code.class() {
        ErrorClass::Internal => tracing::error!(%code, "{what}: {error}"),
        ErrorClass::Unavailable => tracing::warn!(%code, "{what}: {error}"),
        _ => {}
    }
    code
}
