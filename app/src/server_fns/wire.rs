//! How a server function travels: Postcard both ways in one POST. `server_fn`'s own way is compiled anew for every function and
//! brings a general HTTP client along; this one is there once.

use std::{future::Future, pin::Pin};

use http::Method;
use js_sys::{ArrayBuffer, Uint8Array};
use leptos::prelude::window;
use protocol::{ErrorCode, api};
use send_wrapper::SendWrapper;
use serde::{Serialize, de::DeserializeOwned};
use server_fn::{
    Bytes, Decodes, Encodes, Protocol,
    client::Client,
    codec::{FromReq, IntoRes, Postcard, PostcardEncoding},
    error::FromServerFnError,
    server::Server,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, Response};

use crate::error::AppError;

/// The protocol of every server function.
pub struct Wire;

impl<Input, Output, C, S> Protocol<Input, Output, C, S, AppError> for Wire
where
    Input: Serialize + FromReq<Postcard, S::Request, AppError> + Send,
    Output: DeserializeOwned + IntoRes<Postcard, S::Response, AppError> + Send,
    C: Client<AppError>,
    S: Server<AppError>,
{
    const METHOD: Method = Method::POST;

    async fn run_server<F, Fut>(request: S::Request, function: F) -> Result<S::Response, AppError>
    where
        F: Fn(Input) -> Fut + Send,
        Fut: Future<Output = Result<Output, AppError>> + Send,
    {
        let input = Input::from_req(request).await?;
        let answer = function(input);
        drop(function);
        answer.await?.into_res().await
    }

    fn run_client(path: &str, input: Input) -> impl Future<Output = Result<Output, AppError>> + Send {
        let question = PostcardEncoding::encode(&input);
        let answer = question.map(|question| SendWrapper::new(post(path.to_owned(), question)));
        async move {
            let answer = answer.map_err(|_| ErrorCode::Malformed)?.await?;
            PostcardEncoding::decode(answer).map_err(|_| AppError(ErrorCode::Malformed))
        }
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Bytes, AppError>>>>;

/// Asks, and gives the body of the answer; a refusal is in the body of another status, in every version.
fn post(path: String, question: Bytes) -> Answer {
    Box::pin(async move {
        let (ok, media_type, body) = fetch(&path, &question)
            .await
            .map_err(|_| AppError(ErrorCode::Unavailable))?;
        if !ok {
            Err(AppError::de(body))
        } else if api::is_spoken(media_type.as_deref()) {
            Ok(body)
        } else {
            Err(AppError(ErrorCode::UnknownVersion))
        }
    })
}

async fn fetch(path: &str, question: &[u8]) -> Result<(bool, Option<String>, Bytes), JsValue> {
    let headers = web_sys::Headers::new()?;
    for name in ["Content-Type", "Accept"] {
        headers.set(name, api::MEDIA_TYPE)?;
    }
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_headers(&headers);
    request.set_body(&Uint8Array::from(question));
    let answer = JsFuture::from(window().fetch_with_str_and_init(path, &request)).await?;
    let answer: Response = answer.dyn_into()?;
    let media_type = answer.headers().get("Content-Type")?;
    let body: ArrayBuffer = JsFuture::from(answer.array_buffer()?).await?.dyn_into()?;
    Ok((answer.ok(), media_type, Bytes::from(Uint8Array::new(&body).to_vec())))
}
