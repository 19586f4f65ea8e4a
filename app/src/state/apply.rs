use bridge::Event;
use leptos::prelude::*;

use super::State;

/// Takes in an event of the worker. Call it for every event, in order, from the page's thread.
pub fn apply(state: State, event: Event) {
    if let Event::Connection(connection) = event {
        state.connection.set(connection);
    }
}
