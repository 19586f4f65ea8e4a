//! Moving between places without loading a page: the address bar, the title, and where the keyboard is.

use app::place::Place;
use leptos::{ev, prelude::*};
use protocol::Address;
use wasm_bindgen::JsValue;

use crate::{
    browser,
    state::{State, flow},
};

/// Goes to a place of `/app`, as a step one can come back from.
pub fn go(state: State, place: Place) {
    if state.place.get_untracked() == place && browser::path() == place.path() {
        return;
    }
    if let Ok(history) = window().history() {
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&place.path()));
    }
    arrive(state, place);
}

/// Listens to the browser's back and forward.
pub fn listen(state: State) {
    window_event_listener(ev::popstate, move |_| arrive(state, Place::parse(&browser::path())));
}

fn arrive(state: State, place: Place) {
    state.arrive(place);
    flow::show(state);
    // After the new page is drawn.
    request_animation_frame(move || {
        let composer = matches!(place, Place::Thread(_)) && browser::has_fine_pointer();
        browser::focus(if composer { "message" } else { "title" });
    });
}

/// What the tab says.
pub fn title(state: State) -> String {
    let name = |account: Address| state.name(account);
    let place = match state.place.get() {
        Place::Thread(peer) => name(peer),
        Place::New => "New conversation".to_owned(),
        Place::Settings => "Settings".to_owned(),
        Place::NotFound | Place::Group(_) => "Not found".to_owned(),
        _ => "Conversations".to_owned(),
    };
    match state.unread() {
        0 => format!("{place} · Jackdaw"),
        unread => format!("({unread}) {place} · Jackdaw"),
    }
}

/// A click that means "here, now": not one that asks for a new tab or a download.
pub fn is_plain(event: &ev::MouseEvent) -> bool {
    event.button() == 0 && !(event.meta_key() || event.ctrl_key() || event.shift_key() || event.alt_key())
}
