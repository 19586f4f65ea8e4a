//! Logs: lines for a person at a terminal, JSON for machines.
//!
//! What is never logged: messages, keys, signatures, cookies, addresses of clients, query strings, and paths as they
//! were asked for (they name people); the route's pattern is logged instead. A test greps the logs for canaries.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Starts logging to standard error. `RUST_LOG` chooses how much; the default is `info`.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    let registry = tracing_subscriber::registry().with(filter);
    // A second start (tests) keeps the first subscriber.
    let _ = if std::io::stderr().is_terminal() {
        registry
            .with(fmt::layer().with_writer(std::io::stderr).with_target(false).compact())
            .try_init()
    } else {
        registry
            .with(fmt::layer().with_writer(std::io::stderr).json().flatten_event(true))
            .try_init()
    };
    log_panics();
}

/// A panic is one event with its place and its words; the request or connection around it gives the id.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(
            place,
            "a defect: {}",
            first_words(panic.payload_as_str().unwrap_or("no words"))
        );
    }));
}

/// At most 200 bytes: the panic's reason, not what it may quote.
fn first_words(text: &str) -> &str {
    let mut end = text.len().min(200);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
