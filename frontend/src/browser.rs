//! The few things the face asks of the browser itself. Only called in the browser, after the first render.

use std::cell::Cell;

use leptos::prelude::{document, window};
use protocol::{MessageId, UnixMillis};
use wasm_bindgen::{JsCast, JsValue};

/// The current time of the browser's clock.
pub fn now() -> UnixMillis {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "milliseconds of this age of the world fit"
    )]
    UnixMillis(js_sys::Date::now() as i64)
}

/// Minutes east of Greenwich at that moment, where the reader is.
pub fn offset(at: UnixMillis) -> i32 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds of this age of the world are exact in a double"
    )]
    let date = js_sys::Date::new(&JsValue::from_f64(at.0 as f64));
    #[expect(clippy::cast_possible_truncation, reason = "at most a day in minutes")]
    let west = date.get_timezone_offset() as i32;
    -west
}

/// A fresh id for a message.
pub fn message_id() -> Option<MessageId> {
    let mut bytes = [0; MessageId::LEN];
    window()
        .crypto()
        .ok()?
        .get_random_values_with_u8_array(&mut bytes)
        .ok()?;
    Some(MessageId(bytes))
}

/// The path of the address bar.
pub fn path() -> String {
    window().location().pathname().unwrap_or_default()
}

/// `https://jackdaw.example`
pub fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// Host, and port if it is not the scheme's own: the site's domain in whatever is signed.
pub fn host() -> String {
    window().location().host().unwrap_or_default()
}

/// The browser allows encryption here: https, or localhost.
pub fn is_secure() -> bool {
    window().is_secure_context()
}

/// A phone or a tablet: wallets are apps with a browser of their own there, not extensions.
pub fn is_phone() -> bool {
    let agent = window().navigator().user_agent().unwrap_or_default();
    ["Android", "iPhone", "iPad", "Mobile"]
        .iter()
        .any(|word| agent.contains(word))
}

/// A mouse or a pen: focusing a text box does not bring up a keyboard over half of the screen.
pub fn has_fine_pointer() -> bool {
    window()
        .match_media("(pointer: fine)")
        .ok()
        .flatten()
        .is_some_and(|query| query.matches())
}

/// Somebody is looking at this tab.
pub fn is_watched() -> bool {
    !document().hidden()
}

/// In small letters, of any script: the browser has the tables.
pub fn lowercase(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

thread_local! {
    /// The element that was to have the keyboard when it was not there yet.
    static WANTED: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// Gives the keyboard to the element with this id. If it is not there yet, [`arrived`] does it.
pub fn focus(id: &'static str) {
    let found = document().get_element_by_id(id);
    WANTED.set(found.is_none().then_some(id));
    if let Some(element) = found.and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Called when a lazy view has been drawn: focuses the element that waited for it, and has sizes measured again.
pub fn arrived() {
    if let Some(id) = WANTED.take() {
        focus(id);
    }
    if let Ok(event) = web_sys::Event::new("resize") {
        let _ = window().dispatch_event(&event);
    }
}

/// Puts a text on the clipboard. False where the browser does not allow it.
pub async fn copy(text: &str) -> bool {
    let clipboard = js_sys::Reflect::get(&window().navigator(), &"clipboard".into());
    if !clipboard.is_ok_and(|found| found.is_object()) {
        return false; // plain http: there is none, and the typed binding would throw
    }
    let written = window().navigator().clipboard().write_text(text);
    wasm_bindgen_futures::JsFuture::from(written).await.is_ok()
}

/// What the tab keeps until it is closed.
pub fn session_get(key: &str) -> Option<String> {
    drawer()?.get_item(key).ok()?
}

/// Keeps a text until the tab is closed; an empty one is taken away.
pub fn session_set(key: &str, value: &str) {
    if let Some(storage) = drawer() {
        put(&storage, key, value);
    }
}

fn put(storage: &web_sys::Storage, key: &str, value: &str) {
    // A storage that is full keeps what it has.
    let _ = if value.is_empty() {
        storage.remove_item(key)
    } else {
        storage.set_item(key, value)
    };
}

fn drawer() -> Option<web_sys::Storage> {
    window().session_storage().ok()?
}

fn shelf() -> Option<web_sys::Storage> {
    window().local_storage().ok()?
}

/// What the browser keeps for all tabs.
pub fn kept(key: &str) -> Option<String> {
    shelf()?.get_item(key).ok()?
}

/// Keeps a text for all tabs, also when the browser ends without a word; an empty one is taken away. It may take the browser some seconds.
pub fn keep(key: &str, value: &str) {
    if let Some(storage) = shelf() {
        put(&storage, key, value);
    }
}

/// Takes away everything whose key begins so: what this tab keeps, and what the browser keeps for all tabs.
pub fn drop_all(beginning: &str) {
    for storage in [drawer(), shelf()].into_iter().flatten() {
        let count = storage.length().unwrap_or_default();
        let keys: Vec<String> = (0..count).filter_map(|at| storage.key(at).ok()?).collect();
        for key in keys.iter().filter(|key| key.starts_with(beginning)) {
            let _ = storage.remove_item(key);
        }
    }
}

/// The chosen theme: `light`, `dark`, or empty for the system's.
pub fn theme() -> String {
    kept("theme").unwrap_or_default()
}

/// Chooses a theme, now and for later visits.
pub fn set_theme(theme: &str) {
    keep("theme", theme);
    if let Some(root) = document().document_element() {
        root.set_class_name(theme);
    }
}
