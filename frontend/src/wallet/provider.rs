//! A wallet's provider object (EIP-1193).

use app::state::WalletError;
use js_sys::{Function, JsString, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;

use super::{refusal::refusal, request::Request};

#[wasm_bindgen]
extern "C" {
    /// The object a wallet gives.
    #[derive(Clone, Debug)]
    pub type Provider;

    #[wasm_bindgen(method, catch, js_name = request)]
    fn raw_request(this: &Provider, arguments: &Object) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn on(this: &Provider, event: &str, listener: &Function) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = removeListener)]
    fn remove_listener(this: &Provider, event: &str, listener: &Function) -> Result<JsValue, JsValue>;
}

impl Provider {
    /// The provider in `value`, if it looks like one.
    pub fn from_value(value: JsValue) -> Option<Self> {
        let request = Reflect::get(&value, &"request".into()).ok()?;
        request.is_function().then(|| value.unchecked_into())
    }

    /// Ask.
    pub async fn request(&self, request: &Request<'_>) -> Result<JsValue, WalletError> {
        let answer = self
            .raw_request(&request.arguments())
            .map_err(|error| error_of(&error))?;
        JsFuture::from(Promise::resolve(&answer))
            .await
            .map_err(|error| error_of(&error))
    }

    /// Hear of this event until the answer is dropped. Wallets without events change nothing behind our back.
    pub fn listen(&self, event: &'static str, heard: impl FnMut(JsValue) + 'static) -> Listening {
        let closure = Closure::new(heard);
        let _ = self.on(event, closure.as_ref().unchecked_ref());
        Listening {
            provider: self.clone(),
            event,
            closure,
        }
    }
}

/// An ear at a wallet.
pub struct Listening {
    provider: Provider,
    event: &'static str,
    closure: Closure<dyn FnMut(JsValue)>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self
            .provider
            .remove_listener(self.event, self.closure.as_ref().unchecked_ref());
    }
}

/// What a wallet throws: an object with `code` and `message`; some put the real one into `data.originalError`.
fn error_of(error: &JsValue) -> WalletError {
    let original = get(error, "data")
        .and_then(|data| get(&data, "originalError"))
        .filter(|inner| code(inner).is_some());
    let error = original.as_ref().unwrap_or(error);
    let words = get(error, "message").and_then(|message| message.dyn_into::<JsString>().ok());
    refusal(code(error).unwrap_or(0), &words.map(String::from).unwrap_or_default())
}

fn code(error: &JsValue) -> Option<i32> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "codes are small; what is not saturates and is no known code"
    )]
    get(error, "code")?.as_f64().map(|code| code as i32)
}

/// A property, if `value` is an object that has it.
pub fn get(value: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(value, &name.into())
        .ok()
        .filter(|inner| !inner.is_undefined() && !inner.is_null())
}
