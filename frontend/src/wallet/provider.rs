//! A wallet's provider object (EIP-1193).

use js_sys::{Array, Function, JsString, Object, Promise, Reflect};
use protocol::Address;
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;

use super::{answer, refusal::Thrown, request::Request};

/// No contract of ours says more when it reverts; what is longer is left out.
const REASON: usize = 4096;

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

    /// Sends a request to the wallet. Fails with what the wallet threw.
    pub async fn request(&self, request: &Request<'_>) -> Result<JsValue, Thrown> {
        self.ask(&request.arguments()).await.map_err(|error| thrown(&error))
    }

    /// Ask, where it does not matter why there is no answer.
    pub async fn ask(&self, arguments: &Object) -> Result<JsValue, JsValue> {
        JsFuture::from(Promise::resolve(&self.raw_request(arguments)?)).await
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

/// A listener of a wallet's event, removed when it is dropped.
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

/// What a wallet throws: an object with `code` and `message`; some put the real one into `data.originalError`. What a
/// contract said stands in `data`, of one of them, or of what is in it.
fn thrown(error: &JsValue) -> Thrown {
    let data = get(error, "data");
    let original = data.as_ref().and_then(|data| get(data, "originalError"));
    let inner = |of: &Option<JsValue>| of.as_ref().and_then(|of| get(of, "data"));
    let reverted = [
        data.clone(),
        inner(&data),
        inner(&original),
        inner(&get(error, "error")),
    ]
    .into_iter()
    .flatten()
    .find_map(|data| answer::bytes(&text(&data)?, REASON));
    let error = original.as_ref().filter(|inner| code(inner).is_some()).unwrap_or(error);
    Thrown {
        code: code(error).unwrap_or(0),
        words: get(error, "message").and_then(|words| text(&words)).unwrap_or_default(),
        reverted,
    }
}

/// A string of JavaScript.
pub fn text(value: &JsValue) -> Option<String> {
    value.dyn_ref::<JsString>().map(String::from)
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

/// A number: hexadecimal by EIP-1193, a plain one from some.
pub fn number(value: &JsValue) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is no number here matches none"
    )]
    text(value)
        .as_deref()
        .and_then(answer::quantity)
        .or_else(|| value.as_f64().map(|number| number as u64))
}

/// The accounts in a wallet's list, those that are none left out.
pub fn accounts(value: &JsValue) -> Vec<Address> {
    let accounts = value.dyn_ref::<Array>().cloned().unwrap_or_default();
    accounts
        .iter()
        .filter_map(|account| answer::address(&text(&account)?))
        .collect()
}

/// The account that a wallet names first.
pub fn first(value: &JsValue) -> Option<Address> {
    accounts(value).first().copied()
}
