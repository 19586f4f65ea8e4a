//! The browser's clock and randomness.

use gloo_timers::callback::Timeout;
use protocol::UnixMillis;

use crate::inputs::Inputs;

/// What [`client::Client`] may know of the world.
#[derive(Debug, Clone, Copy, Default)]
pub struct Browser;

impl client::Environment for Browser {
    fn now(&self) -> UnixMillis {
        now()
    }

    fn fill(&self, bytes: &mut [u8]) {
        // `crypto.getRandomValues` fails nowhere where there is a vault; going on with bytes that are not random would be
        // worse than the panic, after which the page starts the worker again.
        getrandom::fill(bytes).expect("the browser has randomness");
    }
}

/// Milliseconds by the browser's clock.
pub fn now() -> UnixMillis {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "Date.now() is whole milliseconds, far below 2^53"
    )]
    UnixMillis(js_sys::Date::now() as i64)
}

/// The one wake that is set.
#[derive(Default)]
pub struct Timer(Option<Timeout>);

impl Timer {
    /// Wake in so many milliseconds, and not at the time set before.
    pub fn set(&mut self, milliseconds: u32, inputs: &Inputs) {
        let inputs = inputs.clone();
        // Dropping the earlier timeout clears it; a wake already in the queue is harmless.
        self.0 = Some(Timeout::new(milliseconds, move || inputs.wake()));
    }
}
